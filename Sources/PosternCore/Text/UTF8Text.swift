// Untrusted text, character by character: what may be shown on a terminal.

public enum UTF8Text {
    /// Bytes of the character at `index`; 0 when there is none that is well-formed, and for those that
    /// would change how the text around them is shown.
    public static func lengthOfCharacter(in text: UnsafeBufferPointer<UInt8>, at index: Int) -> Int {
        let length = lengthOfScalar(in: text, at: index)
        guard length > 1 else { return length }
        var scalar = UInt32(text[index]) & (0x7F &>> UInt32(length))
        for next in (index + 1)..<(index + length) { scalar = scalar &<< 6 | UInt32(text[next] & 0x3F) }
        return isSafeToShow(scalar) ? length : 0
    }

    /// Not the control characters U+0080 to U+009F, which some terminals obey, nor those that turn the
    /// direction of text round, are not seen, or end a line (Unicode, categories Cf, Zl and Zp).
    private static func isSafeToShow(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x80...0x9F, 0xAD, 0x61C, 0x180E, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF,
            0xFFF9...0xFFFB, 0xE0000...0xE007F:
            false
        default: true
        }
    }

    /// Bytes of the Unicode scalar at `index` (RFC 3629, section 4); 0 when there is none.
    public static func lengthOfScalar(in text: UnsafeBufferPointer<UInt8>, at index: Int) -> Int {
        let first = text[index]
        if first < 0x80 { return 1 }
        let length = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0
        guard length > 0, text.count - index >= length else { return 0 }
        for next in (index + 1)..<(index + length) where text[next] & 0xC0 != 0x80 { return 0 }
        let second = text[index + 1]
        switch first {
        case 0xE0: return second >= 0xA0 ? length : 0
        case 0xED: return second < 0xA0 ? length : 0
        case 0xF0: return second >= 0x90 ? length : 0
        case 0xF4: return second < 0x90 ? length : 0
        default: return length
        }
    }
}

extension Line {
    /// Appends untrusted text: what is no text becomes question marks.
    public mutating func append(foreign text: UnsafeBufferPointer<UInt8>) {
        var index = 0
        while index < text.count {
            let length = UTF8Text.lengthOfCharacter(in: text, at: index)
            if length == 0 { append(byte: UInt8(ascii: "?")) }
            for next in index..<(index + length) { append(byte: text[next]) }
            index += max(length, 1)
        }
    }
}
