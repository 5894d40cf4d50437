// glibc's checked string functions, for ports that link Debian's Mbed TLS archives (built against glibc)
// with musl. Only such a port compiles this file's body: its toolset defines CTLS_FORTIFY.
#if defined(CTLS_FORTIFY)

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

#endif
