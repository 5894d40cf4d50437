// The list of pinned keys: SHA-256 of a client's public key (SubjectPublicKeyInfo), one a line, 64
// hexadecimal digits (colons between bytes allowed) or 44 characters of Base64, with or without `sha256`,
// `sha256/` or `sha256:` in front. It lives in memory of its owner and never changes.

import PosternCore
import PosternX509

public struct PinList {
    public static let pinBytes = 32

    /// The pins, one behind the other.
    public let pins: UnsafeRawBufferPointer

    /// Bytes of memory that the pins of a text need at most: a pin is shorter than its line.
    public static func memoryBytes(for text: UnsafeRawBufferPointer) -> Int { text.count }

    /// Reads a file's contents into `memory`, of which the list is then a part.
    public init(
        _ text: UnsafeRawBufferPointer, into memory: UnsafeMutableRawBufferPointer
    ) throws(ListError) {
        try ListError.checkText(text)
        var reader = ListReader(text)
        var used = 0
        while let entry = reader.next() {
            guard used + PinList.pinBytes <= memory.count,
                PinList.read(
                    entry,
                    into: UnsafeMutableRawBufferPointer(rebasing: memory[used..<used + PinList.pinBytes]))
            else { throw ListError(problem: .noPin, lineNumber: reader.lineNumber) }
            used += PinList.pinBytes
        }
        pins = UnsafeRawBufferPointer(rebasing: memory[..<used])
    }

    public var count: Int { pins.count / PinList.pinBytes }

    /// Whether a key is pinned. All pins are compared in whole, so that the time tells nothing about them.
    public func contains(_ pin: UnsafeRawBufferPointer) -> Bool {
        guard pin.count == PinList.pinBytes else { return false }
        var found = false
        for first in stride(from: 0, to: pins.count, by: PinList.pinBytes) {
            var difference: UInt8 = 0
            for index in 0..<PinList.pinBytes { difference |= pins[first + index] ^ pin[index] }
            if difference == 0 { found = true }
        }
        return found
    }

    // One line

    private static func read(
        _ entry: UnsafeRawBufferPointer, into pin: UnsafeMutableRawBufferPointer
    ) -> Bool {
        let text = withoutPrefix(entry)
        return readHexadecimal(text, into: pin) || readBase64(text, into: pin)
    }

    private static func withoutPrefix(_ entry: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let prefix: Text = "sha256"
        guard entry.count > prefix.count + 1,
            NameSyntax.isSameIgnoringCase(
                UnsafeRawBufferPointer(rebasing: entry[..<prefix.count]),
                UnsafeRawBufferPointer(prefix.bytes))
        else { return entry }
        var first = prefix.count
        while first < entry.count, entry[first] == UInt8(ascii: "/") || entry[first] == UInt8(ascii: ":") {
            first += 1
        }
        return UnsafeRawBufferPointer(rebasing: entry[first...])
    }

    private static func readHexadecimal(
        _ text: UnsafeRawBufferPointer, into pin: UnsafeMutableRawBufferPointer
    ) -> Bool {
        var digits = 0
        for index in 0..<text.count {
            if text[index] == UInt8(ascii: ":"), digits > 0, digits % 2 == 0, index + 1 < text.count,
                text[index - 1] != UInt8(ascii: ":")
            {
                continue
            }
            guard let value = NameSyntax.hexadecimalValue(text[index]), digits < 2 * pinBytes else {
                return false
            }
            let high = digits % 2 == 0
            pin[digits / 2] = UInt8(truncatingIfNeeded: high ? value &<< 4 : Int(pin[digits / 2]) | value)
            digits += 1
        }
        return digits == 2 * pinBytes
    }

    /// RFC 4648, section 4: 43 characters and one `=`, whose last two bits are zero.
    private static func readBase64(
        _ text: UnsafeRawBufferPointer, into pin: UnsafeMutableRawBufferPointer
    ) -> Bool {
        guard text.count == 44, text[43] == UInt8(ascii: "=") else { return false }
        var bits: UInt32 = 0
        var bitCount: UInt32 = 0
        var written = 0
        for index in 0..<43 {
            guard let value = base64Value(text[index]) else { return false }
            bits = bits &<< 6 | value
            bitCount += 6
            if bitCount >= 8 {
                bitCount -= 8
                pin[written] = UInt8(truncatingIfNeeded: bits &>> bitCount)
                written += 1
            }
        }
        return bits & 3 == 0
    }

    private static func base64Value(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
