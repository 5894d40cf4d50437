# arm64
SWIFT_TRIPLE = aarch64-none-none-elf
ARCHITECTURE = arm64
DEFAULT_SUITE = trixie
