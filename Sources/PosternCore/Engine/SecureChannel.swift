// What a connection needs of TLS and the socket below it. The server's is a TLS session over a non-blocking
// socket, the tests' plays a script. Nothing here waits: "want" is a value, and only a failure is an error.

public protocol SecureChannel: ~Copyable {
    /// Goes on with the handshake.
    mutating func handshake() throws(ChannelError) -> ChannelStep
    /// Receives a record, unless there is plain text that was not taken yet. An empty record is 0 bytes.
    mutating func look() throws(ChannelError) -> ReadStep
    /// The plain text that was received and not taken, in place. It stays until it is taken; a record is
    /// received only when all is.
    var plainText: UnsafeMutableRawBufferPointer { get }
    /// The first `count` bytes of `plainText` are done with, and wiped.
    mutating func take(_ count: Int)
    /// Sends `bytes` as one record. After anything but `.done` it is called again with as many bytes,
    /// which are not looked at again: the record is already sealed.
    mutating func write(_ bytes: UnsafeRawBufferPointer) throws(ChannelError) -> ChannelStep
    /// Sends close_notify behind what is sealed.
    mutating func closeNotify() throws(ChannelError) -> ChannelStep
    /// Sends a fatal alert behind what is sealed. After anything but `.done` it is called again.
    mutating func alert(_ description: UInt8) throws(ChannelError) -> ChannelStep
    /// Sends what is sealed and has not left.
    mutating func flush() throws(ChannelError) -> ChannelStep
    /// Half-closes the socket: nothing more will be sent.
    mutating func endWrites()
    /// Throws away what the peer still sends.
    mutating func discardInput() -> DiscardStep

    /// Input may be there that no readiness of the socket will announce.
    var hasBufferedInput: Bool { get }
    /// The most bytes that `write` takes; valid after the handshake.
    var payloadLimit: Int { get }
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
