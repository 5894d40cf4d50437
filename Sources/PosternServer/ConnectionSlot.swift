// What the server keeps for one connection beside its TLS channel.

import PosternCore
import PosternLinux

struct ConnectionSlot {
    var connection: Connection
    let peer: PeerAddress
    let descriptor: Int32
    /// Index of the channel that it has borrowed.
    let channel: Int
    let acceptedAtMilliseconds: Int64
    /// What the poller watches for.
    var interest: Interest
    /// It stands in the queue of those that have more to do.
    var isQueued: Bool
}
