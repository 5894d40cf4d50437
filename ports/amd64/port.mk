# x86-64 boards: Debian's Mbed TLS with musl, static-pie.
SWIFT_TRIPLE = x86_64-unknown-linux-gnu
ARCHITECTURE = amd64
OPKG_ARCHITECTURE = x86_64
DEFAULT_SUITE = trixie
MACHINE = Advanced Micro Devices X86-64
PIE = yes
