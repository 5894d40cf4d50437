// The service that forwards: what a TLS client sends goes to a plain service, and the other way round. It
// has no buffer of its own. What the plain service does not take stays in the record where it was decrypted;
// what it sends is received into the buffer that the next record is sealed from.

public struct Forwarding<Sockets: Backends>: Service {
    public struct State {
        var descriptor: Int32 = -1
        /// Addresses that were not tried yet, and those that had no room, a bit each.
        var untried: UInt32 = 0
        var busy: UInt32 = 0
        var address: UInt8 = 0
        var isConnected = false
        /// The plain service was not told yet who its client is.
        var owesHeader = false
        var clientEnded = false
        var serviceEnded = false
        /// The plain service takes no more for now.
        var awaitsRoom = false
        /// Why the last address could not be connected to.
        var error: Int32 = 0
        var openedAtMilliseconds: Int64 = 0

        public init() {}
    }

    /// How forwarding treats its connections.
    public struct Rules: Sendable {
        public var sendsHeader: Bool
        public var acceptsMissingCloseNotify: Bool
        /// For each address that is tried.
        public var connectMilliseconds: Int

        public init(sendsHeader: Bool, acceptsMissingCloseNotify: Bool, connectMilliseconds: Int) {
            self.sendsHeader = sendsHeader
            self.acceptsMissingCloseNotify = acceptsMissingCloseNotify
            self.connectMilliseconds = connectMilliseconds
        }
    }

    public var sockets: Sockets
    private let rules: Rules
    /// Until when an address that has failed is tried after the others.
    private var avoidedUntilMilliseconds = InlineArray<32, Int64>(repeating: 0)

    public init(_ sockets: Sockets, _ rules: Rules) {
        self.sockets = sockets
        self.rules = rules
    }

    public var isDuplex: Bool { true }
    public var acceptsMissingCloseNotify: Bool { rules.acceptsMissingCloseNotify }

    // Connecting

    public mutating func open(_ turn: inout Turn) -> State? {
        let addresses = sockets.addresses(for: turn.client.serverName)
        guard addresses != 0 else {
            turn.fail(alert: Alert.unrecognizedName, .unknownName)
            return nil
        }
        var state = State()
        state.untried = addresses
        state.openedAtMilliseconds = turn.nowMilliseconds
        turn.pauseInput()
        connect(&state, &turn)
        return state
    }

    /// Begins with the next address, or ends the connection where there is none.
    private mutating func connect(_ state: inout State, _ turn: inout Turn) {
        state.descriptor = -1
        while state.untried != 0 {
            let address = next(state.untried, turn.nowMilliseconds)
            state.untried &= ~(1 &<< UInt32(address))
            state.address = UInt8(address)
            switch sockets.connect(address) {
            case .connecting(let descriptor):
                state.descriptor = descriptor
                turn.watch(descriptor, for: .writable)
                turn.wake(afterMilliseconds: rules.connectMilliseconds)
                return
            case .busy(let code):
                state.busy |= 1 &<< UInt32(address)
                state.error = code
            case .failed(let code):
                fail(code, &state, turn)
            }
        }
        let waited = turn.nowMilliseconds - state.openedAtMilliseconds
        if state.busy != 0, waited < Int64(widening: rules.connectMilliseconds) {
            state.untried = state.busy
            state.busy = 0
            turn.wake(afterMilliseconds: Limits.busyBackendMilliseconds)
        } else {
            turn.fail(alert: Alert.internalError, .backendUnavailable)
        }
    }

    /// The first address that has not failed lately, else the first.
    private func next(_ addresses: UInt32, _ now: Int64) -> Int {
        var left = addresses
        while left != 0 {
            let address = left.trailingZeroBitCount
            if avoidedUntilMilliseconds[address] <= now { return address }
            left &= left - 1
        }
        return addresses.trailingZeroBitCount
    }

    private mutating func fail(_ code: Int32, _ state: inout State, _ turn: Turn) {
        state.error = code
        let address = Int(state.address)
        avoidedUntilMilliseconds[address] =
            turn.nowMilliseconds + Int64(widening: Limits.avoidedBackendMilliseconds)
    }

    private mutating func tryNext(_ code: Int32, _ state: inout State, _ turn: inout Turn) {
        turn.endWatch()
        sockets.close(state.descriptor, resets: true)
        fail(code, &state, turn)
        connect(&state, &turn)
    }

    public mutating func wake(_ cause: WakeCause, _ state: inout State, _ turn: inout Turn) {
        switch cause {
        case .time:
            if state.isConnected {
                sendHeader(&state, &turn)
            } else if state.descriptor < 0 {
                connect(&state, &turn)
            } else {
                tryNext(Sockets.timedOut, &state, &turn)
            }
        case .descriptor(let isReadable, let isWritable):
            if state.isConnected {
                if isReadable, !state.serviceEnded { turn.stream() }
                if isWritable, state.awaitsRoom { resume(&state, &turn) }
            } else if isWritable, state.descriptor >= 0 {
                finishConnecting(&state, &turn)
            }
        }
    }

    private mutating func finishConnecting(_ state: inout State, _ turn: inout Turn) {
        let error = sockets.connectError(state.descriptor)
        guard error == 0 else { return tryNext(error, &state, &turn) }
        state.isConnected = true
        state.error = 0
        avoidedUntilMilliseconds[Int(state.address)] = 0
        state.owesHeader = rules.sendsHeader
        if state.owesHeader {
            turn.wake(afterMilliseconds: Limits.proxyHeaderMilliseconds)
        } else {
            turn.cancelWake()
        }
        turn.watch(state.descriptor, for: .readable)
        turn.resumeInput()
    }

    // From the client to the service

    public mutating func receive(
        _ input: inout MutableSpan<UInt8>, _ output: inout MutableSpan<UInt8>, _ state: inout State,
        _ turn: inout Turn
    ) -> Answer {
        let count = input.count
        let step = input.withUnsafeBytes { bytes in
            state.owesHeader ? sendHeader(with: bytes, &state, turn) : sockets.send(state.descriptor, bytes)
        }
        var sent = 0
        switch step {
        case .bytes(let taken): sent = taken
        case .wouldBlock: break
        case .end, .reset:
            turn.abort(.backendReset)
            return .nothing
        }
        guard sent < count else { return .nothing }
        turn.leaveUnread(count - sent)
        turn.pauseInput()
        state.awaitsRoom = true
        turn.watch(state.descriptor, for: state.serviceEnded ? .writable : .both)
        return .nothing
    }

    private func resume(_ state: inout State, _ turn: inout Turn) {
        state.awaitsRoom = false
        turn.watch(state.descriptor, for: state.serviceEnded ? .nothing : .readable)
        turn.resumeInput()
    }

    public mutating func receiveEnd(
        _ input: inout MutableSpan<UInt8>, _ output: inout MutableSpan<UInt8>, _ state: inout State,
        _ turn: inout Turn
    ) -> Answer {
        state.clientEnded = true
        if state.owesHeader { sendHeader(&state, &turn) }
        sockets.endWrites(state.descriptor)
        return .nothing
    }

    // The header

    private func sendHeader(_ state: inout State, _ turn: inout Turn) {
        guard state.owesHeader else { return }
        switch sendHeader(with: UnsafeRawBufferPointer(start: nil, count: 0), &state, turn) {
        case .bytes: break
        case .wouldBlock, .end, .reset: turn.abort(.backendReset)
        }
    }

    /// Sends the header and what stands behind it. How many of the bytes behind it were taken: a socket that
    /// is new has room for the header.
    private func sendHeader(
        with bytes: UnsafeRawBufferPointer, _ state: inout State, _ turn: Turn
    ) -> StreamStep {
        var header = InlineArray<1024, UInt8>(repeating: 0)
        let descriptor = state.descriptor
        let (step, length) = withUnsafeMutableBytes(of: &header) { header in
            let length = sockets.writeHeader(turn.client, into: header)
            return (
                sockets.send(descriptor, UnsafeRawBufferPointer(rebasing: header[..<length]), bytes), length
            )
        }
        state.owesHeader = false
        guard case .bytes(let sent) = step, sent >= length else { return .reset }
        return .bytes(sent - length)
    }

    // From the service to the client

    public mutating func send(
        _ output: inout MutableSpan<UInt8>, _ state: inout State, _ turn: inout Turn
    ) -> Int {
        let room = output.count
        let descriptor = state.descriptor
        let sockets = sockets
        switch output.withUnsafeMutableBytes({ bytes in sockets.receive(descriptor, into: bytes) }) {
        case .bytes(let count):
            // The socket is empty; the poller tells when there is more.
            if count < room { turn.pauseOutput() }
            return count
        case .wouldBlock:
            turn.pauseOutput()
        case .end:
            state.serviceEnded = true
            turn.watch(descriptor, for: state.awaitsRoom ? .writable : .nothing)
            turn.endOutput()
        case .reset:
            turn.abort(.backendReset)
        }
        return 0
    }

    // The end

    /// The service sees a clean end where its client has said one, and else a reset.
    public mutating func close(_ state: inout State, because reason: CloseReason) {
        guard state.descriptor >= 0 else { return }
        sockets.close(state.descriptor, resets: !state.clientEnded)
    }

    public func describe(_ state: borrowing State, to line: inout Line) {
        sockets.describe(
            Int(state.address), state.isConnected ? state.descriptor : -1, error: state.error, to: &line)
    }
}
