// What a session receives and sends through its two callbacks, counted. Mbed TLS reads on inside one call
// while a record brings nothing: change_cipher_spec of TLS 1.3, warnings, empty records, requests to
// renegotiate. So a call takes a few records and comes back, and who sends nothing else is refused. Here is
// also what the stream has said in a call: the library says "want read" where nobody has to wait.
#include "session.h"

void ctls_traffic_begin(ctls_session *session) {
    session->must_wait = session->has_sent = 0;
    session->records = 0;
}

void ctls_traffic_progress(ctls_session *session) { session->idle_records = 0; }

// The library hands the code on as it is.
static int flooded(ctls_session *session) {
    session->is_flooded = 1;
    return MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE;
}

int ctls_traffic_receive(void *parameter, unsigned char *bytes, size_t count) {
    ctls_session *session = parameter;
    // Between two records the library can come back without losing anything.
    int starts_record = ctls_starts_record(&session->ssl);
    if (starts_record && session->idle_records > CTLS_IDLE_RECORDS) return flooded(session);
    if (starts_record && session->records == CTLS_RECORDS_PER_CALL) return CTLS_WANT_READ;
    int received = session->receive(session->stream, bytes, count);
    if (received == 0) session->ended = 1;
    if (received < 0) session->must_wait = 1;
    if (received <= 0 || !starts_record) return received;
    session->records++;
    if (!ctls_is_assembling(&session->ssl)) session->idle_records++;
    return received;
}

int ctls_traffic_send(void *parameter, const unsigned char *bytes, size_t count) {
    ctls_session *session = parameter;
    // What a read sends are alerts: a record may hold thousands of messages that are each answered by one.
    if (session->is_reading && session->idle_records++ > CTLS_IDLE_RECORDS) return flooded(session);
    session->has_sent = 1;
    int sent = session->send(session->stream, bytes, count);
    if (sent < 0) session->must_wait = 1;
    return sent;
}
