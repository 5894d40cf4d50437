// The name that a client asks for, compared with those of the server's chains: nothing is read behind it, and it gets
// a chain or is refused.
// seed: board.local
// seed: x.example.org
// seed: .example.org
#include "client.h"
#include "identity.h"
#include "session.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    static ctls_context *context;
    static ctls_session *session;
    static ctls_identity *identity;
    if (context == NULL) {
        ctls_failure failure;
        ctls_settings settings = {.groups = {CTLS_GROUP_SECP256R1}};
        identity = ctls_client_new_identity(1);
        if (identity == NULL) abort();
        static char names[2][16] = {"board.local", "*.example.org"};
        mbedtls_x509_sequence *list = &identity->pairs[0].chain.subject_alt_names;
        list->next = calloc(1, sizeof *list);
        for (int i = 0; i < 2; i++, list = list->next)
            list->buf = (mbedtls_x509_buf){
                MBEDTLS_ASN1_CONTEXT_SPECIFIC | 2, strlen(names[i]), (unsigned char *)names[i],
            };
        if (ctls_context_create(&context, &settings, &failure) != 0) abort();
        if (ctls_session_create(&session, context, &failure) != 0) abort();
    }
    unsigned char *name = malloc(count);
    if (count > 0) memcpy(name, bytes, count);
    int code = ctls_identity_offer(identity, &session->ssl, name, count);
    if (code != 0 && code != CTLS_NAME_UNKNOWN) abort();
    if (ctls_clear_own_certificates(&session->ssl) != 0) abort();
    free(name);
    return 0;
}
