// The TLS part of a channel: one session of Mbed TLS, set up once and used for one connection after the
// other. It owns no socket: it is given two callbacks and what they work on.

import CMbedTLS
import PosternCore

public struct TLSSession {
    /// Moves cipher text: parameter, bytes, count; returns what `received` or `sent` says.
    public typealias Send = @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<UInt8>?, Int) -> Int32
    public typealias Receive =
        @convention(c) (UnsafeMutableRawPointer?, UnsafeMutablePointer<UInt8>?, Int) -> Int32

    public static let wantRead = CTLS_WANT_READ
    public static let wantWrite = CTLS_WANT_WRITE
    public static let reset = CTLS_RESET

    /// What the callbacks return for a step of their stream.
    public static func received(_ step: StreamStep) -> Int32 {
        switch step {
        case .bytes(let count): Int32(truncatingIfNeeded: count)
        case .wouldBlock: wantRead
        case .end: 0
        case .reset: reset
        }
    }

    public static func sent(_ step: StreamStep) -> Int32 {
        switch step {
        case .bytes(let count): Int32(truncatingIfNeeded: count)
        case .wouldBlock: wantWrite
        case .end, .reset: reset
        }
    }

    let handle: OpaquePointer

    public init(_ context: borrowing TLSContext) throws(ChannelError) {
        var handle: OpaquePointer?
        var failure = ctls_failure()
        ctls_session_create(&handle, context.handle, &failure)
        guard let handle else { throw ChannelError(failure) }
        self.handle = handle
    }

    /// Frees the session; it must not be used afterwards.
    public func free() { ctls_session_free(handle) }

    /// Starts a connection. `stream` is what `send` and `receive` are called with; it stays where it is
    /// until `recycle`.
    public func begin(
        _ identity: borrowing Identity, stream: UnsafeMutableRawPointer,
        send: @escaping Send, receive: @escaping Receive
    ) throws(ChannelError) {
        guard ctls_session_begin(handle, identity.handle, stream, send, receive) == 0 else { throw failure }
    }

    public func handshake() throws(ChannelError) -> ChannelStep {
        try step(ctls_session_handshake(handle))
    }

    public func look() throws(ChannelError) -> ReadStep { try readStep(ctls_session_look(handle)) }

    public func read(into bytes: UnsafeMutableRawBufferPointer) throws(ChannelError) -> ReadStep {
        let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        return try readStep(ctls_session_read(handle, start, bytes.count))
    }

    private func readStep(_ result: Int32) throws(ChannelError) -> ReadStep {
        if result >= 0 { return .bytes(Int(result)) }
        switch result {
        case CTLS_WANT_READ: return .wantRead
        case CTLS_WANT_WRITE: return .wantWrite
        case CTLS_AGAIN: return .again
        case CTLS_CLOSE_NOTIFY: return .closeNotify
        case CTLS_END_OF_STREAM: return .endOfStream
        case CTLS_RESET: throw ChannelError(reason: .peerReset, code: 0)
        default: throw failure
        }
    }

    /// What `look` has found and `take` has not taken, in place.
    public var plainText: UnsafeMutableRawBufferPointer {
        var count = 0
        let start = ctls_session_plain_text(handle, &count)
        return UnsafeMutableRawBufferPointer(start: start, count: count)
    }

    public func take(_ count: Int) { ctls_session_take(handle, count) }

    public func write(_ bytes: UnsafeRawBufferPointer) throws(ChannelError) -> ChannelStep {
        let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let result = ctls_session_write(handle, start, bytes.count)
        if result >= 0 && Int(result) != bytes.count {
            throw ChannelError(reason: .internalFault, code: 0)
        }
        return try step(result)
    }

    public func closeNotify() throws(ChannelError) -> ChannelStep {
        try step(ctls_session_close_notify(handle))
    }

    public func flush() throws(ChannelError) -> ChannelStep { try step(ctls_session_flush(handle)) }

    public func alert(_ description: UInt8) throws(ChannelError) -> ChannelStep {
        try step(ctls_session_alert(handle, description))
    }

    /// Wipes the connection and keeps the session for the next one. False when it cannot be used again.
    public func recycle() -> Bool { ctls_session_recycle(handle) == 0 }

    public var hasInput: Bool { ctls_session_has_input(handle) != 0 }

    // Valid after the handshake.

    public var payloadLimit: Int { ctls_session_payload_limit(handle) }
    public var isResumed: Bool { ctls_session_resumed(handle) != 0 }
    public var versionName: Text { ctls_session_version(handle) == 0x0304 ? "TLSv1.3" : "TLSv1.2" }
    public var applicationProtocol: Text? {
        ctls_session_protocol(handle).map(Text.init(zeroTerminated:))
    }
    /// The name that the client asked for; nil for none.
    public var serverName: Text? {
        var count = 0
        guard let start = ctls_session_server_name(handle, &count), count > 0 else { return nil }
        return Text(start: start, count: count)
    }
    /// The certificates that the client has shown, in DER, one behind the other, its own first; empty when
    /// it showed none. Valid as soon as the client is authorized, as long as the connection lives.
    public var clientChain: UnsafeRawBufferPointer {
        var count = 0
        let start = ctls_session_client_chain(handle, &count)
        return UnsafeRawBufferPointer(start: start, count: count)
    }
    /// Whether the client was authorized without a revocation check, when it was authorized last. Before the
    /// handshake is over the peer has not proven to be that client.
    public var hasSkippedRevocation: Bool { ctls_session_unchecked(handle) != 0 }
    /// Authorizes the client once more: why it may not stay, nil if it may.
    public func reauthorize() -> CloseReason? {
        CloseReason(ofVerdict: ctls_session_authorize(handle))
    }
    public var suiteName: Text { Text(zeroTerminated: ctls_session_suite(handle)) }

    func step(_ result: Int32) throws(ChannelError) -> ChannelStep {
        if result >= 0 { return .done }
        switch result {
        case CTLS_WANT_READ: return .wantRead
        case CTLS_WANT_WRITE: return .wantWrite
        case CTLS_AGAIN: return .again
        case CTLS_RESET: throw ChannelError(reason: .peerReset, code: 0)
        case CTLS_END_OF_STREAM: throw ChannelError(reason: .truncated, code: 0)
        case CTLS_CLOSE_NOTIFY: throw ChannelError(reason: .peerClosed, code: 0)
        default: throw failure
        }
    }

    var failure: ChannelError { ChannelError(ctls_session_failure(handle)) }
}
