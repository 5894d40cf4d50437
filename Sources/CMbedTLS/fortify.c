// What only glibc has, for ports that link Debian's Mbed TLS archives (built against glibc) with musl:
// checked string functions, and on 32-bit processors the names of functions with 64-bit offsets and times.
// Only such a port compiles this file's body: its toolset defines CTLS_FORTIFY.
#if defined(CTLS_FORTIFY)

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// The library's structures have a mutex of glibc's size inside; ports/glibc-types.h gives it that size here.
#if defined(__aarch64__)
_Static_assert(sizeof(pthread_mutex_t) == 48, "as in glibc");
#else
_Static_assert(sizeof(pthread_mutex_t) == (sizeof(long) == 8 ? 40 : 24), "as in glibc");
#endif

// Only the library's self tests print.
int __printf_chk(int flag, const char *format, ...);
int __printf_chk(int flag, const char *format, ...) {
    (void)flag, (void)format;
    return 0;
}

int __vsnprintf_chk(
    char *text, size_t bytes, int flag, size_t object_bytes, const char *format, va_list arguments);
int __vsnprintf_chk(
    char *text, size_t bytes, int flag, size_t object_bytes, const char *format, va_list arguments
) {
    (void)flag;
    if (bytes > object_bytes) abort();
    return vsnprintf(text, bytes, format, arguments);
}

int __snprintf_chk(char *text, size_t bytes, int flag, size_t object_bytes, const char *format, ...);
int __snprintf_chk(char *text, size_t bytes, int flag, size_t object_bytes, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = __vsnprintf_chk(text, bytes, flag, object_bytes, format, arguments);
    va_end(arguments);
    return length;
}

void *__memcpy_chk(void *target, const void *source, size_t bytes, size_t object_bytes);
void *__memcpy_chk(void *target, const void *source, size_t bytes, size_t object_bytes) {
    if (bytes > object_bytes) abort();
    return memcpy(target, source, bytes);
}

void *__memset_chk(void *target, int value, size_t bytes, size_t object_bytes);
void *__memset_chk(void *target, int value, size_t bytes, size_t object_bytes) {
    if (bytes > object_bytes) abort();
    return memset(target, value, bytes);
}

void __explicit_bzero_chk(void *target, size_t bytes, size_t object_bytes);
void __explicit_bzero_chk(void *target, size_t bytes, size_t object_bytes) {
    if (bytes > object_bytes) abort();
    explicit_bzero(target, bytes);
}

#if _REDIR_TIME64   // musl's own word for a 32-bit processor that once had a time_t of 32 bits

// Debian 13: the library was built with 64-bit times and offsets. musl has them too and calls its functions
// of time as glibc does, but not these.
FILE *fopen64(const char *path, const char *mode);
FILE *fopen64(const char *path, const char *mode) { return fopen(path, mode); }

// Only mbedtls_x509_crt_parse_path reads directories, and nothing here calls it: the two have other
// structures.
int __stat64_time64(const char *path, void *status);
int __stat64_time64(const char *path, void *status) {
    (void)path, (void)status;
    errno = ENOSYS;
    return -1;
}

void *readdir64(void *directory);
void *readdir64(void *directory) {
    (void)directory;
    return NULL;
}

// Debian 12: the library was built with a time_t of 32 bits, and musl's functions for such programs fail
// from 2038 on. These count on as unsigned, until 2106. musl's headers give our own code 64-bit functions
// under other names, so that only the archives call these.
int32_t ctls_time_of_32_bits(int32_t *seconds) __asm__("time");
int32_t ctls_time_of_32_bits(int32_t *seconds) {
    int32_t now = (int32_t)(uint32_t)time(NULL);
    if (seconds != NULL) *seconds = now;
    return now;
}

struct tm *ctls_gmtime_of_32_bits(const uint32_t *seconds, struct tm *parts) __asm__("gmtime_r");
struct tm *ctls_gmtime_of_32_bits(const uint32_t *seconds, struct tm *parts) {
    time_t wide = *seconds;
    return gmtime_r(&wide, parts);
}

#endif

#endif
