// Addresses in the system's form, and what all sockets of clients have. Private to this module.
#ifndef CLINUX_ADDRESS_PRIVATE_H
#define CLINUX_ADDRESS_PRIVATE_H

#include "clinux_socket.h"

#include <netinet/in.h>
#include <sys/socket.h>

typedef union {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
} clinux_system_address;

socklen_t clinux_address_to_system(const clinux_address *address, clinux_system_address *system);
void clinux_address_from_system(clinux_address *address, const clinux_system_address *system);

// TCP_NODELAY, and the idle time before the first probe, 0 for none. Returns 0 or -errno.
int clinux_socket_tune(int descriptor, int no_delay, int keep_alive_seconds);

#endif
