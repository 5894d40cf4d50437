// The one random number generator, seeded from getrandom(2) through the library.
#include "compat.h"

ctls_random ctls_random_state;

#if CTLS_HAS_TLS13

int ctls_random_start(void) {
    if (ctls_random_state.ready) return 0;
    psa_status_t status = psa_crypto_init();
    ctls_random_state.ready = status == PSA_SUCCESS;
    return (int)status;
}

int ctls_random_bytes(void *unused, unsigned char *bytes, size_t count) {
    (void)unused;
    return (int)psa_generate_random(bytes, count);
}

#else

// Only the kernel: mbedtls_entropy_context would add HAVEGE and the clock, which cost time and add nothing.
static int kernel_entropy(void *unused, unsigned char *bytes, size_t count) {
    size_t filled = 0;
    while (filled < count) {
        size_t got = 0;
        int error = mbedtls_platform_entropy_poll(unused, bytes + filled, count - filled, &got);
        if (error != 0) return error;
        filled += got;
    }
    return 0;
}

int ctls_random_start(void) {
    if (ctls_random_state.ready) return 0;
    mbedtls_ctr_drbg_init(&ctls_random_state.drbg);
    static const unsigned char personalization[] = "postern";
    int error = mbedtls_ctr_drbg_seed(
        &ctls_random_state.drbg, kernel_entropy, NULL, personalization, sizeof personalization);
    ctls_random_state.ready = error == 0;
    return error;
}

int ctls_random_bytes(void *unused, unsigned char *bytes, size_t count) {
    (void)unused;
    return mbedtls_ctr_drbg_random(&ctls_random_state.drbg, bytes, count);
}

#endif
