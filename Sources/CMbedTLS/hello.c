// The server name in a ClientHello. The library tells it when it comes to it, which in TLS 1.2 may be after
// the ticket: the extensions stand in any order. See hello.h.
#include "hello.h"

enum {
    HEADER_BYTES = 4,           // of a handshake message: type, length
    VERSION_AND_RANDOM_BYTES = 2 + 32,
    SERVER_NAME = 0,            // the extension, and in it a host name
};

// Takes the next field off `from`, whose length stands before it in so many bytes. 0 where it is not whole.
static int take(ctls_span *from, size_t length_bytes, ctls_span *field) {
    size_t length = 0;
    if (from->count < length_bytes) return 0;
    for (size_t i = 0; i < length_bytes; i++) length = length << 8 | from->bytes[i];
    if (length > from->count - length_bytes) return 0;
    *field = (ctls_span){from->bytes + length_bytes, length};
    from->bytes += length_bytes + length;
    from->count -= length_bytes + length;
    return 1;
}

static int skip(ctls_span *from, size_t count) {
    if (from->count < count) return 0;
    from->bytes += count;
    from->count -= count;
    return 1;
}

// The field of `kind_bytes` that says `kind`, behind its length; the list goes on behind it. 0 where none
// does.
static int find(ctls_span *list, size_t kind_bytes, unsigned kind, ctls_span *field) {
    while (list->count >= kind_bytes) {
        unsigned found = kind_bytes == 1 ? list->bytes[0] : (unsigned)(list->bytes[0] << 8 | list->bytes[1]);
        if (!skip(list, kind_bytes) || !take(list, 2, field)) return 0;
        if (found == kind) return 1;
    }
    return 0;
}

// RFC 8446, section 4.1.2; RFC 5246, section 7.4.1.2; RFC 6066, section 3.
int ctls_hello_name(ctls_span hello, ctls_span *name) {
    ctls_span body, extensions, field, names, other;
    int has_name = skip(&hello, HEADER_BYTES - 3) && take(&hello, 3, &body)
        && skip(&body, VERSION_AND_RANDOM_BYTES)
        && take(&body, 1, &field)       // session id
        && take(&body, 2, &field)       // suites
        && take(&body, 1, &field)       // compression
        && take(&body, 2, &extensions)
        && find(&extensions, 2, SERVER_NAME, &field) && take(&field, 2, &names)
        && find(&names, 1, SERVER_NAME, name);
    return has_name && find(&extensions, 2, SERVER_NAME, &other) ? -1 : has_name;
}
