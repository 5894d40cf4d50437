// The server: its parts, and the loop. A part's state is that part's alone; what concerns several of them, a
// stop or a reload, is here. Server+Start.swift opens everything.

import PosternCore
import PosternLinux
import PosternTLS

/// A TLS server: `init` opens everything or throws one sentence, `run()` returns when it was told to stop.
public struct Server<Provider: Service>: ~Copyable {
    let config: Config
    var poller: Poller
    var acceptor: Acceptor
    var connections: ConnectionTable<Provider>
    var credentials: Credentials
    var lifecycle: Lifecycle
    var log: ServerLog
    var nowMilliseconds: Int64

    /// Serves until it is told to stop and everything in flight has ended.
    public mutating func run() {
        begin()
        while !isFinished {
            let eventCount = poller.wait(milliseconds: waitMilliseconds())
            nowMilliseconds = Process.monotonicMilliseconds()
            for index in 0..<eventCount { dispatch(poller.event(index)) }
            if acceptor.hasWaiting { accept() }
            connections.advanceQueued(poller, &log, atMilliseconds: nowMilliseconds)
            expire()
            maintain()
        }
        log.reportStop()
    }

    private var isFinished: Bool { lifecycle.isLastConnection && connections.openCount == 0 }

    /// How long the loop may sleep; nil until something happens.
    private mutating func waitMilliseconds() -> Int64? {
        var due = connections.dueMilliseconds(nowMilliseconds)
        due = earliest(due, acceptor.dueMilliseconds)
        due = earliest(due, lifecycle.dueMilliseconds)
        due = earliest(due, credentials.dueMilliseconds)
        if log.hasSuppressed || credentials.isWaiting {
            due = earliest(due, nowMilliseconds + Int64(widening: Limits.retryMilliseconds))
        }
        return due.map { $0 - nowMilliseconds }
    }

    // The phases

    private mutating func dispatch(_ event: PollEvent) {
        switch Token(bits: event.tokenBits) {
        case .connection(let slot, let generation):
            connections.handle(
                event, slot: slot, generation: generation, poller, &log, atMilliseconds: nowMilliseconds)
        case .descriptor(let slot, let generation):
            connections.handleDescriptor(
                event, slot: slot, generation: generation, poller, &log, atMilliseconds: nowMilliseconds)
        case .listener(let index): acceptor.noteReady(index)
        case .signals: handleSignals()
        case .files: credentials.lookAtFiles(config, poller, atMilliseconds: nowMilliseconds)
        case .clock: if credentials.wasClockSet(log) { reauthorizeAll(because: nil) }
        case nil: preconditionFailure("a token that was never given")
        }
    }

    private mutating func handleSignals() {
        while let request = lifecycle.nextRequest() {
            switch request {
            case .stop: startDraining()
            case .reload: requestReload()
            case .report:
                log.reportCounters(openCount: connections.openCount, openBytes: connections.openBytes())
            }
        }
    }

    /// In a function of its own because the compiler copies a part as large as the credentials to lend it.
    private mutating func accept() {
        acceptor.accept(
            into: &connections, with: credentials, poller, &log, atMilliseconds: nowMilliseconds)
    }

    private mutating func expire() {
        if lifecycle.isDrainOver(atMilliseconds: nowMilliseconds) {
            connections.closeAll(because: .drainTimeout, &log, atMilliseconds: nowMilliseconds)
        }
        connections.expire(poller, &log, atMilliseconds: nowMilliseconds)
        connections.wakeDue(poller, &log, atMilliseconds: nowMilliseconds)
    }

    private mutating func maintain() {
        acceptor.endPause(openCount: connections.openCount, poller, atMilliseconds: nowMilliseconds)
        lifecycle.keepAlive(openCount: connections.openCount, atMilliseconds: nowMilliseconds)
        if credentials.haveFilesSettled(atMilliseconds: nowMilliseconds) { requestReload() }
        if credentials.isRenewalDue(atMilliseconds: nowMilliseconds) { renewOwnIdentity() }
        if credentials.isReloadDue { reload() }
        if credentials.hasClockBecomeRight() { noticeRightClock() }
        log.reportSuppressed(atMilliseconds: nowMilliseconds)
    }

    // What concerns several parts

    /// No new connections; idle ones are sent close_notify, the others have until the drain deadline.
    mutating func startDraining() {
        guard !lifecycle.isDraining else { return }
        lifecycle.startDraining(config, atMilliseconds: nowMilliseconds)
        credentials.forgetReload()
        log.reportDraining(config, openCount: connections.openCount)
        lifecycle.tellStopping(config, openCount: connections.openCount)
        acceptor.close()
        connections.drain(quietMilliseconds: config.deadlines.drainQuietMilliseconds)
    }

    /// The one way to ask for a reload. A server that stops has no use for it, and has told its manager so.
    private mutating func requestReload() {
        guard !lifecycle.isDraining else { return }
        lifecycle.tellReloading()
        credentials.requestReload(config, poller)
    }

    private mutating func noticeRightClock() {
        log.write(.notice) { line in line.append("the clock is right by now; clients are authorized again") }
        reauthorizeAll(because: nil)
    }

    private mutating func renewOwnIdentity() {
        if credentials.renewOwnIdentity(config, log, atMilliseconds: nowMilliseconds) { requestReload() }
    }

    private mutating func reload() {
        do throws(OperatorError) {
            try connections.service.prepare()
        } catch {
            log.write(.warning) { line in
                line.append(error.message)
                line.append("; what was known before stays")
            }
        }
        if credentials.reload(config, log) { reauthorizeAll(because: .revoked) }
        lifecycle.tellReady(openCount: connections.openCount)
    }

    private mutating func reauthorizeAll(because reason: CloseReason?) {
        guard credentials.store.authorizer != nil else { return }
        connections.reauthorizeAll(because: reason)
    }
}

/// The earlier of two times; nil is never.
func earliest(_ one: Int64?, _ other: Int64?) -> Int64? {
    guard let one, let other else { return one ?? other }
    return min(one, other)
}
