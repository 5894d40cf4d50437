// Session tickets. The library's own keep no certificate in TLS 1.3 and at most the first in TLS 1.2; but a
// session that is resumed must be authorized by the present rules as a full handshake is, and only under the
// server name that it was made for. So behind the library's ticket stand the digest of that name and the
// client's chain, which may be empty, encrypted (tickets travel in clear), and bound to both:
//
//     ticket of the library | name, 32 bytes | nonce, 12 bytes | chain in DER, AES-256-GCM | tag, 16 bytes
//
// The key for it is replaced when the library replaces its own.
#include "hello.h"
#include "session.h"

#include <mbedtls/gcm.h>
#include <mbedtls/platform_util.h>

#include <string.h>

enum {
    NONCE_BYTES = 12,
    TAG_BYTES = 16,
    // The library's ticket: key name, nonce, length of what is encrypted, that, tag (ssl_ticket.c).
    LENGTH_OFFSET = CTLS_KEY_NAME_BYTES + 12,
    FIXED_BYTES = LENGTH_OFFSET + 2 + 16,
    // What stands behind it, but for the chain.
    ADDED_BYTES = CTLS_NAME_DIGEST_BYTES + NONCE_BYTES + TAG_BYTES,
};

int ctls_tickets_start(ctls_tickets *tickets, uint32_t seconds) {
    return mbedtls_ssl_ticket_setup(
        &tickets->library, ctls_random_bytes, NULL, MBEDTLS_CIPHER_AES_256_GCM, seconds);
}

static ctls_chain_key *find_key(ctls_tickets *tickets, const unsigned char *name) {
    for (int i = 0; i < 2; i++) {
        ctls_chain_key *key = &tickets->chain_keys[i];
        if (key->used && memcmp(key->name, name, CTLS_KEY_NAME_BYTES) == 0) return key;
    }
    return NULL;
}

// The key that goes with a ticket that has just been written.
static ctls_chain_key *present_key(ctls_tickets *tickets, const unsigned char *name) {
    ctls_chain_key *key = find_key(tickets, name);
    if (key != NULL) return key;
    tickets->present = !tickets->present;
    key = &tickets->chain_keys[tickets->present];
    key->used = 0;
    if (ctls_random_bytes(NULL, key->bytes, sizeof key->bytes) != 0) return NULL;
    memcpy(key->name, name, sizeof key->name);
    key->used = 1;
    return key;
}

static int set_key(mbedtls_gcm_context *gcm, const ctls_chain_key *key) {
    mbedtls_gcm_init(gcm);
    return mbedtls_gcm_setkey(gcm, MBEDTLS_CIPHER_ID_AES, key->bytes, 8 * sizeof key->bytes);
}

static int seal(
    ctls_tickets *tickets, const ctls_session *client, unsigned char *ticket, size_t ticket_bytes
) {
    ctls_chain_key *key = present_key(tickets, ticket);
    size_t bound_bytes = ticket_bytes + CTLS_NAME_DIGEST_BYTES;
    unsigned char *target = ticket + bound_bytes;
    memcpy(ticket + ticket_bytes, client->name, CTLS_NAME_DIGEST_BYTES);
    if (key == NULL || ctls_random_bytes(NULL, target, NONCE_BYTES) != 0)
        return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
    mbedtls_gcm_context gcm;
    int error = set_key(&gcm, key);
    unsigned char *sealed = target + NONCE_BYTES;
    if (error == 0)
        error = mbedtls_gcm_crypt_and_tag(
            &gcm, MBEDTLS_GCM_ENCRYPT, client->client_chain_bytes, target, NONCE_BYTES,
            ticket, bound_bytes, client->client_chain, sealed,
            TAG_BYTES, sealed + client->client_chain_bytes);
    mbedtls_gcm_free(&gcm);
    return error;
}

int ctls_ticket_write(
    void *parameter, const mbedtls_ssl_session *session,
    unsigned char *start, const unsigned char *end, size_t *length, uint32_t *lifetime
) {
    ctls_context *context = parameter;
    const ctls_session *client = context->active;
    *length = 0;
    *lifetime = 0;
    if (!ctls_client_chain_is_settled(client)) return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
    size_t added_bytes = ADDED_BYTES + client->client_chain_bytes;
    if ((size_t)(end - start) < added_bytes) return MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL;
    // The library would write the first certificate as well.
    mbedtls_ssl_session without_certificate = *session;
    *ctls_certificates_of(&without_certificate) = NULL;
    int error = mbedtls_ssl_ticket_write(
        &context->tickets.library, &without_certificate, start, end - added_bytes, length, lifetime);
    mbedtls_platform_zeroize(&without_certificate, sizeof without_certificate);
    if (error != 0) return error;
    error = seal(&context->tickets, client, start, *length);
    *length = error == 0 ? *length + added_bytes : 0;
    return error;
}

// RFC 6066, section 3: a session is not resumed under another name. The same goes for TLS 1.3, which leaves
// it open (RFC 8446, section 4.6.1): names have certificates of their own, which a resumed session does not
// show.
static int has_name(ctls_session *client, const unsigned char *digest) {
    uint8_t asked[CTLS_NAME_DIGEST_BYTES] = {0};
    ctls_span name;
    // The library hands tickets over while the ClientHello lies in its buffer, whole.
    ctls_span hello = {ctls_message(&client->ssl), MBEDTLS_SSL_IN_CONTENT_LEN};
    int has_name = ctls_hello_name(hello, &name);
    if (has_name < 0 || (has_name > 0 && ctls_name_digest(name.bytes, name.count, asked) != 0)) return 0;
    return memcmp(asked, digest, sizeof asked) == 0;
}

// Keeps the chain behind a ticket with the session. 0 or an error of the library.
static int open_chain(
    ctls_tickets *tickets, ctls_session *client,
    const unsigned char *ticket, size_t ticket_bytes, size_t bytes
) {
    const ctls_chain_key *key = find_key(tickets, ticket);
    if (key == NULL) return MBEDTLS_ERR_SSL_SESSION_TICKET_EXPIRED;
    size_t behind = bytes - ticket_bytes;
    if (behind < ADDED_BYTES || behind > ADDED_BYTES + CTLS_CLIENT_CHAIN_BYTES)
        return MBEDTLS_ERR_SSL_INVALID_MAC;
    size_t bound_bytes = ticket_bytes + CTLS_NAME_DIGEST_BYTES, chain_bytes = behind - ADDED_BYTES;
    const unsigned char *nonce = ticket + bound_bytes, *sealed = nonce + NONCE_BYTES;
    int error = chain_bytes == 0 ? 0 : ctls_client_chain_keep(client, sealed, chain_bytes);
    if (error != 0) return error;
    mbedtls_gcm_context gcm;
    error = set_key(&gcm, key);
    if (error == 0)
        error = mbedtls_gcm_auth_decrypt(
            &gcm, chain_bytes, nonce, NONCE_BYTES, ticket, bound_bytes,
            sealed + chain_bytes, TAG_BYTES, sealed, client->client_chain);
    mbedtls_gcm_free(&gcm);
    return error == 0 ? 0 : MBEDTLS_ERR_SSL_INVALID_MAC;
}

static int accept_ticket(
    ctls_context *context, mbedtls_ssl_session *session, unsigned char *ticket, size_t bytes
) {
    if (bytes < FIXED_BYTES) return MBEDTLS_ERR_SSL_INVALID_MAC;
    size_t ticket_bytes = FIXED_BYTES + ((size_t)ticket[LENGTH_OFFSET] << 8 | ticket[LENGTH_OFFSET + 1]);
    if (ticket_bytes > bytes) return MBEDTLS_ERR_SSL_INVALID_MAC;
    // First the chain: the library decrypts its ticket in place.
    int error = open_chain(&context->tickets, context->active, ticket, ticket_bytes, bytes);
    if (error == 0 && !has_name(context->active, ticket + ticket_bytes))
        error = MBEDTLS_ERR_SSL_SESSION_TICKET_EXPIRED;
    if (error == 0)
        error = mbedtls_ssl_ticket_parse(&context->tickets.library, session, ticket, ticket_bytes);
    // CVE-2026-93831: before 3.6.8 the library resumes TLS 1.2 with a ticket of TLS 1.3, which has no master
    // secret, under one of zeros. Such a ticket travels in clear: whoever overhears it would be that client.
    if (error == 0 && ctls_version_of_ticket(session) != ctls_version_of(&context->active->ssl))
        error = MBEDTLS_ERR_SSL_SESSION_TICKET_EXPIRED;
    return error;
}

int ctls_ticket_accept(
    void *parameter, mbedtls_ssl_session *session, unsigned char *ticket, size_t bytes
) {
    ctls_context *context = parameter;
    ctls_session *client = context->active;
    // A client may offer several; only the last one that is looked at counts.
    ctls_client_chain_forget(client);
    client->resumed = 0;
    int error = accept_ticket(context, session, ticket, bytes);
    // A client that is not authorized is not refused here: the full handshake that follows names the reason,
    // and gives it the chance to show a better certificate.
    if (error == 0 && ctls_client_chain_authorize(client).reason != 0)
        error = MBEDTLS_ERR_SSL_SESSION_TICKET_EXPIRED;
    if (error != 0) ctls_client_chain_forget(client);
    client->resumed = error == 0;
    return error;
}
