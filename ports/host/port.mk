# The machine's own libmbedtls-dev and libc: no sysroot, no triple.
SWIFT_TRIPLE =
