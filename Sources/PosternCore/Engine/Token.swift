// What an event of the poller is for: 64 bits that epoll gives back as they were. A connection's token
// carries the generation of its slot, so that an event for a connection that is gone is told from one for
// its successor.

public enum Token: Equatable, Sendable {
    case signals
    /// Files that are watched.
    case files
    /// The clock was set.
    case clock
    case listener(Int)
    case connection(slot: Int, generation: UInt32)
    /// What the service of a connection watches.
    case descriptor(slot: Int, generation: UInt32)

    private static let kindShift: UInt64 = 56
    private static let slotShift: UInt64 = 32
    private static let slotMask: UInt64 = 0xFF_FFFF

    /// kind (8 bits), slot or listener (24 bits), generation (32 bits), from the top.
    public var bits: UInt64 {
        switch self {
        case .connection(let slot, let generation):
            UInt64(widening: slot) &<< Token.slotShift | UInt64(widening: generation)
        case .listener(let index): 1 &<< Token.kindShift | UInt64(widening: index) &<< Token.slotShift
        case .signals: 2 &<< Token.kindShift
        case .files: 3 &<< Token.kindShift
        case .clock: 4 &<< Token.kindShift
        case .descriptor(let slot, let generation):
            5 &<< Token.kindShift | UInt64(widening: slot) &<< Token.slotShift | UInt64(widening: generation)
        }
    }

    /// Nil for bits that no token has.
    public init?(bits: UInt64) {
        let slot = Int(narrowing: bits &>> Token.slotShift & Token.slotMask)
        switch bits &>> Token.kindShift {
        case 0: self = .connection(slot: slot, generation: UInt32(truncatingIfNeeded: bits))
        case 1: self = .listener(slot)
        case 2: self = .signals
        case 3: self = .files
        case 4: self = .clock
        case 5: self = .descriptor(slot: slot, generation: UInt32(truncatingIfNeeded: bits))
        default: return nil
        }
    }
}
