// A connection's channel: a TLS session over a socket, where PosternTLS and PosternLinux meet.

import PosternCore
import PosternLinux
import PosternTLS

/// Where a channel lives between two turns. Connections borrow one from a pool; its session is set up at the
/// first use and stays. It does not move: Mbed TLS calls back with the address of `stream`.
struct ChannelSlot {
    /// Nil before the first use, and after a fault from which the session could not be recycled.
    fileprivate(set) var session: TLSSession?
    fileprivate var stream: SocketStream

    /// The poller has found the socket readable.
    mutating func markReadable() { stream.markReadable() }
}

extension UnsafeMutablePointer<ChannelSlot> {
    private var stream: UnsafeMutablePointer<SocketStream> {
        withUnsafeMutablePointer(to: &pointee.stream) { $0 }
    }

    /// The channel for one turn. Nil where the session could not be set up.
    var channel: SecureStream? { pointee.session.map { SecureStream(session: $0, stream: stream) } }

    /// Starts a connection over a socket, which is the place's from now on.
    func begin(
        _ descriptor: Int32, context: borrowing TLSContext, identity: borrowing Identity
    ) throws(ChannelError) {
        pointee.stream = SocketStream(descriptor)
        if pointee.session == nil { pointee.session = try TLSSession(context) }
        try pointee.session.unsafelyUnwrapped.begin(
            identity, stream: stream, send: sendToStream, receive: receiveFromStream)
    }

    /// Ends the connection: wipes the session and closes the socket. Where the peer may not have read our
    /// alert, what it still sent is thrown away first, because closing a socket with unread input resets the
    /// connection.
    func finish(mayHaveUnreadAlert: Bool, scratch: UnsafeMutableRawBufferPointer) {
        if let session = pointee.session, !session.recycle() {
            session.free()
            pointee.session = nil
        }
        if mayHaveUnreadAlert {
            pointee.stream.endWrites()
            _ = pointee.stream.discard(scratch)
        }
        pointee.stream.close()
    }
}

/// The channel as the connection's state machine sees it. The stream is behind a pointer because Mbed TLS
/// changes it while a method of the session runs.
struct SecureStream: SecureChannel {
    let session: TLSSession
    let stream: UnsafeMutablePointer<SocketStream>

    func handshake() throws(ChannelError) -> ChannelStep { try session.handshake() }

    func look() throws(ChannelError) -> ReadStep { try session.look() }

    var plainText: UnsafeMutableRawBufferPointer { session.plainText }

    func take(_ count: Int) { session.take(count) }

    func write(_ bytes: UnsafeRawBufferPointer) throws(ChannelError) -> ChannelStep {
        try session.write(bytes)
    }

    func closeNotify() throws(ChannelError) -> ChannelStep { try session.closeNotify() }

    func alert(_ description: UInt8) throws(ChannelError) -> ChannelStep { try session.alert(description) }

    func flush() throws(ChannelError) -> ChannelStep { try session.flush() }

    func endWrites() { stream.pointee.endWrites() }

    func discardInput() -> DiscardStep {
        var scratch = InlineArray<2048, UInt8>(repeating: 0)
        return withUnsafeMutableBytes(of: &scratch) { stream.pointee.discard($0) }
    }

    var hasBufferedInput: Bool { stream.pointee.hasInput || session.hasInput }

    var payloadLimit: Int { session.payloadLimit }
}

// What Mbed TLS calls to move cipher text.

private func receiveFromStream(
    _ parameter: UnsafeMutableRawPointer?, _ bytes: UnsafeMutablePointer<UInt8>?, _ count: Int
) -> Int32 {
    let stream = parameter.unsafelyUnwrapped.assumingMemoryBound(to: SocketStream.self)
    return TLSSession.received(
        stream.pointee.receive(UnsafeMutableRawPointer(bytes.unsafelyUnwrapped), count))
}

private func sendToStream(
    _ parameter: UnsafeMutableRawPointer?, _ bytes: UnsafePointer<UInt8>?, _ count: Int
) -> Int32 {
    let stream = parameter.unsafelyUnwrapped.assumingMemoryBound(to: SocketStream.self)
    return TLSSession.sent(stream.pointee.send(UnsafeRawPointer(bytes.unsafelyUnwrapped), count))
}
