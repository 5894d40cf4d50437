// When which connection has waited long enough. All deadlines of a kind have the same length, so each kind
// is a queue in the order in which they were started, and the first of a queue is the first to expire:
// starting, cancelling and expiring cost the same whatever the number of connections.

public enum DeadlineKind: UInt8, Sendable {
    /// The whole handshake, from accept on.
    case handshake
    /// Since bytes were last received or sent.
    case idle
    /// For close_notify, and for the peer to close its side.
    case close
    /// The whole connection, from accept on.
    case lifetime

    static let count = 4
}

public struct Deadlines {
    /// A place in a queue. A connection has two: one for its phase, one for its lifetime.
    public struct Link {
        var startedAtMilliseconds: Int64
        /// Neighbours in the queue as index + 1, 0 for none: zeroed memory is an empty link.
        var next: UInt32
        var previous: UInt32
        /// DeadlineKind + 1, 0 when in no queue.
        var queue: UInt8
    }

    public static let linksPerConnection = 2

    private struct Queue {
        var milliseconds: Int64 = 0
        var first: UInt32 = 0
        var last: UInt32 = 0
    }

    private let links: UnsafeMutablePointer<Link>
    private var queues = InlineArray<4, Queue>(repeating: Queue())
    /// No deadline passes before this. It may be too early: deadlines that are started again or cancelled
    /// leave it as it is, so that a busy connection does not pay for finding the next one.
    private var boundMilliseconds = Int64.max

    /// `links` is zero and has room for `linksPerConnection` links a connection.
    public init(links: UnsafeMutablePointer<Link>) { self.links = links }

    /// Sets how long deadlines of a kind are; 0 switches them off. Deadlines already running get the new
    /// length too.
    public mutating func setLength(_ milliseconds: Int, of kind: DeadlineKind) {
        queues[Int(kind.rawValue)].milliseconds = Int64(widening: milliseconds)
        boundMilliseconds = Int64.min
    }

    /// Until when nothing can expire; nil when no deadline is running.
    public mutating func nextDeadlineMilliseconds(_ now: Int64) -> Int64? {
        if boundMilliseconds <= now { boundMilliseconds = exactNextDeadlineMilliseconds() ?? Int64.max }
        return boundMilliseconds == Int64.max ? nil : boundMilliseconds
    }

    /// Something may have expired.
    public func isDue(atMilliseconds now: Int64) -> Bool { boundMilliseconds <= now }

    /// Starts the connection's deadline of a phase in place of the one that runs, or its lifetime.
    public mutating func start(_ kind: DeadlineKind, of connection: Int, atMilliseconds now: Int64) {
        let index = link(of: connection, for: kind)
        let length = queues[Int(kind.rawValue)].milliseconds
        if length > 0 { boundMilliseconds = min(boundMilliseconds, now + length) }
        if links[index].queue == kind.rawValue + 1, links[index].startedAtMilliseconds == now { return }
        remove(index)
        append(index, to: kind, now)
    }

    public mutating func cancel(_ connection: Int) {
        remove(connection * Deadlines.linksPerConnection)
        remove(connection * Deadlines.linksPerConnection + 1)
    }

    /// The next connection whose deadline of this kind has passed; it is then in no queue of this kind.
    public mutating func expire(_ kind: DeadlineKind, atMilliseconds now: Int64) -> Int? {
        let queue = queues[Int(kind.rawValue)]
        guard queue.first != 0, queue.milliseconds > 0 else { return nil }
        let index = Int(queue.first) - 1
        guard links[index].startedAtMilliseconds + queue.milliseconds <= now else { return nil }
        remove(index)
        return index / Deadlines.linksPerConnection
    }

    /// When the first deadline passes, or nil when none is running.
    public func exactNextDeadlineMilliseconds() -> Int64? {
        var earliest: Int64?
        for kind in 0..<DeadlineKind.count {
            let queue = queues[kind]
            guard queue.first != 0, queue.milliseconds > 0 else { continue }
            let due = links[Int(queue.first) - 1].startedAtMilliseconds + queue.milliseconds
            earliest = min(earliest ?? due, due)
        }
        return earliest
    }

    private func link(of connection: Int, for kind: DeadlineKind) -> Int {
        connection * Deadlines.linksPerConnection + (kind == .lifetime ? 1 : 0)
    }

    private mutating func append(_ index: Int, to kind: DeadlineKind, _ now: Int64) {
        let last = queues[Int(kind.rawValue)].last
        links[index] = Link(startedAtMilliseconds: now, next: 0, previous: last, queue: kind.rawValue + 1)
        if last != 0 {
            links[Int(last) - 1].next = UInt32(index) + 1
        } else {
            queues[Int(kind.rawValue)].first = UInt32(index) + 1
        }
        queues[Int(kind.rawValue)].last = UInt32(index) + 1
    }

    private mutating func remove(_ index: Int) {
        let link = links[index]
        guard link.queue != 0 else { return }
        let queue = Int(link.queue) - 1
        if link.previous != 0 {
            links[Int(link.previous) - 1].next = link.next
        } else {
            queues[queue].first = link.next
        }
        if link.next != 0 {
            links[Int(link.next) - 1].previous = link.previous
        } else {
            queues[queue].last = link.previous
        }
        links[index].queue = 0
    }
}
