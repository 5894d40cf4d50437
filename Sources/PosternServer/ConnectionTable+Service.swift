// What services ask for beside input and output: to be woken at a time, or when a descriptor is ready.

import PosternCore
import PosternLinux

extension ConnectionTable {
    /// A descriptor that a connection's service watches is ready, unless the connection has closed.
    mutating func handleDescriptor(
        _ event: PollEvent, slot: Int, generation: UInt32, _ poller: borrowing Poller,
        _ log: inout ServerLog, atMilliseconds now: Int64
    ) {
        guard slots.isUsed(slot), slots.generation(of: slot) == generation else { return }
        wake(
            slot, .descriptor(isReadable: event.isReadable, isWritable: event.isWritable), poller, &log,
            atMilliseconds: now)
    }

    /// Services whose time has come.
    mutating func wakeDue(_ poller: borrowing Poller, _ log: inout ServerLog, atMilliseconds now: Int64) {
        while let slot = wakes.popDue(atMilliseconds: now) {
            wake(slot, .time, poller, &log, atMilliseconds: now)
        }
    }

    @inline(never)
    private mutating func wake(
        _ slot: Int, _ cause: WakeCause, _ poller: borrowing Poller, _ log: inout ServerLog,
        atMilliseconds now: Int64
    ) {
        let place = slots.pointer(to: slot)
        guard place.pointee.connection.phase == .open else { return }
        var turn = turn(of: slot, atMilliseconds: now)
        let servicePlace = servicePlaces[slot]
        place.pointee.connection.wake(cause, for: &service, at: servicePlace, &turn)
        advance(slot, &turn, poller, &log, atMilliseconds: now)
    }

    /// Does what a service has asked for in a turn. False when that failed, and the connection is closed.
    @inline(never)
    mutating func fulfill(
        _ turn: Turn, of slot: Int, _ poller: borrowing Poller, _ log: inout ServerLog,
        atMilliseconds now: Int64
    ) -> Bool {
        let place = slots.pointer(to: slot)
        switch turn.wakeRequest {
        case .at(let due): wakes.set(slot, dueMilliseconds: due)
        case .never: wakes.cancel(slot)
        case nil: break
        }
        if let request = turn.watchRequest {
            let isOther = request.isNew || place.pointee.watched != request.descriptor
            if isOther { place.pointee.watchedNow = .unknown }
            place.pointee.watched = request.descriptor
            place.pointee.watchedInterest = request.interest
        }
        guard place.pointee.watched >= 0 else { return true }
        var interest = place.pointee.watchedInterest
        // The poller is level-triggered: it would tell of what nobody takes again and again.
        if place.pointee.connection.holdsBackOutput { interest = interest.subtracting(.readable) }
        if place.pointee.connection.phase != .open { interest = .nothing }
        guard interest != place.pointee.watchedNow else { return true }
        do throws(SystemError) {
            try poller.watch(
                place.pointee.watched, for: interest,
                .descriptor(slot: slot, generation: slots.generation(of: slot)))
            place.pointee.watchedNow = interest
            return true
        } catch {
            let end = ChannelError(reason: .internalFault, code: error.code)
            close(slot, end, &log, atMilliseconds: now)
            return false
        }
    }
}
