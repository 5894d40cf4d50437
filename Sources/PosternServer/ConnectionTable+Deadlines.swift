// Connections whose time is over, and the drain, which is a shorter time for all.

import PosternCore
import PosternLinux
import PosternTLS

extension ConnectionTable {
    /// The server stops: from now on a connection that has been quiet for so long is closed.
    mutating func drain(quietMilliseconds: Int) {
        isDraining = true
        deadlines.setLength(quietMilliseconds, of: .idle)
    }

    mutating func expire(_ poller: borrowing Poller, _ log: inout ServerLog, atMilliseconds now: Int64) {
        guard deadlines.isDue(atMilliseconds: now) else { return }
        while let slot = deadlines.expire(.handshake, atMilliseconds: now) {
            close(slot, ChannelError(reason: .handshakeTimeout, code: 0), &log, atMilliseconds: now)
        }
        while let slot = deadlines.expire(.idle, atMilliseconds: now) {
            expireIdle(slot, poller, &log, atMilliseconds: now)
        }
        while let slot = deadlines.expire(.close, atMilliseconds: now) {
            let reason = slots.pointer(to: slot).pointee.connection.reasonAfterCloseDeadline
            close(slot, ChannelError(reason: reason, code: 0), &log, atMilliseconds: now)
        }
        while let slot = deadlines.expire(.lifetime, atMilliseconds: now) {
            end(slot, because: .lifetimeExceeded, poller, &log, atMilliseconds: now)
        }
    }

    /// Closes a connection in the way of its phase; one that is closing already goes on.
    mutating func end(
        _ slot: Int, because reason: CloseReason, _ poller: borrowing Poller, _ log: inout ServerLog,
        atMilliseconds now: Int64
    ) {
        switch slots.pointer(to: slot).pointee.connection.phase {
        case .handshaking: close(slot, ChannelError(reason: reason, code: 0), &log, atMilliseconds: now)
        case .open: beginClosing(slot, reason, poller, &log, atMilliseconds: now)
        case .closing, .lingering: break
        }
    }

    private mutating func expireIdle(
        _ slot: Int, _ poller: borrowing Poller, _ log: inout ServerLog, atMilliseconds now: Int64
    ) {
        guard isDraining else {
            return beginClosing(slot, .idleTimeout, poller, &log, atMilliseconds: now)
        }
        // What somebody has yet to take is in flight, however quiet the connection is.
        if slots.pointer(to: slot).pointee.connection.isInFlight {
            deadlines.start(.idle, of: slot, atMilliseconds: now)
        } else {
            beginClosing(slot, .stopped, poller, &log, atMilliseconds: now)
        }
    }
}
