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
        return PollEvent(tokenBits: event.token, isReadable: event.ready & UInt32(CLINUX_READABLE) != 0)
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

    /// Nil stops watching without forgetting.
    public func change(_ descriptor: Int32, to interest: Interest?, _ token: Token) {
        let bits = interest.map(Poller.bits) ?? 0
        let result = clinux_poll_modify(self.descriptor, descriptor, bits, token.bits)
        precondition(result == 0, "a descriptor that was never added")
    }

    public func change(_ listener: Listener, to interest: Interest?, _ token: Token) {
        change(listener.descriptor, to: interest, token)
    }

    private static func bits(_ interest: Interest) -> UInt32 {
        switch interest {
        case .readable: UInt32(CLINUX_READABLE)
        case .writable: UInt32(CLINUX_WRITABLE)
        }
    }
}

public struct PollEvent {
    public let tokenBits: UInt64
    public let isReadable: Bool
}
