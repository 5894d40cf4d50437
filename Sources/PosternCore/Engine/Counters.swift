// What the server has done since it started. SIGUSR1 logs all of it.

/// What a server has counted since it started.
public struct Counters: Sendable {
    public var accepted: UInt64 = 0
    public var handshakes: UInt64 = 0
    public var resumed: UInt64 = 0
    /// Bytes of plain text of the connections that have ended.
    public var bytesIn: UInt64 = 0
    public var bytesOut: UInt64 = 0
    private var closed = InlineArray<35, UInt64>(repeating: 0)

    public init() {
        precondition(closed.count == CloseReason.count, "a counter for every reason")
    }

    public mutating func countClosed(_ reason: CloseReason) { closed[Int(reason.rawValue)] += 1 }

    public func closed(_ reason: CloseReason) -> UInt64 { closed[Int(reason.rawValue)] }
}
