// Raspberry Pi Zero and 1: one ARMv6 core of 1 GHz at most, 512 MB, without instructions for AES.

import PosternCore

/// RAM of the server: 16 connections of 61 KiB with the client's certificates, and 880 KiB for all of
/// them. `--print-config` has the sum.
public nonisolated(unsafe) var memory = StaticMemory<488>()

public let config = Config(
    port: "raspberrypi-zero",
    listeners: FixedList([ListenAddress("0.0.0.0", port: 4433), ListenAddress("::", port: 4433)]),
    identities: FixedList([.files(certificate: "/etc/postern/server.crt", key: "/etc/postern/server.key")]),
    connections: 16,
    // A full handshake takes a good part of a second here: a burst of clients needs longer than elsewhere.
    tls: TLSConfig(suites: .chachaFirst),
    deadlines: DeadlineLengths(handshakeMilliseconds: 20_000)
)
