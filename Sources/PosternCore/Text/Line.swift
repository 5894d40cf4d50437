// A line of text under construction, in place: numbers and pieces are appended, what does not fit is cut.

public struct Line: Sendable {
    private var bytes = InlineArray<1024, UInt8>(repeating: 0)
    public private(set) var count = 0

    public init() {
        precondition(bytes.count == Limits.logLineBytes, "a line has the length that the limits say")
    }

    // Not inlined: sentences are put together in hundreds of places.
    @inline(never) public mutating func append(_ text: Text) { append(text.bytes) }

    public mutating func append(_ text: UnsafeBufferPointer<UInt8>) {
        for byte in text { append(byte: byte) }
    }

    public mutating func append(_ line: borrowing Line) {
        for index in 0..<line.count { append(byte: line.bytes[index]) }
    }

    public mutating func append(_ number: UInt64) {
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var rest = number
        var length = 0
        repeat {
            digits[length] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
            length += 1
        } while rest != 0
        for index in (0..<length).reversed() { append(byte: digits[index]) }
    }

    public mutating func append(_ number: Int64) {
        if number < 0 { append(byte: UInt8(ascii: "-")) }
        append(number.magnitude)
    }

    // Not one generic over BinaryInteger: on 32-bit processors its conversions bring Array along, which
    // nothing here may.
    public mutating func append(_ number: Int) { append(Int64(widening: number)) }
    public mutating func append(_ number: UInt32) { append(UInt64(widening: number)) }
    public mutating func append(_ number: UInt16) { append(UInt64(widening: number)) }

    /// Milliseconds as seconds with three decimals.
    public mutating func append(secondsOfMilliseconds milliseconds: Int64) {
        append(milliseconds / 1000)
        append(byte: UInt8(ascii: "."))
        let rest = milliseconds % 1000
        if rest < 100 { append(byte: UInt8(ascii: "0")) }
        if rest < 10 { append(byte: UInt8(ascii: "0")) }
        append(rest)
    }

    /// A negative number of the TLS library as it is written in its headers: -0x7280.
    public mutating func append(libraryCode code: Int32) {
        append("-0x")
        let value = code.magnitude
        for position in 0..<4 {
            let digit = UInt8(value &>> (12 - 4 * UInt32(position)) & 15)
            append(byte: digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "A") + digit - 10)
        }
    }

    /// For messages of several lines; a line of the log is one.
    public mutating func breakLine() {
        guard count < Limits.logLineBytes - 1 else { return }
        bytes[count] = UInt8(ascii: "\n")
        count += 1
    }

    public mutating func append(byte: UInt8) {
        // The last place is for the end of the line.
        guard count < Limits.logLineBytes - 1 else { return }
        // Text of a peer or of a certificate must neither break the line nor steer a terminal.
        let isControl = byte < 0x20 || byte == 0x7F
        bytes[count] = isControl ? UInt8(ascii: "?") : byte
        count += 1
    }

    /// Of several bytes: in a full line some of them may be missing.
    @inline(never) private mutating func dropLastCharacter() {
        while count > 0, bytes[count - 1] & 0xC0 == 0x80 { count -= 1 }
        if count > 0, bytes[count - 1] >= 0xC0 { count -= 1 }
    }

    /// Calls `body` with the text and a line feed behind it.
    public mutating func withTerminatedBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result)
        -> Result
    {
        if count == Limits.logLineBytes - 1 { dropLastCharacter() }
        bytes[count] = UInt8(ascii: "\n")
        let length = count + 1
        return withUnsafePointer(to: &bytes) { bytes in
            body(
                UnsafeBufferPointer(
                    start: UnsafeRawPointer(bytes).assumingMemoryBound(to: UInt8.self), count: length))
        }
    }
}
