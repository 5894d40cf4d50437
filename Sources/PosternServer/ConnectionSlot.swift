// What the server keeps for one connection beside its TLS channel and its service's state.

import PosternCore
import PosternLinux
import PosternTLS

struct ConnectionSlot {
    var connection: Connection
    /// Who the client is; a PROXY header may have said so.
    var peer: PeerAddress
    let descriptor: Int32
    /// What its service watches, and for what; -1 for nothing.
    var watched: Int32
    var watchedInterest: Interest
    /// What the poller watches the service's descriptor for: not for input that the client cannot take now.
    var watchedNow: Interest
    /// Index of the channel that it has borrowed, and the channel.
    let channel: Int
    let channelPlace: UnsafeMutablePointer<ChannelSlot>
    let acceptedAtMilliseconds: Int64
    /// What the poller watches for.
    var interest: Interest
    /// Bytes of a PROXY header that must be there before it is looked at again; -1 where none comes.
    var proxyHeaderBytes: Int16
    /// The address that the client connected to, where a PROXY header has said so.
    var local: IPEndpoint?
    /// It stands in the queue of those that have more to do.
    var isQueued: Bool
}

/// Tells a service who the client is, after its handshake; `place` is the slot.
func describeClient(_ place: UnsafeMutableRawPointer, _ result: UnsafeMutableRawPointer) {
    let slot = place.assumingMemoryBound(to: ConnectionSlot.self).pointee
    guard let session = slot.channelPlace.pointee.session else { return }
    result.assumingMemoryBound(to: ClientInfo?.self).pointee =
        ClientInfo(
            peer: slot.peer.endpoint,
            local: slot.local ?? PeerAddress.ofOurEnd(of: slot.descriptor).endpoint,
            version: session.versionName, suite: session.suiteName,
            applicationProtocol: session.applicationProtocol, serverName: session.serverName,
            isResumed: session.isResumed, certificates: session.clientChain)
}
