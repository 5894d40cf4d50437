// The life of one connection: handshaking, open, closing, lingering, closed. A passive state machine: the
// loop calls advance() when something may have changed, and learns what to wait for. It touches neither
// epoll nor a descriptor. While it is open, each direction ends for itself.

public struct Connection: Sendable {
    public enum Phase: UInt8, Sendable {
        case handshaking
        case open
        /// Our last message, close_notify or an alert, is on its way.
        case closing
        /// All is said; the peer's last bytes are thrown away, so that closing does not reset what it has
        /// yet to read.
        case lingering
    }

    enum LastMessage: UInt8 { case closeNotify, alert, none }
    enum Output: UInt8 { case open, ending, ended }

    public private(set) var phase = Phase.handshaking
    var output = Output.open
    var inputEnded = false
    var closesAfterAnswer = false
    /// An alert of a read has not wholly left: no record can be sealed before.
    var hasPendingAlert = false
    /// The service took nothing of what is unread and waits for more of it.
    var needsMore = false
    /// The service takes input while its output waits. Noted here, since asking a service may copy it.
    var isDuplex = false
    /// The service has a state for it.
    var isServed = false
    var lastMessage = LastMessage.closeNotify
    var alert: UInt8 = 0
    var demand = Turn.Demand()
    var reason = CloseReason.internalFault
    var code: Int32 = 0
    /// Bytes of a record that is sealed in the channel and has not wholly left; 0 for none.
    var unsentBytes: Int32 = 0
    /// Bytes in the service's buffer for what it leaves unread.
    var unreadBytes: Int32 = 0
    var payloadLimit: Int32 = 0
    public internal(set) var bytesIn: UInt64 = 0
    public internal(set) var bytesOut: UInt64 = 0

    public init() {}

    /// A record has not wholly left.
    public var isSending: Bool { unsentBytes > 0 }

    /// Something is on its way, in either direction: the connection is busy, however quiet the socket is.
    public var isInFlight: Bool { isSending || demand.output || isStalled }

    /// The service does not take what the peer sends.
    var isStalled: Bool { phase == .open && !demand.input && !inputEnded }

    /// Its service may not be told of input for the client: the client does not take what was sent before,
    /// or nothing more is sent.
    public var holdsBackOutput: Bool { phase != .open || isSending && demand.output }

    /// Does what can be done now, at most `recordsPerTurn` records. `buffer` holds plain text only while
    /// this runs: all connections share one. It has `Limits.recordBytes` bytes at least.
    public mutating func advance<Channel: SecureChannel & ~Copyable, Provider: Service>(
        over channel: inout Channel, for service: inout Provider, at place: ServicePlace<Provider.State>,
        _ turn: inout Turn, buffer: UnsafeMutableRawBufferPointer, recordsPerTurn: Int
    ) -> Progress {
        do throws(ChannelError) {
            while true {
                let progress: Progress?
                switch phase {
                case .handshaking:
                    progress = try finishHandshake(over: &channel, for: &service, place, &turn)
                case .open:
                    progress = try serve(&service, place, &turn, over: &channel, buffer, recordsPerTurn)
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

    /// Why it ends when the close deadline passes: lingering, all was said in time, and a peer that let one
    /// deadline pass is not blamed for the next; otherwise our close_notify did not get through.
    public var reasonAfterCloseDeadline: CloseReason {
        switch reason {
        case .idleTimeout, .lifetimeExceeded, .stopped, .revoked: reason
        default: phase == .lingering ? reason : .closeTimeout
        }
    }

    // The service

    /// Wakes the service of an open connection; `advance` is called afterwards.
    public mutating func wake<Provider: Service>(
        _ cause: WakeCause, for service: inout Provider, at place: ServicePlace<Provider.State>,
        _ turn: inout Turn
    ) {
        guard phase == .open else { return }
        let wasStalled = isStalled
        turn.demand = demand
        service.wake(cause, &place.state.pointee, &turn)
        settle(turn)
        if wasStalled { needsMore = false }
    }

    /// Ends the service's state. Called once, when the connection is gone.
    public mutating func leave<Provider: Service>(
        _ service: inout Provider, at place: ServicePlace<Provider.State>, because reason: CloseReason
    ) {
        guard isServed else { return }
        isServed = false
        service.close(&place.state.pointee, because: reason)
        place.state.deinitialize(count: 1)
    }

    /// Appends the service's fields of a log line.
    public func describe<Provider: Service>(
        _ service: borrowing Provider, at place: ServicePlace<Provider.State>, to line: inout Line
    ) {
        if isServed { service.describe(place.state.pointee, to: &line) }
    }

    /// Takes over what a service has asked for.
    mutating func settle(_ turn: Turn) {
        demand = turn.demand
        switch turn.ending {
        case .none: return
        case .output:
            guard output == .open else { return }
            output = .ending
            if !inputEnded { reason = .serviceClosed }
        case .close:
            if !inputEnded { reason = .serviceClosed }
            closesAfterAnswer = true
        case .alert(let description, let end): close(after: .alert, description, end)
        case .abort(let end): close(after: .none, 0, end)
        }
        demand.output = false
    }

    private mutating func close(after message: LastMessage, _ description: UInt8, _ end: ChannelError) {
        closesAfterAnswer = true
        lastMessage = message
        alert = description
        reason = end.reason
        code = end.code
    }

    // The steps of the phases return nil when the phase has changed and the next one can start at once.

    private mutating func finishHandshake<Channel: SecureChannel & ~Copyable, Provider: Service>(
        over channel: inout Channel, for service: inout Provider, _ place: ServicePlace<Provider.State>,
        _ turn: inout Turn
    ) throws(ChannelError) -> Progress? {
        switch try channel.handshake() {
        case .wantRead: return .waiting(.readable)
        case .wantWrite: return .waiting(.writable)
        case .again: return .again
        case .done:
            payloadLimit = Int32(channel.payloadLimit)
            phase = .open
            open(&service, place, &turn)
            return nil
        }
    }

    private mutating func open<Provider: Service>(
        _ service: inout Provider, _ place: ServicePlace<Provider.State>, _ turn: inout Turn
    ) {
        isDuplex = service.isDuplex
        if let state = service.open(&turn) {
            place.state.initialize(to: state)
            isServed = true
        } else if case .none = turn.ending {
            turn.fail(alert: Alert.accessDenied, .refusedByService)
        }
        settle(turn)
    }

    private mutating func serve<Channel: SecureChannel & ~Copyable, Provider: Service>(
        _ service: inout Provider, _ place: ServicePlace<Provider.State>, _ turn: inout Turn,
        over channel: inout Channel, _ buffer: UnsafeMutableRawBufferPointer, _ recordsPerTurn: Int
    ) throws(ChannelError) -> Progress? {
        let room = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(Int(payloadLimit), buffer.count)])
        var budget = recordsPerTurn
        var outputBudget = recordsPerTurn
        var mayReceive = true
        turn.demand = demand
        turn.answerWait = nil
        while phase == .open {
            var wait = Progress.waiting(.nothing)
            if let step = try finishOutput(&service, place, &turn, over: &channel, room, &outputBudget) {
                guard isDuplex else { return step }
                // However much goes out, what comes in has its turn.
                wait = step
            }
            guard phase == .open else { break }
            guard demand.input, !inputEnded, !closesAfterAnswer else { return wait }
            if budget == 0 {
                let hasMore = channel.hasBufferedInput || unreadBytes > 0 && !needsMore
                return wait.joined(with: hasMore ? .again : .waiting(.readable))
            }
            if let step = try offer(&service, place, &turn, over: &channel, room, &mayReceive) {
                return wait.joined(with: step)
            }
            if let wait = turn.answerWait { return wait }
            budget -= 1
        }
        return nil
    }

    // Output

    /// Nil when nothing is on its way out and the service has nothing more to send.
    private mutating func finishOutput<Channel: SecureChannel & ~Copyable, Provider: Service>(
        _ service: inout Provider, _ place: ServicePlace<Provider.State>, _ turn: inout Turn,
        over channel: inout Channel, _ room: UnsafeMutableRawBufferPointer, _ budget: inout Int
    ) throws(ChannelError) -> Progress? {
        if unsentBytes > 0 {
            // The channel does not look at the bytes again, so any will do.
            let sealed = UnsafeRawBufferPointer(start: room.baseAddress, count: Int(unsentBytes))
            if let wait = try send(sealed, over: &channel) { return wait }
        }
        if hasPendingAlert {
            if let wait = Progress(waitingFor: try channel.flush()) { return wait }
            hasPendingAlert = false
        }
        while demand.output, output == .open, !closesAfterAnswer {
            if budget == 0 { return .again }
            budget -= 1
            let bytes = room.octets
            var span = bytes.mutableSpan
            let count = service.send(&span, &place.state.pointee, &turn)
            settle(turn)
            precondition(count >= 0 && count <= room.count, "an answer outside of the buffer")
            if let wait = try send(UnsafeRawBufferPointer(rebasing: room[..<count]), over: &channel) {
                return wait
            }
        }
        if closesAfterAnswer {
            phase = .closing
        } else if output == .ending {
            if let wait = Progress(waitingFor: try channel.closeNotify()) { return wait }
            output = .ended
            if inputEnded { return .closed(ChannelError(reason: reason, code: 0)) }
        }
        return nil
    }

    mutating func send<Channel: SecureChannel & ~Copyable>(
        _ bytes: UnsafeRawBufferPointer, over channel: inout Channel
    ) throws(ChannelError) -> Progress? {
        guard bytes.count > 0 else { return nil }
        unsentBytes = Int32(bytes.count)
        if let wait = Progress(waitingFor: try channel.write(bytes)) { return wait }
        bytesOut += UInt64(widening: bytes.count)
        unsentBytes = 0
        return nil
    }

    // The end

    private mutating func finishClosing<Channel: SecureChannel & ~Copyable>(
        over channel: inout Channel
    ) throws(ChannelError) -> Progress? {
        do throws(ChannelError) {
            let step: ChannelStep =
                switch lastMessage {
                case .closeNotify: output == .ended ? .done : try channel.closeNotify()
                case .alert: try channel.alert(alert)
                case .none: try channel.flush()
                }
            if let wait = Progress(waitingFor: step) { return wait }
        } catch {
            // The peer did not wait for our last message. It ends for the reason for which it was closing.
            return .closed(ChannelError(reason: reason, code: code))
        }
        guard !inputEnded || lastMessage != .closeNotify else {
            return .closed(ChannelError(reason: reason, code: code))
        }
        channel.endWrites()
        phase = .lingering
        return nil
    }

    private mutating func linger<Channel: SecureChannel & ~Copyable>(over channel: inout Channel) -> Progress
    {
        switch channel.discardInput() {
        case .wantRead: .waiting(.readable)
        case .more: .again
        case .end: .closed(ChannelError(reason: reason, code: code))
        }
    }
}
