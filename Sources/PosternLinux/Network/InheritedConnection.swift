// The one connection that a super-server such as inetd gives a program as its standard streams.

import CLinux
import PosternCore

public struct InheritedConnection {
    public let descriptor: Int32
    public let peer: PeerAddress

    /// Takes it off the standard streams: nothing that the program writes to them may reach the client.
    public init(_ config: SocketConfig) throws(SystemError) {
        var address = clinux_address()
        let result = clinux_connection_take(
            &address, config.noDelay ? 1 : 0, Int32(config.keepAliveSeconds))
        guard result >= 0 else { throw SystemError(doing: .listening, code: result) }
        descriptor = result
        peer = PeerAddress(address)
    }
}
