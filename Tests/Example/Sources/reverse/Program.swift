// A program around the service: its configuration, its memory, its main. SwiftPM calls <target>_main.

import Postern

nonisolated(unsafe) var memory = StaticMemory<200>()

let config = Config(
    port: "reverse",
    listeners: FixedList([ListenAddress("127.0.0.1", port: 4433)]),
    identities: FixedList([.files(certificate: "server.crt", key: "server.key")]),
    connections: 8
)

@c(reverse_main)
public func program(_ count: Int32, _ words: Arguments.Vector) -> Int32 {
    ServerCommand("reverse", config, memory: memory.region())
        .main(Arguments(count, words), service: Reverse())
}
