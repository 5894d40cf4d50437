// The serial number of a certificate as an index and a revocation list can hold it: a positive whole number
// of at most 20 bytes (RFC 5280, section 4.1.2.2). Others cannot be revoked, because no list could name
// them.

import PosternCore

public struct SerialNumber: Sendable {
    private static let bytesMax = 20

    /// Big-endian.
    private var magnitude = InlineArray<20, UInt8>(repeating: 0)

    /// Hexadecimal digits in either case, perhaps with 0x in front or colons between the bytes.
    public init?(_ text: Text) {
        var digits = 0
        var isZero = true
        for index in 0..<text.count {
            let byte = text.start[index]
            let isMark = byte == UInt8(ascii: "x") && digits == 1 && isZero
            if isMark || byte == UInt8(ascii: ":") && digits > 0 { continue }
            guard magnitude[0] < 0x10, let digit = NameSyntax.hexadecimalValue(byte) else { return nil }
            append(UInt8(truncatingIfNeeded: digit))
            digits += 1
            if digit != 0 { isZero = false }
        }
        guard !isZero else { return nil }
    }

    private mutating func append(_ digit: UInt8) {
        for index in 0..<SerialNumber.bytesMax {
            let next = index + 1 < SerialNumber.bytesMax ? magnitude[index + 1] >> 4 : digit
            magnitude[index] = magnitude[index] &<< 4 | next
        }
    }

    public func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withUnsafeBytes(of: magnitude) { bytes throws(Failure) in try body(bytes) }
    }

    /// Whether the content of an INTEGER is one: in its shortest form, above zero, not too long.
    public static func isUsable(_ content: UnsafeRawBufferPointer) -> Bool {
        guard let first = content.first, first < 0x80 else { return false }
        guard first == 0 else { return content.count <= bytesMax }
        return content.count > 1 && content.count <= bytesMax + 1 && content[1] >= 0x80
    }
}
