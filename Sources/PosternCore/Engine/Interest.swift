// What a descriptor of the poller is watched for.

/// What a descriptor is watched for. With nothing it stays in the poller, which then tells of an error
/// alone. A set, without the array literal of Swift's, which would allocate.
public struct Interest: Equatable, Sendable {
    private var bits: UInt8

    public static let nothing = Interest(bits: 0)
    public static let readable = Interest(bits: 1)
    public static let writable = Interest(bits: 2)
    public static let both = Interest(bits: 3)
    /// Of a descriptor that the poller does not know yet.
    public static let unknown = Interest(bits: 0x80)

    public func contains(_ other: Interest) -> Bool { bits & other.bits == other.bits }
    public func union(_ other: Interest) -> Interest { Interest(bits: bits | other.bits) }
    public func subtracting(_ other: Interest) -> Interest { Interest(bits: bits & ~other.bits) }
}
