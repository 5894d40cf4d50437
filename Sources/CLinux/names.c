// Host name and addresses of the machine. See clinux_names.h.
#define _GNU_SOURCE
#include "clinux_names.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int clinux_host_name(char *name, size_t bytes) {
    if (gethostname(name, bytes) != 0) return -errno;
    name[bytes - 1] = 0;
    return (int)strlen(name);
}

// rtnetlink(7). Not getifaddrs(3), which allocates; and not the kernel's headers, which static ports have
// not.
enum { NETLINK_ROUTE = 0, RTM_NEWADDR = 20, RTM_GETADDR = 22, NLM_F_REQUEST = 1, NLM_F_DUMP = 0x300 };
enum { NLMSG_ERROR = 2, NLMSG_DONE = 3, IFA_ADDRESS = 1, IFA_LOCAL = 2, IFA_FLAGS = 8, SCOPE_LINK = 253 };
// Addresses that come and go, or do not work yet: temporary, DAD failed, deprecated, tentative.
enum { FLEETING = 0x01 | 0x08 | 0x20 | 0x40 };

struct message_header { uint32_t length; uint16_t type, flags; uint32_t sequence, port; };
struct address_header { uint8_t family, prefix, flags, scope; uint32_t interface; };
struct attribute_header { uint16_t length, type; };
struct netlink_address { uint16_t family, pad; uint32_t port, groups; };

static size_t aligned(size_t length) { return (length + 3) & ~(size_t)3; }

// One RTM_NEWADDR message. Returns whether it is an address to show others.
static int read_address(const uint8_t *body, size_t length, clinux_machine_address *address) {
    struct address_header header;
    if (length < sizeof header) return 0;
    memcpy(&header, body, sizeof header);
    uint32_t flags = header.flags;
    size_t wanted = header.family == AF_INET ? 4 : header.family == AF_INET6 ? 16 : 0;
    address->count = 0;
    size_t at = sizeof header;
    while (length - at >= sizeof(struct attribute_header)) {
        struct attribute_header attribute;
        memcpy(&attribute, body + at, sizeof attribute);
        if (attribute.length < sizeof attribute || attribute.length > length - at) return 0;
        const uint8_t *value = body + at + sizeof attribute;
        size_t bytes = attribute.length - sizeof attribute;
        // On a point-to-point link "address" is the other end's and "local" ours.
        int is_address = attribute.type == IFA_LOCAL
            || (attribute.type == IFA_ADDRESS && address->count == 0);
        if (is_address && wanted != 0 && bytes == wanted) {
            memcpy(address->bytes, value, bytes);
            address->count = (uint8_t)bytes;
        }
        if (attribute.type == IFA_FLAGS && bytes == sizeof flags) memcpy(&flags, value, sizeof flags);
        at += aligned(attribute.length) < length - at ? aligned(attribute.length) : length - at;
    }
    return address->count != 0 && header.scope < SCOPE_LINK && (flags & FLEETING) == 0;
}

// One datagram of messages. Returns whether more will come.
static int read_messages(
    const uint8_t *bytes, size_t length, clinux_machine_address *addresses, size_t capacity, size_t *count
) {
    size_t at = 0;
    while (length - at >= sizeof(struct message_header)) {
        struct message_header header;
        memcpy(&header, bytes + at, sizeof header);
        if (header.length < sizeof header || header.length > length - at) return 0;
        if (header.type == NLMSG_DONE || header.type == NLMSG_ERROR || *count == capacity) return 0;
        size_t body = header.length - sizeof header;
        if (header.type == RTM_NEWADDR)
            *count += (size_t)read_address(bytes + at + sizeof header, body, &addresses[*count]);
        at += aligned(header.length) < length - at ? aligned(header.length) : length - at;
    }
    return 1;
}

size_t clinux_machine_addresses(clinux_machine_address *addresses, size_t capacity) {
    struct { struct message_header header; struct address_header body; } request = {
        .header = {sizeof request, RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP, 1, 0}};
    struct netlink_address kernel = {.family = AF_NETLINK};
    size_t count = 0;
    int descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (descriptor < 0) return 0;
    if (sendto(descriptor, &request, sizeof request, 0, (struct sockaddr *)&kernel, sizeof kernel) > 0) {
        uint8_t bytes[8192];
        ssize_t got;
        do {
            got = recv(descriptor, bytes, sizeof bytes, 0);
        } while ((got < 0 && errno == EINTR)
            || (got > 0 && read_messages(bytes, (size_t)got, addresses, capacity, &count)));
    }
    close(descriptor);
    return count;
}
