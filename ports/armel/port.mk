# ARMv5 and ARMv6 boards: Debian's Mbed TLS with musl, static-pie.
SWIFT_TRIPLE = armv4t-none-none-eabi
ARCHITECTURE = armel
DEFAULT_SUITE = trixie
RUNNER = qemu-arm
MACHINE = ARM
FLOAT = soft
PIE = yes
