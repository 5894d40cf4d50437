# 64-bit Arm boards: Debian's Mbed TLS with musl, static-pie.
SWIFT_TRIPLE = aarch64-none-none-elf
ARCHITECTURE = arm64
OPKG_ARCHITECTURE = aarch64_cortex-a53
DEFAULT_SUITE = trixie
RUNNER = qemu-aarch64
MACHINE = AArch64
PIE = yes
