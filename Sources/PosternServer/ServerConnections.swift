// The phases of the loop that deal with connections: accept, advance, expire, close.

import PosternCore
import PosternLinux
import PosternTLS

/// Whether new clients are taken.
struct Acceptance {
    enum Pause { case allConnectionsInUse, noDescriptors }

    /// Listeners that have clients waiting, a bit each.
    var ready: UInt32 = 0
    var pause: Pause?
    /// While paused: when to look again even if nothing was closed here.
    var retryAtMilliseconds: Int64 = 0
    /// The shortage has been logged and is not over: nobody has found the backlog empty since.
    var isShort = false
}

extension Server {
    mutating func receive(_ event: PollEvent) {
        switch Token(bits: event.tokenBits) {
        case .signals:
            handleSignals()
        case .files:
            handleFiles()
        case .clock:
            handleClock()
        case .listener(let index):
            // Closed earlier in the turn, when the server was told to stop.
            guard index < listeners.count else { return }
            acceptance.ready |= 1 &<< UInt32(index)
        case .connection(let slot, let generation):
            // The connection that this was for may have closed earlier in the turn.
            guard clients.isUsed(slot), clients.generation(of: slot) == generation else { return }
            let client = clients.pointer(to: slot)
            if event.isReadable { channels.pointer(to: client.pointee.channel).pointee.wake() }
            guard !client.pointee.isQueued else { return }
            // Handshakes come in the order in which they became ready.
            if client.pointee.connection.phase == .handshaking { enqueue(slot) } else { advance(slot) }
        case nil:
            preconditionFailure("a token that was never given")
        }
    }

    // Accept

    mutating func acceptWaiting() {
        if let pause = acceptance.pause {
            let mayRetry = pause == .noDescriptors && nowMilliseconds >= acceptance.retryAtMilliseconds
            if mayRetry { resumeAccepting() }
            return
        }
        var budget = config.turn.accepts
        while acceptance.ready != 0, budget > 0 {
            let index = acceptance.ready.trailingZeroBitCount
            guard !clients.isFull else { return pauseAccepting(.allConnectionsInUse) }
            switch listeners[index].accept() {
            case .accepted(let descriptor, let peer):
                budget -= 1
                start(descriptor, peer)
            case .peerGone:
                budget -= 1
            case .wouldBlock:
                acceptance.ready &= ~(1 &<< UInt32(index))
                if acceptance.ready == 0, acceptance.isShort { endShortage() }
            case .noDescriptors:
                return pauseAccepting(.noDescriptors)
            }
        }
        // The poller is level-triggered: who still waits is told again.
        acceptance.ready = 0
    }

    private mutating func pauseAccepting(_ pause: Acceptance.Pause) {
        acceptance.ready = 0
        acceptance.pause = pause
        acceptance.retryAtMilliseconds =
            nowMilliseconds + Int64(widening: Limits.descriptorRetryMilliseconds)
        for index in 0..<listeners.count { poller.change(listeners[index], to: nil, .listener(index)) }
        guard !acceptance.isShort else { return }
        acceptance.isShort = true
        reportShortage(pause)
    }

    private mutating func resumeAccepting() {
        acceptance.pause = nil
        for index in 0..<listeners.count { poller.change(listeners[index], to: .readable, .listener(index)) }
    }

    private mutating func endShortage() {
        acceptance.isShort = false
        log.write(.notice) { line in line.append("all waiting clients are served again") }
    }

    mutating func start(_ descriptor: Int32, _ peer: PeerAddress) {
        counters.accepted += 1
        // There are as many channels as connections, and the pool of connections is not full.
        let slot = clients.take().unsafelyUnwrapped
        let channel = channels.take().unsafelyUnwrapped
        clients.pointer(to: slot).initialize(
            to: Client(
                connection: Connection(), peer: peer, descriptor: descriptor, channel: channel,
                acceptedAtMilliseconds: nowMilliseconds, interest: .readable, isQueued: false))
        do throws(ChannelError) {
            try channels.pointer(to: channel).begin(
                descriptor, context: context, identity: credentials.identity)
        } catch {
            return close(slot, error)
        }
        do throws(SystemError) {
            try poller.add(descriptor, .readable, token(of: slot))
        } catch {
            return close(slot, ChannelError(reason: .internalFault, code: error.code))
        }
        deadlines.start(.handshake, of: slot, atMilliseconds: nowMilliseconds)
        deadlines.start(.lifetime, of: slot, atMilliseconds: nowMilliseconds)
    }

    // Advance

    mutating func advanceQueued() {
        // Those that queue up again meanwhile have their next turn in the next turn.
        for _ in 0..<queue.count {
            guard let slot = queue.popFirst() else { return }
            // Closed meanwhile, or closed and taken again.
            guard clients.isUsed(slot), clients.pointer(to: slot).pointee.isQueued else { continue }
            let client = clients.pointer(to: slot)
            client.pointee.isQueued = false
            let isHandshake = client.pointee.connection.phase == .handshaking
            if isHandshake && hasPaid { enqueue(slot) } else { advance(slot) }
        }
    }

    private mutating func enqueue(_ slot: Int) {
        clients.pointer(to: slot).pointee.isQueued = true
        queue.append(slot)
    }

    mutating func advance(_ slot: Int) {
        let client = clients.pointer(to: slot)
        guard var channel = channels.pointer(to: client.pointee.channel).channel else {
            preconditionFailure("a connection without a session")
        }
        let phase = client.pointee.connection.phase
        let bytes = client.pointee.connection.bytesIn &+ client.pointee.connection.bytesOut
        let progress = client.pointee.connection.advance(
            over: &channel, for: &service, buffer: buffer, recordsPerTurn: config.turn.records)
        if client.pointee.connection.phase != phase {
            if phase == .handshaking { countHandshake(channel) }
            startDeadline(slot, client.pointee.connection.phase)
        } else if client.pointee.connection.bytesIn &+ client.pointee.connection.bytesOut != bytes {
            startDeadline(slot, phase)
        }
        switch progress {
        case .waiting(let interest):
            guard client.pointee.interest != interest else { return }
            client.pointee.interest = interest
            poller.change(client.pointee.descriptor, to: interest, token(of: slot))
        case .again:
            if phase == .handshaking { hasPaid = true }
            enqueue(slot)
        case .closed(let failure):
            if phase == .handshaking { hasPaid = true }
            close(slot, failure)
        }
    }

    private mutating func countHandshake(_ channel: SecureStream) {
        counters.handshakes += 1
        if channel.session.isResumed { counters.resumed += 1 }
        reportSkippedRevocation(channel.session)
    }

    private mutating func startDeadline(_ slot: Int, _ phase: Connection.Phase) {
        let kind: DeadlineKind =
            switch phase {
            case .handshaking: .handshake
            case .open: .idle
            case .closing, .lingering: .close
            }
        deadlines.start(kind, of: slot, atMilliseconds: nowMilliseconds)
    }

    // Expire

    mutating func expireDeadlines() {
        if let end = drainEndMilliseconds, nowMilliseconds >= end { closeAll(because: .drainTimeout) }
        guard deadlines.isDue(atMilliseconds: nowMilliseconds) else { return }
        while let slot = deadlines.expire(.handshake, atMilliseconds: nowMilliseconds) {
            close(slot, ChannelError(reason: .handshakeTimeout, code: 0))
        }
        while let slot = deadlines.expire(.idle, atMilliseconds: nowMilliseconds) {
            expireIdle(slot)
        }
        while let slot = deadlines.expire(.close, atMilliseconds: nowMilliseconds) {
            let connection = clients.pointer(to: slot).pointee.connection
            close(slot, ChannelError(reason: connection.reasonAfterCloseDeadline, code: 0))
        }
        while let slot = deadlines.expire(.lifetime, atMilliseconds: nowMilliseconds) {
            switch clients.pointer(to: slot).pointee.connection.phase {
            case .handshaking: close(slot, ChannelError(reason: .lifetimeExceeded, code: 0))
            case .open: beginClosing(slot, .lifetimeExceeded)
            case .closing, .lingering: break
            }
        }
    }

    private mutating func expireIdle(_ slot: Int) {
        guard drainEndMilliseconds != nil else { return beginClosing(slot, .idleTimeout) }
        // An answer that the peer has yet to take is in flight, however quiet the connection is.
        if clients.pointer(to: slot).pointee.connection.isSending {
            deadlines.start(.idle, of: slot, atMilliseconds: nowMilliseconds)
        } else {
            beginClosing(slot, .stopped)
        }
    }

    /// Starts to close an open connection.
    mutating func beginClosing(_ slot: Int, _ reason: CloseReason) {
        let client = clients.pointer(to: slot)
        client.pointee.connection.close(because: reason)
        startDeadline(slot, client.pointee.connection.phase)
        if !client.pointee.isQueued { advance(slot) }
    }

    mutating func closeAll(because reason: CloseReason) {
        for slot in 0..<clients.touched where clients.isUsed(slot) {
            close(slot, ChannelError(reason: reason, code: 0))
        }
    }

    // Close

    mutating func close(_ slot: Int, _ end: ChannelError) {
        let client = clients.pointer(to: slot)
        counters.countClosed(end.reason)
        counters.bytesIn += client.pointee.connection.bytesIn
        counters.bytesOut += client.pointee.connection.bytesOut
        reportClosed(client.pointee, end)
        channels.pointer(to: client.pointee.channel).finish(isOrderly: end.reason.isOrderly, scratch: buffer)
        channels.release(client.pointee.channel)
        deadlines.cancel(slot)
        client.pointee.isQueued = false
        clients.release(slot)
        if acceptance.pause != nil { resumeAccepting() }
    }

    private func token(of slot: Int) -> Token {
        .connection(slot: slot, generation: clients.generation(of: slot))
    }
}

extension CloseReason {
    /// Nothing is on its way that the peer should still read.
    fileprivate var isOrderly: Bool {
        switch self {
        case .peerClosed, .peerVanished, .peerReset, .serviceClosed, .handshakeTimeout, .idleTimeout,
            .closeTimeout,
            .lifetimeExceeded, .stopped, .drainTimeout, .revoked:
            true
        case .protocolVersion, .noSharedParameters, .unknownName, .clientCertificateMissing,
            .clientCertificateUntrusted, .clientCertificateExpired, .clientCertificateNotYetValid,
            .clientCertificateWrongPurpose, .clientCertificateRevoked, .clientChainTooLong,
            .clientCertificateInvalid, .clientRevocationUnknown, .clientNotAllowed, .malformed, .badRecord,
            .recordFlood, .peerAlert, .outOfMemory, .internalFault:
            false
        }
    }
}
