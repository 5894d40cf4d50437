// All connections: a slot for each, the TLS channel that it borrows, its deadlines, and the queue of those
// that have more to do. The acceptor opens them, the loop hands over events and calls the phases; nobody
// else touches a connection. No call waits.

import PosternCore
import PosternLinux
import PosternTLS

struct ConnectionTable<Provider: Service>: ~Copyable {
    var slots: SlotPool<ConnectionSlot>
    var channels: SlotPool<ChannelSlot>
    var deadlines: Deadlines
    private var queue: SlotQueue
    /// Plain text, of whichever connection has its turn.
    private let buffer: UnsafeMutableRawBufferPointer
    var service: Provider
    /// The service's memory for each connection.
    let servicePlaces: ServicePlaces<Provider.State>
    /// Whose service wants to be woken.
    var wakes: WakeQueue
    private let recordsPerTurn: Int
    /// Clients from there send a PROXY header.
    let proxyFrom: FixedList<4, Network>
    /// Something was done in this turn that costs time, a step of a handshake or a client authorized again.
    /// There is one such thing between two looks at the sockets.
    var hasPaid = false
    var reauthorization = Reauthorization()
    /// The server stops: who is quiet is sent close_notify.
    var isDraining = false

    /// Takes its memory off the region, which the plan has found large enough.
    init(_ config: Config, _ service: Provider, _ memory: inout MemoryRegion) {
        let count = config.connections
        slots = SlotPool(slots: memory.take(count).unsafelyUnwrapped, capacity: count)
        channels = SlotPool(slots: memory.take(count).unsafelyUnwrapped, capacity: count)
        deadlines = Deadlines(
            links: memory.take(count * Deadlines.linksPerConnection).unsafelyUnwrapped, config)
        queue = SlotQueue(places: memory.take(count).unsafelyUnwrapped, capacity: count)
        let bytes: UnsafeMutablePointer<UInt8> = memory.take(Limits.recordBytes).unsafelyUnwrapped
        buffer = UnsafeMutableRawBufferPointer(start: bytes, count: Limits.recordBytes)
        self.service = service
        servicePlaces = ServicePlaces(
            states: memory.take(count).unsafelyUnwrapped,
            unread: memory.take(count * service.unreadLimit).unsafelyUnwrapped,
            unreadLimit: service.unreadLimit)
        wakes = WakeQueue(places: memory.take(count).unsafelyUnwrapped)
        recordsPerTurn = config.turn.records
        proxyFrom = config.forward.proxyFrom
    }

    var openCount: Int { slots.used }
    var capacity: Int { slots.capacity }
    var isFull: Bool { slots.isFull }

    /// When the loop is wanted again: at once where a connection has more to do, never if nil.
    mutating func dueMilliseconds(_ now: Int64) -> Int64? {
        if queue.count > 0 || reauthorization.isUnderWay { return now }
        return earliest(deadlines.nextDeadlineMilliseconds(now), wakes.dueMilliseconds)
    }

    // Open

    /// Takes over a socket. The table is not full.
    mutating func open(
        _ descriptor: Int32, _ peer: PeerAddress, with credentials: borrowing Credentials,
        _ poller: borrowing Poller, _ log: inout ServerLog, atMilliseconds now: Int64
    ) {
        log.countAccepted()
        // There are as many channels as slots.
        let slot = slots.take().unsafelyUnwrapped
        let channel = channels.take().unsafelyUnwrapped
        slots.pointer(to: slot).initialize(
            to: ConnectionSlot(
                connection: Connection(), peer: peer, descriptor: descriptor, watched: -1,
                watchedInterest: .nothing, watchedNow: .nothing, channel: channel,
                channelPlace: channels.pointer(to: channel), acceptedAtMilliseconds: now,
                interest: .readable,
                proxyHeaderBytes: sendsProxyHeader(peer) ? 0 : -1, local: nil, isQueued: false))
        do throws(ChannelError) {
            try channels.pointer(to: channel).begin(
                descriptor, context: credentials.context, identity: credentials.store.identity)
        } catch {
            return close(slot, error, &log, atMilliseconds: now)
        }
        do throws(SystemError) {
            try poller.add(descriptor, .readable, token(of: slot))
        } catch {
            let end = ChannelError(reason: .internalFault, code: error.code)
            return close(slot, end, &log, atMilliseconds: now)
        }
        deadlines.start(.handshake, of: slot, atMilliseconds: now)
        deadlines.start(.lifetime, of: slot, atMilliseconds: now)
    }

    // Advance

    /// The socket of a connection is ready, unless the connection closed earlier in the turn.
    mutating func handle(
        _ event: PollEvent, slot: Int, generation: UInt32, _ poller: borrowing Poller,
        _ log: inout ServerLog, atMilliseconds now: Int64
    ) {
        guard slots.isUsed(slot), slots.generation(of: slot) == generation else { return }
        let place = slots.pointer(to: slot)
        if event.isReadable { place.pointee.channelPlace.pointee.markReadable() }
        // Nobody reads or writes who would be told.
        if event.isBroken, place.pointee.interest == .nothing {
            let end = ChannelError(reason: .peerReset, code: 0)
            return close(slot, end, &log, atMilliseconds: now)
        }
        guard !place.pointee.isQueued else { return }
        // Handshakes come in the order in which they became ready.
        if place.pointee.connection.phase == .handshaking {
            enqueue(slot)
        } else {
            advance(slot, poller, &log, atMilliseconds: now)
        }
    }

    /// Everybody in the queue, but one step that costs time; authorizing clients again comes first.
    mutating func advanceQueued(
        _ poller: borrowing Poller, _ log: inout ServerLog, atMilliseconds now: Int64
    ) {
        hasPaid = reauthorizeNext(poller, &log, atMilliseconds: now)
        // Slots that queue up again meanwhile wait for the next turn.
        for _ in 0..<queue.count {
            guard let slot = queue.popFirst() else { return }
            // Closed meanwhile, or closed and taken again.
            guard slots.isUsed(slot), slots.pointer(to: slot).pointee.isQueued else { continue }
            let place = slots.pointer(to: slot)
            place.pointee.isQueued = false
            if hasPaid, place.pointee.connection.phase == .handshaking {
                enqueue(slot)
            } else {
                advance(slot, poller, &log, atMilliseconds: now)
            }
        }
    }

    mutating func enqueue(_ slot: Int) {
        slots.pointer(to: slot).pointee.isQueued = true
        queue.append(slot)
    }

    private mutating func advance(
        _ slot: Int, _ poller: borrowing Poller, _ log: inout ServerLog, atMilliseconds now: Int64
    ) {
        var turn = turn(of: slot, atMilliseconds: now)
        advance(slot, &turn, poller, &log, atMilliseconds: now)
    }

    func turn(of slot: Int, atMilliseconds now: Int64) -> Turn {
        Turn(nowMilliseconds: now, slots.pointer(to: slot), describe: describeClient)
    }

    mutating func advance(
        _ slot: Int, _ turn: inout Turn, _ poller: borrowing Poller, _ log: inout ServerLog,
        atMilliseconds now: Int64
    ) {
        let place = slots.pointer(to: slot)
        if place.pointee.proxyHeaderBytes >= 0 {
            guard takeProxyHeader(of: slot, &log, atMilliseconds: now) else { return }
        }
        guard var channel = place.pointee.channelPlace.channel else {
            preconditionFailure("a connection without a session")
        }
        let phase = place.pointee.connection.phase
        let bytes = place.pointee.connection.bytesIn &+ place.pointee.connection.bytesOut
        // Read before the service is lent out: while it is, the compiler would copy the table to read them.
        let (servicePlace, buffer, recordsPerTurn) = (servicePlaces[slot], self.buffer, self.recordsPerTurn)
        let progress = place.pointee.connection.advance(
            over: &channel, for: &service, at: servicePlace, &turn, buffer: buffer,
            recordsPerTurn: recordsPerTurn)
        if place.pointee.connection.phase != phase {
            if phase == .handshaking { log.countHandshake(channel.session, atMilliseconds: now) }
            startDeadline(slot, place.pointee.connection.phase, atMilliseconds: now)
        } else if place.pointee.connection.bytesIn &+ place.pointee.connection.bytesOut != bytes {
            startDeadline(slot, phase, atMilliseconds: now)
        }
        if turn.hasRequests || place.pointee.watched >= 0 {
            guard fulfill(turn, of: slot, poller, &log, atMilliseconds: now) else { return }
        }
        switch progress {
        case .waiting(let interest):
            guard place.pointee.interest != interest else { return }
            place.pointee.interest = interest
            poller.change(place.pointee.descriptor, to: interest, token(of: slot))
        case .again:
            if phase == .handshaking { hasPaid = true }
            enqueue(slot)
        case .closed(let end):
            if phase == .handshaking { hasPaid = true }
            close(slot, end, &log, atMilliseconds: now)
        }
    }

    private mutating func startDeadline(
        _ slot: Int, _ phase: Connection.Phase, atMilliseconds now: Int64
    ) {
        let kind: DeadlineKind =
            switch phase {
            case .handshaking: .handshake
            case .open: .idle
            case .closing, .lingering: .close
            }
        deadlines.start(kind, of: slot, atMilliseconds: now)
    }

    func token(of slot: Int) -> Token {
        .connection(slot: slot, generation: slots.generation(of: slot))
    }

    // Close

    /// Starts to close an open connection.
    @inline(never)
    mutating func beginClosing(
        _ slot: Int, _ reason: CloseReason, _ poller: borrowing Poller, _ log: inout ServerLog,
        atMilliseconds now: Int64
    ) {
        let place = slots.pointer(to: slot)
        place.pointee.connection.close(because: reason)
        startDeadline(slot, place.pointee.connection.phase, atMilliseconds: now)
        if !place.pointee.isQueued { advance(slot, poller, &log, atMilliseconds: now) }
    }

    mutating func closeAll(because reason: CloseReason, _ log: inout ServerLog, atMilliseconds now: Int64) {
        for slot in 0..<slots.touched where slots.isUsed(slot) {
            close(slot, ChannelError(reason: reason, code: 0), &log, atMilliseconds: now)
        }
    }

    @inline(never)
    mutating func close(
        _ slot: Int, _ end: ChannelError, _ log: inout ServerLog, atMilliseconds now: Int64
    ) {
        let place = slots.pointer(to: slot)
        let channel = place.pointee.channelPlace
        let servicePlace = servicePlaces[slot]
        log.closed(place.pointee, channel.pointee.session, end, atMilliseconds: now) { line in
            place.pointee.connection.describe(service, at: servicePlace, to: &line)
        }
        place.pointee.connection.leave(&service, at: servicePlace, because: end.reason)
        wakes.cancel(slot)
        channel.finish(mayHaveUnreadAlert: end.reason.mayHaveUnreadAlert, scratch: buffer)
        channels.release(place.pointee.channel)
        deadlines.cancel(slot)
        place.pointee.isQueued = false
        slots.release(slot)
    }
}

extension ConnectionTable {
    /// Bytes of plain text of the connections that are open.
    func openBytes() -> (in: UInt64, out: UInt64) {
        var bytes: (in: UInt64, out: UInt64) = (0, 0)
        for slot in 0..<slots.touched where slots.isUsed(slot) {
            bytes.in += slots.pointer(to: slot).pointee.connection.bytesIn
            bytes.out += slots.pointer(to: slot).pointee.connection.bytesOut
        }
        return bytes
    }
}

extension CloseReason {
    /// An alert may be on its way that the peer should still read.
    fileprivate var mayHaveUnreadAlert: Bool {
        switch self {
        case .peerClosed, .truncated, .peerReset, .serviceClosed, .refusedByService, .inputTooLong,
            .backendUnavailable, .backendReset, .badProxyHeader, .handshakeTimeout, .idleTimeout,
            .closeTimeout, .lifetimeExceeded, .stopped, .drainTimeout, .revoked:
            false
        case .protocolVersion, .noSharedParameters, .unknownName, .clientCertificateMissing,
            .clientCertificateUntrusted, .clientCertificateExpired, .clientCertificateNotYetValid,
            .clientCertificateWrongPurpose, .clientCertificateRevoked, .clientChainTooLong,
            .clientCertificateInvalid, .clientRevocationUnknown, .clientNotAllowed, .malformed, .badRecord,
            .recordFlood, .peerAlert, .outOfMemory, .internalFault:
            true
        }
    }
}

extension Deadlines {
    fileprivate init(links: UnsafeMutablePointer<Link>, _ config: Config) {
        self.init(links: links)
        let lengths = config.deadlines
        setLength(lengths.handshakeMilliseconds, of: .handshake)
        setLength(config.idleMilliseconds, of: .idle)
        setLength(lengths.closeMilliseconds, of: .close)
        setLength(lengths.lifetimeMilliseconds, of: .lifetime)
    }
}
