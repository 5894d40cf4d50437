// A string as JSON writes it (RFC 8259, section 7), byte by byte. It is safe for a terminal, whoever wrote
// the text: what is no UTF-8 becomes U+FFFD, and control characters are escaped.

public enum JSONText {
    /// Calls `put` with each byte of the string, the quotation marks included.
    @inline(never)
    public static func quote(_ text: UnsafeBufferPointer<UInt8>, _ put: (UInt8) -> Void) {
        put(UInt8(ascii: "\""))
        var index = 0
        while index < text.count {
            let length = UTF8Text.lengthOfCharacter(in: text, at: index)
            let byte = text[index]
            if length > 1 {
                for next in index..<(index + length) { put(text[next]) }
            } else if length == 0 {
                for sign in ("\\ufffd" as Text).bytes { put(sign) }
            } else if byte < 0x20 || byte == 0x7F {
                for sign in ("\\u00" as Text).bytes { put(sign) }
                put(digit(byte &>> 4))
                put(digit(byte & 15))
            } else {
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { put(UInt8(ascii: "\\")) }
                put(byte)
            }
            index += max(length, 1)
        }
        put(UInt8(ascii: "\""))
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
