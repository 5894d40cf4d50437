// Conversions between integers of 64 bits and smaller ones, for the whole program. The standard library's
// own (`UInt64(count)`, `Int(seconds)`, `value << count`) go word by word through a generic path on 32-bit
// processors that brings Array along, which a build without allocations refuses, without saying where. On
// 64-bit processors these cost nothing. They must never lose bits: what does not fit traps.

extension UInt64 {
    public init(widening value: UInt) { self.init(_truncatingBits: value) }
    public init(widening value: UInt32) { self.init(_truncatingBits: UInt(value)) }
    public init(widening value: UInt16) { self.init(_truncatingBits: UInt(value)) }
    public init(widening value: UInt8) { self.init(_truncatingBits: UInt(value)) }
    /// A count: traps when negative.
    public init(widening value: Int) { self.init(_truncatingBits: UInt(value)) }
}

extension Int64 {
    public init(widening value: UInt32) { self.init(bitPattern: UInt64(widening: value)) }
    public init(widening value: Int32) { self.init(widening: Int(value)) }
    public init(widening value: Int) {
        let magnitude = Int64(bitPattern: UInt64(widening: value.magnitude))
        self = value < 0 ? 0 &- magnitude : magnitude
    }
}

extension Int {
    /// Traps when the value does not fit.
    public init(narrowing value: UInt64) {
        precondition(value <= UInt64(widening: Int.max), "fits into a word")
        self.init(truncatingIfNeeded: value)
    }
    public init(narrowing value: Int64) {
        self.init(truncatingIfNeeded: value)
        precondition(Int64(widening: self) == value, "fits into a word")
    }
}
