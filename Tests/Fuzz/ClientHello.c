// The server name in a ClientHello that is damaged or cut: nothing is read behind it, and a name lies inside of it. An
// input is what stands behind the random, with a header that fits or, where it begins with 1, with one that does not.
// seed-hex: 00 00 0002c02b 0100 0012 0000 000e 000c 00 0009 6c6f63616c686f7374
// seed-hex: 00 00 0002c02b 0100 000f 0023 0000 0000 0007 0005 00 0002 6162
// seed-hex: 01 00 0002c02b 0100 0000
// seed-hex: 00 00 0002c02b 0100 0018 0000 0008 0006 00 0003 612e62 0000 0008 0006 00 0003 632e64
#include "hello.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { FRONT_BYTES = 4 + 2 + 32 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    if (count == 0) return 0;
    size_t total = FRONT_BYTES + count - 1, length = bytes[0] == 1 ? total : total - 4;
    unsigned char *hello = calloc(1, total);
    hello[1] = (unsigned char)(length >> 16), hello[2] = (unsigned char)(length >> 8), hello[3] = (unsigned char)length;
    memcpy(hello + FRONT_BYTES, bytes + 1, count - 1);
    ctls_span name;
    if (ctls_hello_name((ctls_span){hello, total}, &name) != 0) {
        int is_inside = name.bytes >= hello + FRONT_BYTES && name.bytes + name.count <= hello + total;
        if (!is_inside || bytes[0] == 1) abort();
    }
    free(hello);
    return 0;
}
