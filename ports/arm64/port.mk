# 64-bit Arm boards: Debian's Mbed TLS with musl, static-pie.
SWIFT_TRIPLE = aarch64-none-none-elf
ARCHITECTURE = arm64
OPKG_ARCHITECTURE = aarch64_cortex-a53
DEFAULT_SUITE = trixie
# The oldest of these processors (Raspberry Pi 3): what only later ones have ends the program.
RUNNER = qemu-aarch64 -cpu cortex-a53
MACHINE = AArch64
PIE = yes
BOARD_KERNEL = linux-image-arm64
BOARD_MACHINE = qemu-system-aarch64 -M virt -cpu cortex-a53
# The same with pages of 16 KiB, as the Raspberry Pi 5 has them; a Cortex-A53 cannot.
BOARD_KERNEL_16K = linux-image-arm64-16k
BOARD_MACHINE_16K = qemu-system-aarch64 -M virt -cpu cortex-a76
