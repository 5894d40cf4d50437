// How DNS names are written (RFC 1034 and 1123), and when two are the same. ASCII only: other letters come
// as xn-- labels. What a certificate may have beside them is in PosternX509.

public enum NameSyntax {
    /// Bytes of a DNS name and of one of its labels (RFC 1034, section 3.1).
    private static let hostBytesMax = 253
    private static let labelBytesMax = 63

    /// Labels of letters, digits, hyphens and underscores, no dot at the end; the last one is not all
    /// digits, which would be an address written wrong. Underscores are not in RFC 1123, but in the names
    /// of devices.
    public static func isHost(_ text: UnsafeRawBufferPointer) -> Bool {
        guard text.count >= 1, text.count <= hostBytesMax else { return false }
        var label = 0
        var hasOnlyDigits = true
        for index in 0...text.count {
            guard index < text.count, text[index] != UInt8(ascii: ".") else {
                guard label >= 1, label <= labelBytesMax, text[index - 1] != UInt8(ascii: "-") else {
                    return false
                }
                if index < text.count { hasOnlyDigits = true }
                label = 0
                continue
            }
            let byte = text[index]
            guard isLabelSign(byte) || (byte == UInt8(ascii: "-") && label > 0) else { return false }
            if !isDigit(byte) { hasOnlyDigits = false }
            label += 1
        }
        return !hasOnlyDigits
    }

    // Comparing

    /// RFC 9525, section 6.3: an asterisk is the whole first label of a pattern and stands for exactly one
    /// label. Letters are compared regardless of case.
    public static func dnsName(
        _ pattern: UnsafeRawBufferPointer, covers name: UnsafeRawBufferPointer
    ) -> Bool {
        guard isWildcard(pattern) else { return isSameIgnoringCase(pattern, name) }
        guard let dot = name.position(of: UInt8(ascii: ".")), dot > 0, name[0] != UInt8(ascii: "*") else {
            return false
        }
        return isSameIgnoringCase(
            UnsafeRawBufferPointer(rebasing: pattern[1...]), UnsafeRawBufferPointer(rebasing: name[dot...]))
    }

    /// Whether the whole first label is an asterisk.
    public static func isWildcard(_ pattern: UnsafeRawBufferPointer) -> Bool {
        pattern.count > 2 && pattern[0] == UInt8(ascii: "*") && pattern[1] == UInt8(ascii: ".")
    }

    // Not inlined: names are compared in many places.
    @inline(never) public static func isSameIgnoringCase(
        _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer
    ) -> Bool {
        guard left.count == right.count else { return false }
        for index in 0..<left.count where lowercase(left[index]) != lowercase(right[index]) { return false }
        return true
    }

    // Characters

    package static func lowercase(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }

    package static func isLetter(_ byte: UInt8) -> Bool {
        lowercase(byte) >= UInt8(ascii: "a") && lowercase(byte) <= UInt8(ascii: "z")
    }

    /// Anywhere in a label of a DNS name; a hyphen is not at its ends.
    package static func isLabelSign(_ byte: UInt8) -> Bool {
        isLetter(byte) || isDigit(byte) || byte == UInt8(ascii: "_")
    }

    package static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    package static func hexadecimalValue(_ byte: UInt8) -> Int? {
        if isDigit(byte) { return Int(byte - UInt8(ascii: "0")) }
        let letter = lowercase(byte)
        guard letter >= UInt8(ascii: "a"), letter <= UInt8(ascii: "f") else { return nil }
        return Int(letter - UInt8(ascii: "a")) + 10
    }
}

// Not those of Collection: they bring Array along, which a build without allocations refuses.
extension UnsafeRawBufferPointer {
    package func position(of byte: UInt8) -> Int? {
        for index in 0..<count where self[index] == byte { return index }
        return nil
    }

    package func lastPosition(of byte: UInt8) -> Int? {
        for index in (0..<count).reversed() where self[index] == byte { return index }
        return nil
    }
}
