// What signals ask of the loop: stop, reload, report. And when the loop may sleep, and when it ends.

import PosternAuthorization
import PosternCore
import PosternLinux
import PosternTLS

extension Server {
    mutating func handleSignals() {
        while let request = signals.next() {
            switch request {
            case .stop: startDraining()
            case .reload: requestReload()
            case .report: reportCounters()
            }
        }
    }

    var isFinished: Bool { (drainEndMilliseconds != nil || inherited != nil) && clients.used == 0 }

    /// How long the loop may sleep; nil until something happens.
    mutating func waitMilliseconds() -> Int64? {
        if queue.count > 0 || reauthorization.isUnderWay { return 0 }
        var due = deadlines.quietUntilMilliseconds(nowMilliseconds)
        if let end = drainEndMilliseconds { due = min(due ?? end, end) }
        if acceptance.pause == .noDescriptors {
            due = min(due ?? acceptance.retryAtMilliseconds, acceptance.retryAtMilliseconds)
        }
        if let next = manager.keepAliveAtMilliseconds { due = min(due ?? next, next) }
        if let next = ownIdentity.checkAtMilliseconds { due = min(due ?? next, next) }
        if log.hasSuppressed || isReloadWanted || clockIsUnset || files?.changedAtMilliseconds != nil {
            // All wait for time to pass: for the rate of the log, for handshakes to end, for a clock that is
            // right, for files to settle.
            let soon = nowMilliseconds + Int64(widening: Limits.descriptorRetryMilliseconds)
            due = min(due ?? soon, soon)
        }
        return due.map { $0 - nowMilliseconds }
    }

    /// No new connections; idle ones are sent close_notify, the others have until the drain deadline.
    mutating func startDraining() {
        guard drainEndMilliseconds == nil else { return }
        drainEndMilliseconds = nowMilliseconds + Int64(widening: config.deadlines.drainMilliseconds)
        isReloadWanted = false
        reportDraining()
        tellStopping()
        for index in 0..<listeners.count { listeners[index].close() }
        listeners.removeAll()
        acceptance = Acceptance()
        deadlines.setLength(config.deadlines.drainQuietMilliseconds, of: .idle)
    }

    /// The loop reloads when handshakes with an older identity have ended. Right before the files are read
    /// their state is noted: what changes from now on is another change. A server that stops has no use for
    /// it, and has told its manager so.
    mutating func requestReload() {
        guard drainEndMilliseconds == nil else { return }
        isReloadWanted = true
        manager.tellReloading()
        files?.noteLoaded(config, poller)
    }

    mutating func reload() {
        guard credentials.canReplace else { return }
        isReloadWanted = false
        do throws(OperatorError) {
            try credentials.replace(config)
            reportReload()
            reportOwnIdentity()
            ownIdentity.checkSoon()
            reauthorizeAll(because: .revoked)
            clockIsUnset = credentials.clockIsUnset
        } catch {
            log.write(.error) { line in
                line.append("reload failed, keeping the current files: ")
                line.append(error.message)
                // What was revoked since is the reason for most reloads.
                if config.clients.crl != nil {
                    line.append("; no revocation since the last reload is in force")
                }
            }
        }
        tellReady()
    }
}
