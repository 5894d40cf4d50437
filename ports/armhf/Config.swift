// ARMv7 boards with floating point.

import PosternCore

/// RAM of the server: 64 connections of 61 KiB with the client's certificates, and 880 KiB for all of
/// them. `--print-config` has the sum.
public nonisolated(unsafe) var memory = StaticMemory<1208>()

public let config = Config(
    port: "armhf",
    listeners: FixedList([ListenAddress("127.0.0.1", port: 4433), ListenAddress("::1", port: 4433)]),
    identities: FixedList([.files(certificate: "/etc/postern/server.crt", key: "/etc/postern/server.key")]),
    connections: 64,
    // These processors have no AES instructions.
    tls: TLSConfig(suites: .chachaFirst)
)
