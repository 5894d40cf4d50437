# ARMv7 boards with floating point: Debian's Mbed TLS with musl, static-pie.
SWIFT_TRIPLE = armv7-none-none-eabi
ARCHITECTURE = armhf
OPKG_ARCHITECTURE = arm_cortex-a7_neon-vfpv4
DEFAULT_SUITE = trixie
# A processor without NEON, as some of these boards have: one such instruction ends the program.
RUNNER = qemu-arm -cpu cortex-a9,neon=off
MACHINE = ARM
FLOAT = hard
PIE = yes
BOARD_KERNEL = linux-image-armmp
BOARD_MACHINE = qemu-system-arm -M virt,highmem=off -cpu cortex-a7
