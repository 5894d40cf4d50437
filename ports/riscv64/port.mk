# riscv64
SWIFT_TRIPLE = riscv64-none-none-eabi
ARCHITECTURE = riscv64
DEFAULT_SUITE = trixie
