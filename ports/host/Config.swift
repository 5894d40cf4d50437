// The developer's machine.

import PosternCore

/// RAM of the server: 64 connections of 61 KiB with the client's certificates, and 880 KiB for all of
/// them. `--print-config` has the sum.
public nonisolated(unsafe) var memory = StaticMemory<1208>()

public let config = Config(
    port: "host",
    listeners: FixedList([ListenAddress("127.0.0.1", port: 4433), ListenAddress("::1", port: 4433)]),
    identities: FixedList([.files(certificate: "certs/server.crt", key: "certs/server.key")]),
    connections: 64,
    // Cheaper than P-256 on Mbed TLS 2.28, 15.6 M instructions against 16.4 M; on 3.6 it is the other way round.
    tls: TLSConfig(groups: FixedList([.x25519, .secp256r1, .secp384r1]))
)
