// A server's handshake messages, in which client.c reads what the library does not tell: nothing is read behind them.
// seed-hex: 02000000 0303 000000000000000000000000000000000000000000000000000000000000000000 130100 0006 003300020017
// seed-hex: 0c 00 00 00 03 00 17 41 04
// seed-hex: 0d 00 00 00 01 01 00 02 04 03 00 00
#define MBEDTLS_ALLOW_PRIVATE_ACCESS    // of 3.6: it puts messages where the library would
#include "client.c"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    ctls_session *session = calloc(1, sizeof *session);
    unsigned char *message = malloc(count);
    if (count > 0) memcpy(message, bytes, count);
    session->ssl.in_msg = message;
    session->ssl.in_msgtype = MBEDTLS_SSL_MSG_HANDSHAKE;
    session->ssl.in_hslen = session->ssl.in_msglen = count;
    look_at_message(session);
    free(message);
    free(session);
    return 0;
}
