# ARMv5 and ARMv6 boards: Debian's Mbed TLS with musl, static-pie.
SWIFT_TRIPLE = armv4t-none-none-eabi
ARCHITECTURE = armel
OPKG_ARCHITECTURE = arm_arm926ej-s
DEFAULT_SUITE = trixie
# An ARMv5 processor: what only later ones have ends the program.
RUNNER = qemu-arm -cpu arm926
MACHINE = ARM
FLOAT = soft
PIE = yes
