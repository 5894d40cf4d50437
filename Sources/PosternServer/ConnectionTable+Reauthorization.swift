// Clients are authorized again when the rules for them have changed, or the clock.

import PosternCore
import PosternLinux
import PosternTLS

/// A walk over all connections, some a turn, so that nobody waits for all the signatures at once.
struct Reauthorization {
    /// Why those are closed that may not stay; nil for the reason that is found.
    fileprivate var reason: CloseReason?
    /// The next slot.
    fileprivate var slot = 0
    /// Slots that were in use when the walk began; it goes once round them.
    fileprivate var slotCount = 0
    fileprivate var slotsLeft = 0

    var isUnderWay: Bool { slotsLeft > 0 }
}

extension ConnectionTable {
    /// Starts a walk. One that is under way goes once round from where it is: started from the first slot
    /// again and again, it would never come to the last ones.
    mutating func reauthorizeAll(because reason: CloseReason?) {
        reauthorization.reason = reauthorization.isUnderWay ? reauthorization.reason ?? reason : reason
        reauthorization.slotCount = slots.touched
        reauthorization.slotsLeft = slots.touched
    }

    /// Goes on with the walk. True when that took time.
    mutating func reauthorizeNext(
        _ poller: borrowing Poller, _ log: inout ServerLog, atMilliseconds now: Int64
    ) -> Bool {
        guard reauthorization.isUnderWay else { return false }
        var budget = Limits.reauthorizationsPerTurn
        while budget > 0, reauthorization.slotsLeft > 0 {
            if reauthorization.slot >= reauthorization.slotCount { reauthorization.slot = 0 }
            let slot = reauthorization.slot
            reauthorization.slot += 1
            reauthorization.slotsLeft -= 1
            if slots.isUsed(slot), authorize(slot, poller, &log, atMilliseconds: now) { budget -= 1 }
        }
        return budget < Limits.reauthorizationsPerTurn
    }

    /// False when there was nothing to authorize.
    private mutating func authorize(
        _ slot: Int, _ poller: borrowing Poller, _ log: inout ServerLog, atMilliseconds now: Int64
    ) -> Bool {
        let place = slots.pointer(to: slot)
        guard let session = channels.pointer(to: place.pointee.channel).pointee.session,
            !session.clientChain.isEmpty
        else { return false }
        if let found = session.reauthorize() {
            // Memory that has run out revokes nobody.
            let reason = found == .outOfMemory ? found : reauthorization.reason ?? found
            end(slot, because: reason, poller, &log, atMilliseconds: now)
        } else if place.pointee.connection.phase == .open {
            log.reportSkippedRevocation(session, atMilliseconds: now)
        }
        return true
    }
}
