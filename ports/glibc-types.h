// For ports that link Debian's Mbed TLS archives, built against glibc, with musl: where a type that is part
// of the library's structures is smaller or larger in glibc, glibc's size. The toolsets put this file before
// every C file; without it our code and the archives would disagree about how large a structure is.
// Sources/CMbedTLS/fortify.c asserts the sizes.
#ifndef POSTERN_GLIBC_TYPES_H
#define POSTERN_GLIBC_TYPES_H

// 48 bytes there, 40 in musl, whose functions use the first 40.
#if defined(__aarch64__)
typedef union {
    int words[12];
    long alignment;
} pthread_mutex_t;
#define __DEFINED_pthread_mutex_t
#endif

// Debian 12 has a time_t of 32 bits on 32-bit processors, Debian 13 and musl have one of 64. The version of
// Mbed TLS tells which: only 3.x has this file.
#if defined(__arm__) && !__has_include(<mbedtls/build_info.h>)
#define MBEDTLS_PLATFORM_TIME_TYPE_MACRO __INT32_TYPE__
#endif

#endif
