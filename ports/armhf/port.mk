# ARMv7 boards with floating point: Debian's Mbed TLS with musl, static-pie.
SWIFT_TRIPLE = armv7-none-none-eabi
ARCHITECTURE = armhf
OPKG_ARCHITECTURE = arm_cortex-a7_neon-vfpv4
DEFAULT_SUITE = trixie
RUNNER = qemu-arm
MACHINE = ARM
FLOAT = hard
PIE = yes
