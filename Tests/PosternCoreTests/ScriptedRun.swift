// Turns of one connection over a scripted channel, as the server's loop would run them. After each turn it
// checks what holds for every connection, whatever the script.

import PosternCore

final class ScriptedRun<Provider: Service> {
    private(set) var connection = Connection()
    private(set) var channel: ScriptedChannel
    private(set) var turns = 0
    private(set) var end: ChannelError?
    /// Why the connection left the phase open, if the server said so.
    private(set) var closedByServer: CloseReason?
    private var service: Provider
    private let recordsPerTurn: Int
    private let buffer: UnsafeMutableRawBufferPointer
    private let garbage: UnsafeMutableRawBufferPointer
    private let place: ServicePlace<Provider.State>
    private let unread: UnsafeMutableRawBufferPointer
    private let state: UnsafeMutablePointer<Provider.State>
    var nowMilliseconds: Int64 = 0
    /// What the service asked for last.
    private(set) var wakeAtMilliseconds: Int64?
    private(set) var watched: WatchRequest?
    private var ownFaults: [String] = []

    init(_ script: Script, _ service: Provider, recordsPerTurn: Int = 8) {
        self.service = service
        self.recordsPerTurn = recordsPerTurn
        buffer = .allocate(byteCount: Limits.recordBytes, alignment: 16)
        garbage = .allocate(byteCount: Limits.recordBytes, alignment: 16)
        garbage.initializeMemory(as: UInt8.self, repeating: 0xA5)
        channel = ScriptedChannel(script)
        unread = .allocate(byteCount: service.unreadLimit, alignment: 1)
        state = .allocate(capacity: 1)
        place = ServicePlace(state: state, unread: unread)
    }

    deinit {
        leave()
        channel.free()
        unread.deallocate()
        state.deallocate()
        buffer.deallocate()
        garbage.deallocate()
    }

    var faults: [String] { channel.faults + ownFaults }

    /// One turn. Afterwards another connection's plain text is in the buffer.
    @discardableResult
    func turn() -> Progress {
        turns += 1
        let callsBefore = channel.calls.count
        let piecesBefore = channel.received.count
        var turn = makeTurn()
        let progress = connection.advance(
            over: &channel, for: &service, at: place, &turn, buffer: buffer, recordsPerTurn: recordsPerTurn)
        note(turn)
        buffer.copyMemory(from: UnsafeRawBufferPointer(garbage))
        let records = channel.received.count - piecesBefore
        if records > recordsPerTurn { ownFaults.append("\(records) records in a turn") }
        let hasTaken = channel.received.count > piecesBefore
        if !service.isDuplex, channel.calls.count == callsBefore, !hasTaken {
            ownFaults.append("a turn without a call")
        }
        check(progress, records)
        return progress
    }

    /// Runs until the connection has closed, or for so many turns that it never will.
    func run(turnLimit: Int = 10_000) {
        while end == nil, turns < turnLimit { turn() }
        if end == nil { ownFaults.append("not closed after \(turns) turns") }
    }

    /// Wakes the service; a turn should follow.
    func wake(_ cause: WakeCause) {
        if case .time = cause { wakeAtMilliseconds = nil }
        var turn = makeTurn()
        connection.wake(cause, for: &service, at: place, &turn)
        note(turn)
    }

    /// Ends the service's state, as the table does with a connection that has closed.
    func leave() { connection.leave(&service, at: place, because: end?.reason ?? .internalFault) }

    private func makeTurn() -> Turn {
        Turn(nowMilliseconds: nowMilliseconds, buffer.baseAddress!) { _, result in
            result.assumingMemoryBound(to: ClientInfo?.self).pointee = .forTests
        }
    }

    private func note(_ turn: Turn) {
        switch turn.wakeRequest {
        case .at(let due): wakeAtMilliseconds = due
        case .never: wakeAtMilliseconds = nil
        case nil: break
        }
        if let request = turn.watchRequest { watched = request.descriptor < 0 ? nil : request }
    }

    func close(because reason: CloseReason) {
        if connection.phase == .open { closedByServer = reason }
        connection.close(because: reason)
    }

    private func check(_ progress: Progress, _ records: Int) {
        // A service for both directions pauses them, and is told of what happens elsewhere.
        if service.isDuplex {
            if case .closed(let failure) = progress { end = failure }
            return
        }
        switch progress {
        case .waiting(let interest) where interest == .writable:
            if channel.wanted != .writable { ownFaults.append("waits for room without having asked for it") }
        case .waiting:
            // Or else it would wait for what is already there.
            if channel.wanted != .readable,
                channel.hasBufferedInput || channel.wanted != nil || channel.wantsMore
            {
                ownFaults.append("waits for input that lies in the channel")
            }
        case .again where channel.wantsMore:
            break
        case .again:
            switch connection.phase {
            case .open:
                if records != recordsPerTurn || !channel.hasBufferedInput {
                    ownFaults.append("again without need")
                }
            case .lingering:
                if channel.calls.last != .discardInput || channel.wanted != nil {
                    ownFaults.append("again without need")
                }
            case .handshaking, .closing:
                ownFaults.append("again in \(connection.phase)")
            }
        case .closed(let failure):
            end = failure
        }
        let sum = channel.received.reduce(0) { sum, piece in sum + piece.count }
        if connection.bytesIn != UInt64(sum) {
            ownFaults.append("bytesIn \(connection.bytesIn), not \(sum)")
        }
        let sentSum = channel.sent.reduce(0) { sum, record in sum + record.count }
        if connection.bytesOut != UInt64(sentSum) {
            ownFaults.append("bytesOut \(connection.bytesOut), not \(sentSum)")
        }
    }
}

extension ClientInfo {
    static let nowhere = IPEndpoint(isIPv6: false, bytes: InlineArray(repeating: 0), port: 0)
    static var forTests: ClientInfo {
        ClientInfo(
            peer: nowhere, local: nowhere, version: "TLSv1.3", suite: "-", applicationProtocol: nil,
            serverName: nil, isResumed: false, certificates: UnsafeRawBufferPointer(start: nil, count: 0))
    }
}
