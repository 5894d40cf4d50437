// DER (ITU-T X.690, section 10) written forward into memory of the caller's. What does not fit is not
// written, and `hasOverflown` says so: callers look once, at the end. Small parts are not inlined: they are
// called from everywhere, and never in a hurry.

public struct DERWriter {
    private let target: UnsafeMutableRawBufferPointer
    public private(set) var count = 0
    public private(set) var hasOverflown = false

    public init(_ target: UnsafeMutableRawBufferPointer) { self.target = target }

    /// What has been written.
    public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: target[..<count]) }

    /// A constructed element; `body` writes what is inside.
    public mutating func constructed(_ tag: UInt8, _ body: (inout DERWriter) -> Void) {
        append(tag)
        let start = count
        body(&self)
        insertLength(at: start)
    }

    @inline(never)
    public mutating func primitive(_ tag: UInt8, _ content: UnsafeRawBufferPointer) {
        append(tag)
        let start = count
        append(content)
        insertLength(at: start)
    }

    public mutating func primitive<let length: Int>(_ tag: UInt8, _ content: InlineArray<length, UInt8>) {
        withUnsafeBytes(of: content) { primitive(tag, $0) }
    }

    /// DER's TRUE is 255.
    public mutating func boolean(_ value: Bool) { primitive(DERTag.boolean, [value ? 0xFF : 0x00]) }

    /// An INTEGER of a magnitude, big-endian: leading zeros go, and one comes where the sign bit is set.
    @inline(never)
    public mutating func unsignedInteger(_ magnitude: UnsafeRawBufferPointer) {
        var first = 0
        while first < magnitude.count - 1, magnitude[first] == 0 { first += 1 }
        append(DERTag.integer)
        let start = count
        if magnitude.isEmpty || magnitude[first] >= 0x80 { append(0) }
        append(UnsafeRawBufferPointer(rebasing: magnitude[first...]))
        insertLength(at: start)
    }

    public mutating func unsignedInteger(_ value: UInt32) {
        let bytes: InlineArray<4, UInt8> = [
            UInt8(truncatingIfNeeded: value &>> 24), UInt8(truncatingIfNeeded: value &>> 16),
            UInt8(truncatingIfNeeded: value &>> 8), UInt8(truncatingIfNeeded: value),
        ]
        withUnsafeBytes(of: bytes) { bytes in unsignedInteger(bytes) }
    }

    /// Bytes that are DER already.
    @inline(never)
    public mutating func append(_ bytes: UnsafeRawBufferPointer) {
        for byte in bytes { append(byte) }
    }

    @inline(never)
    public mutating func append(_ byte: UInt8) {
        guard count < target.count else {
            hasOverflown = true
            return
        }
        target[count] = byte
        count += 1
    }

    @inline(never)
    private mutating func insertLength(at start: Int) {
        let length = count - start
        let extra = length < 0x80 ? 0 : length < 0x100 ? 1 : length < 0x1_0000 ? 2 : 3
        for _ in 0...extra { append(0) }
        guard !hasOverflown else { return }
        for index in (0..<length).reversed() { target[start + index + extra + 1] = target[start + index] }
        guard extra > 0 else {
            target[start] = UInt8(length)
            return
        }
        target[start] = 0x80 | UInt8(extra)
        for index in 0..<extra {
            target[start + 1 + index] = UInt8(truncatingIfNeeded: length &>> (8 * (extra - 1 - index)))
        }
    }
}
