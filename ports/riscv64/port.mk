# 64-bit RISC-V boards: Debian's Mbed TLS with musl, static-pie.
SWIFT_TRIPLE = riscv64-none-none-eabi
ARCHITECTURE = riscv64
OPKG_ARCHITECTURE = riscv64_riscv64
DEFAULT_SUITE = trixie
RUNNER = qemu-riscv64
MACHINE = RISC-V
PIE = yes
