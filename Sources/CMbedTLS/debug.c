// Mbed TLS's debug output, replaced by nothing. Debian builds the library with it, and every record calls it
// some sixty times only to learn that nobody listens: a tenth of a small echo. The ports' toolsets put these
// in its place with the linker option --wrap.

// Called with arguments that nobody looks at; the library's callers ignore the result.
#define SILENT(name) \
    void __wrap_##name(void); \
    void __wrap_##name(void) {}

SILENT(mbedtls_debug_print_msg)
SILENT(mbedtls_debug_print_ret)
SILENT(mbedtls_debug_print_buf)
SILENT(mbedtls_debug_print_mpi)
SILENT(mbedtls_debug_print_ecp)
SILENT(mbedtls_debug_print_crt)
SILENT(mbedtls_debug_printf_ecdh)
