// The life of one connection: handshaking, open, closing, lingering, closed. A passive state machine: the
// loop calls advance() when something may have changed, and learns what to wait for. It touches neither
// epoll nor a descriptor.

public struct Connection: Sendable {
    public enum Phase: UInt8, Sendable {
        case handshaking
        case open
        /// close_notify is on its way.
        case closing
        /// All is said; the peer's last bytes are thrown away, so that closing does not reset what it has
        /// yet to read.
        case lingering
    }

    public private(set) var phase = Phase.handshaking
    public private(set) var bytesIn: UInt64 = 0
    public private(set) var bytesOut: UInt64 = 0
    private var reason = CloseReason.internalFault
    private var peerEnded = false
    private var closesAfterAnswer = false
    /// Bytes of an answer that is sealed in the channel and has not wholly left; 0 for none.
    private var unsentBytes = 0
    private var payloadLimit = 0

    public init() {}

    /// Does what can be done now, at most `recordsPerTurn` records. `buffer` holds plain text only while
    /// this runs: all connections share one. It has `Limits.recordBytes` bytes at least.
    public mutating func advance<Channel: SecureChannel & ~Copyable, Provider: Service>(
        over channel: inout Channel, for service: inout Provider,
        buffer: UnsafeMutableRawBufferPointer, recordsPerTurn: Int
    ) -> Progress {
        do throws(ChannelError) {
            while true {
                let progress: Progress?
                switch phase {
                case .handshaking: progress = try finishHandshake(over: &channel)
                case .open: progress = try serve(&service, over: &channel, buffer, recordsPerTurn)
                case .closing: progress = try finishClosing(over: &channel)
                case .lingering: return linger(over: &channel)
                }
                if let progress { return progress }
            }
        } catch {
            return .closed(error)
        }
    }

    /// Starts to close an open connection for a reason of the server's. One that is closing already goes on
    /// as it does.
    public mutating func close(because reason: CloseReason) {
        guard phase == .open else { return }
        self.reason = reason
        phase = .closing
    }

    /// An answer has not wholly left.
    public var isSending: Bool { unsentBytes > 0 }

    /// Why it ends when the close deadline passes: lingering, all was said in time, and a peer that let one
    /// deadline pass is not blamed for the next; otherwise our close_notify did not get through.
    public var reasonAfterCloseDeadline: CloseReason {
        switch reason {
        case .idleTimeout, .lifetimeExceeded, .stopped, .revoked: reason
        default: phase == .lingering ? reason : .closeTimeout
        }
    }

    // The steps of the phases return nil when the phase has changed and the next one can start at once.

    private mutating func finishHandshake<Channel: SecureChannel & ~Copyable>(
        over channel: inout Channel
    ) throws(ChannelError) -> Progress? {
        switch try channel.handshake() {
        case .wantRead: return .waiting(.readable)
        case .wantWrite: return .waiting(.writable)
        case .again: return .again
        case .done:
            payloadLimit = channel.payloadLimit
            phase = .open
            return nil
        }
    }

    private mutating func serve<Channel: SecureChannel & ~Copyable, Provider: Service>(
        _ service: inout Provider, over channel: inout Channel,
        _ buffer: UnsafeMutableRawBufferPointer, _ recordsPerTurn: Int
    ) throws(ChannelError) -> Progress? {
        if unsentBytes > 0 {
            // The channel does not look at the bytes again, so any will do.
            let sealed = UnsafeRawBufferPointer(start: buffer.baseAddress, count: unsentBytes)
            if let wait = try send(sealed, over: &channel) { return wait }
        }
        let room = min(payloadLimit, buffer.count)
        let headroom = service.headroom
        let target = UnsafeMutableRawBufferPointer(
            rebasing: buffer[headroom..<min(headroom + service.maximum, room)])
        var records = 0
        while phase == .open {
            if records == recordsPerTurn { return channel.hasBufferedInput ? .again : .waiting(.readable) }
            switch try channel.read(into: target) {
            case .wantRead: return .waiting(.readable)
            case .wantWrite: return .waiting(.writable)
            case .again: return .again
            case .closeNotify: peerHasEnded(.peerClosed)
            case .endOfStream: peerHasEnded(.peerVanished)
            case .bytes(let count):
                records += 1
                bytesIn += UInt64(widening: count)
                let received = headroom..<headroom + count
                if let wait = try deliver(received, to: &service, over: &channel, buffer, room) {
                    return wait
                }
                if phase == .open && !channel.hasBufferedInput { return .waiting(.readable) }
            }
        }
        return nil
    }

    /// Nil when the answer, if there is one, has left.
    private mutating func deliver<Channel: SecureChannel & ~Copyable, Provider: Service>(
        _ received: Range<Int>, to service: inout Provider, over channel: inout Channel,
        _ buffer: UnsafeMutableRawBufferPointer, _ room: Int
    ) throws(ChannelError) -> Progress? {
        guard !received.isEmpty else { return nil }
        let start = buffer.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self)
        let whole = UnsafeMutableBufferPointer(start: start, count: room)
        var bytes = whole.mutableSpan
        let answer: Range<Int>
        switch service.answer(&bytes, received: received) {
        case .nothing: return nil
        case .bytes(let range): answer = range
        case .lastBytes(let range):
            answer = range
            closesAfterAnswer = true
        }
        precondition(answer.lowerBound >= 0 && answer.upperBound <= room, "an answer outside of the buffer")
        return try send(UnsafeRawBufferPointer(rebasing: buffer[answer]), over: &channel)
    }

    private mutating func send<Channel: SecureChannel & ~Copyable>(
        _ bytes: UnsafeRawBufferPointer, over channel: inout Channel
    ) throws(ChannelError) -> Progress? {
        if bytes.count > 0 {
            unsentBytes = bytes.count
            switch try channel.write(bytes) {
            case .wantRead: return .waiting(.readable)
            case .wantWrite: return .waiting(.writable)
            case .again: return .again
            case .done: break
            }
            bytesOut += UInt64(widening: bytes.count)
            unsentBytes = 0
        }
        if closesAfterAnswer { close(because: .serviceClosed) }
        return nil
    }

    private mutating func peerHasEnded(_ reason: CloseReason) {
        peerEnded = true
        close(because: reason)
    }

    private mutating func finishClosing<Channel: SecureChannel & ~Copyable>(
        over channel: inout Channel
    ) throws(ChannelError) -> Progress? {
        let step: ChannelStep
        do throws(ChannelError) {
            step = try channel.closeNotify()
        } catch {
            // The peer did not wait for our close_notify. It ends for the reason for which it was closing.
            return .closed(ChannelError(reason: reason, code: 0))
        }
        switch step {
        case .wantRead: return .waiting(.readable)
        case .wantWrite: return .waiting(.writable)
        case .again: return .again
        case .done:
            guard !peerEnded else { return .closed(ChannelError(reason: reason, code: 0)) }
            channel.endWrites()
            phase = .lingering
            return nil
        }
    }

    private mutating func linger<Channel: SecureChannel & ~Copyable>(over channel: inout Channel) -> Progress
    {
        switch channel.discardInput() {
        case .wantRead: .waiting(.readable)
        case .more: .again
        case .end: .closed(ChannelError(reason: reason, code: 0))
        }
    }
}

/// What a connection waits for after a turn.
public enum Progress: Sendable {
    case waiting(Interest)
    /// It has more to do at once, after the others had their turn.
    case again
    case closed(ChannelError)
}

public enum Interest: UInt8, Sendable {
    case readable
    case writable
}
