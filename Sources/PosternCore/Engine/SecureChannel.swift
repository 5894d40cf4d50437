// What a connection needs of TLS and the socket below it. The server's is a TLS session over a non-blocking
// socket, the tests' plays a script. Nothing here waits: "want" is a value, and only a failure is an error.

public protocol SecureChannel: ~Copyable {
    /// Goes on with the handshake.
    mutating func handshake() throws(ChannelError) -> ChannelStep
    /// Receives the plain text of at most one record.
    mutating func read(into bytes: UnsafeMutableRawBufferPointer) throws(ChannelError) -> ReadStep
    /// Sends `bytes` as one record. After anything but `.done` it is called again with as many bytes,
    /// which are not looked at again: the record is already sealed.
    mutating func write(_ bytes: UnsafeRawBufferPointer) throws(ChannelError) -> ChannelStep
    /// Sends close_notify.
    mutating func closeNotify() throws(ChannelError) -> ChannelStep
    /// Half-closes the socket: nothing more will be sent.
    mutating func endWrites()
    /// Throws away what the peer still sends.
    mutating func discardInput() -> DiscardStep

    /// Input may be there that no readiness of the socket will announce.
    var hasBufferedInput: Bool { get }
    /// The most bytes that `write` takes; valid after the handshake.
    var payloadLimit: Int { get }
}

public enum ChannelStep: Sendable {
    case done
    case wantRead
    case wantWrite
    /// It has more to do at once: in a handshake after each step that costs time, else after many records of
    /// which nothing came.
    case again
}

public enum ReadStep: Sendable {
    case bytes(Int)
    case wantRead
    case wantWrite
    /// There may be more at once, which no readiness of the socket will announce.
    case again
    /// The peer will send no more and said so.
    case closeNotify
    /// The stream ended without a word.
    case endOfStream
}

public enum DiscardStep: Sendable {
    case wantRead
    /// There may be more at once.
    case more
    /// The peer has closed its side.
    case end
}

/// What a stream below TLS says to a receive or a send.
public enum StreamStep {
    case bytes(Int)
    case wouldBlock
    /// Of a receive: no more will come.
    case end
    case reset
}

/// The channel cannot go on; the connection closes with `reason`.
public struct ChannelError: Error, Sendable {
    public let reason: CloseReason
    /// The TLS library's own number, 0 if there is none.
    public let code: Int32

    public init(reason: CloseReason, code: Int32) {
        self.reason = reason
        self.code = code
    }
}
