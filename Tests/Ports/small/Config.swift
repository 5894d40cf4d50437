// Values for tests that must not wait long: few connections, short deadlines, ALPN.

import PosternCore

public nonisolated(unsafe) var memory = StaticMemory<300>()

public let config = Config(
    port: "small",
    listeners: FixedList([ListenAddress("127.0.0.1", port: 0)]),
    identities: FixedList([.files(certificate: "server.crt", key: "server.key")]),
    connections: 4,
    tls: TLSConfig(protocols: FixedList(["postern/1"])),
    deadlines: DeadlineLengths(
        handshakeMilliseconds: 1_000, idleMilliseconds: 2_000, closeMilliseconds: 500,
        drainMilliseconds: 1_000, drainQuietMilliseconds: 200)
)
