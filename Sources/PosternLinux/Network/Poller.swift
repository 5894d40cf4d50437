// epoll, level-triggered: what is not finished in this turn is told again in the next.

import CLinux
import PosternCore

public struct Poller: ~Copyable {
    private let descriptor: Int32
    private var events: UnsafePointer<clinux_event>?

    public init() throws(SystemError) {
        descriptor = clinux_poll_open()
        guard descriptor >= 0 else { throw SystemError(doing: .polling, code: descriptor) }
        events = nil
    }

    deinit { clinux_close(descriptor) }

    /// Waits for at most `milliseconds`, without end if nil, and returns how many events there are.
    public mutating func wait(milliseconds: Int64?) -> Int {
        let longest = Int64(widening: Int32.max)
        let timeout = milliseconds.map { Int32(Int(narrowing: min(max($0, 0), longest))) } ?? -1
        let count = clinux_poll_wait(descriptor, &events, timeout)
        precondition(count >= 0, "epoll_wait on a descriptor that is not an epoll instance")
        return Int(count)
    }

    public func event(_ index: Int) -> PollEvent {
        let event = events.unsafelyUnwrapped[index]
        return PollEvent(
            tokenBits: event.token, isReadable: event.ready & UInt32(CLINUX_READABLE) != 0,
            isWritable: event.ready & UInt32(CLINUX_WRITABLE) != 0,
            isBroken: event.ready & UInt32(CLINUX_BROKEN) != 0)
    }

    public func add(_ descriptor: Int32, _ interest: Interest, _ token: Token) throws(SystemError) {
        let result = clinux_poll_add(self.descriptor, descriptor, Poller.bits(interest), token.bits)
        guard result == 0 else { throw SystemError(doing: .polling, code: result) }
    }

    public func add(_ listener: Listener, _ token: Token) throws(SystemError) {
        try add(listener.descriptor, .readable, token)
    }

    public func add(_ signals: borrowing Signals) throws(SystemError) {
        try add(signals.descriptor, .readable, .signals)
    }

    /// Without interest only an error is told, once.
    public func change(_ descriptor: Int32, to interest: Interest, _ token: Token) {
        let result = clinux_poll_modify(self.descriptor, descriptor, Poller.bits(interest), token.bits)
        precondition(result == 0, "a descriptor that was never added")
    }

    public func change(_ listener: Listener, to interest: Interest, _ token: Token) {
        change(listener.descriptor, to: interest, token)
    }

    /// Adds or changes.
    public func watch(_ descriptor: Int32, for interest: Interest, _ token: Token) throws(SystemError) {
        let result = clinux_poll_set(self.descriptor, descriptor, Poller.bits(interest), token.bits)
        guard result == 0 else { throw SystemError(doing: .polling, code: result) }
    }

    private static func bits(_ interest: Interest) -> UInt32 {
        (interest.contains(.readable) ? UInt32(CLINUX_READABLE) : 0)
            | (interest.contains(.writable) ? UInt32(CLINUX_WRITABLE) : 0)
    }
}

public struct PollEvent {
    public let tokenBits: UInt64
    public let isReadable: Bool
    public let isWritable: Bool
    /// There is an error, which the next call will tell.
    public let isBroken: Bool
}
