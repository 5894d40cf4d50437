# 64-bit RISC-V boards: Debian's Mbed TLS with musl, static-pie.
SWIFT_TRIPLE = riscv64-none-none-eabi
ARCHITECTURE = riscv64
OPKG_ARCHITECTURE = riscv64_riscv64
DEFAULT_SUITE = trixie
# The first 64-bit processor that ran Linux: what is not in RV64GC ends the program.
RUNNER = qemu-riscv64 -cpu sifive-u54
MACHINE = RISC-V
PIE = yes
