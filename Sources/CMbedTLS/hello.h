// What a ClientHello asks for, where the library tells it too late. Private to this module.
#ifndef CTLS_HELLO_PRIVATE_H
#define CTLS_HELLO_PRIVATE_H

#include <stddef.h>

typedef struct {
    const unsigned char *bytes;
    size_t count;
} ctls_span;

/// The server name in a ClientHello, which is whole from its header on: the first host name, as the library
/// takes it. 1 where it has one, 0 where it has none, -1 where it has two such extensions, which nobody may
/// send (RFC 8446, section 4.2) and of which the library takes the last.
int ctls_hello_name(ctls_span hello, ctls_span *name);

#endif
