// How names are written (RFC 1034 and 1123, RFC 3986, RFC 5321 as RFC 5280 wants them), and when two are the
// same. ASCII only: other letters come as xn-- labels.

import PosternCore

public enum NameSyntax {
    /// Bytes of a DNS name and of one of its labels (RFC 1034, section 3.1).
    private static let hostBytesMax = 253
    private static let labelBytesMax = 63
    /// Bytes of the part before the @ (RFC 5321, section 4.5.3.1).
    private static let localPartBytesMax = 64

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

    /// local@host, the local part without quotes.
    public static func isEmail(_ text: UnsafeRawBufferPointer) -> Bool {
        guard let at = text.lastPosition(of: UInt8(ascii: "@")), at >= 1, at <= localPartBytesMax else {
            return false
        }
        var wasDot = true
        for index in 0..<at {
            let byte = text[index]
            let isDot = byte == UInt8(ascii: ".")
            guard isDot ? !wasDot : isLetter(byte) || isDigit(byte) || isLocalPartSign(byte) else {
                return false
            }
            wasDot = isDot
        }
        return !wasDot && isHost(UnsafeRawBufferPointer(rebasing: text[(at + 1)...]))
    }

    /// scheme://host/..., or scheme:something. What looks like host:port, or like an IPv6 address, is none,
    /// nor is a name behind its kind, as `certificate show` and openssl write it.
    public static func isURI(_ text: UnsafeRawBufferPointer) -> Bool {
        guard let colon = text.position(of: UInt8(ascii: ":")), colon >= 2, isLetter(text[0]) else {
            return false
        }
        var hasDot = false
        for index in 0..<colon {
            let byte = text[index]
            guard isLetter(byte) || isDigit(byte) || isSchemeSign(byte) else { return false }
            if byte == UInt8(ascii: ".") { hasDot = true }
        }
        let rest = UnsafeRawBufferPointer(rebasing: text[(colon + 1)...])
        guard hasURICharacters(rest) else { return false }
        if let host = host(ofURI: text) { return isHost(host) || IPAddress(host) != nil }
        guard !hasDot, rest.count >= 1, rest[0] != UInt8(ascii: "/"),
            !isKind(UnsafeRawBufferPointer(rebasing: text[..<colon]))
        else { return false }
        var hasOtherThanAddress = false
        for byte in rest where hexadecimalValue(byte) == nil && byte != UInt8(ascii: ":") {
            hasOtherThanAddress = true
        }
        return hasOtherThanAddress
    }

    private static func isKind(_ scheme: UnsafeRawBufferPointer) -> Bool {
        let kinds: InlineArray<4, Text> = ["dns", "ip", "email", "uri"]
        for index in kinds.indices
        where isSameIgnoringCase(scheme, UnsafeRawBufferPointer(kinds[index].bytes)) { return true }
        return false
    }

    /// The host of scheme://user@host:port/path, without the brackets of an IPv6 address; nil where nothing
    /// follows the scheme but a path.
    public static func host(ofURI text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard let colon = text.position(of: UInt8(ascii: ":")), text.count >= colon + 3,
            text[colon + 1] == UInt8(ascii: "/"), text[colon + 2] == UInt8(ascii: "/")
        else { return nil }
        var first = colon + 3
        var end = first
        while end < text.count, !isAuthorityEnd(text[end]) { end += 1 }
        for index in first..<end where text[index] == UInt8(ascii: "@") { first = index + 1 }
        if first < end, text[first] == UInt8(ascii: "[") {
            var close = first
            while close < end, text[close] != UInt8(ascii: "]") { close += 1 }
            // Without the closing bracket nothing, which is no host.
            return UnsafeRawBufferPointer(rebasing: text[(close < end ? first + 1 : close)..<close])
        }
        for index in first..<end where text[index] == UInt8(ascii: ":") {
            end = index
            break
        }
        return UnsafeRawBufferPointer(rebasing: text[first..<end])
    }

    // Comparing

    /// RFC 9525, section 6.3: an asterisk is the whole first label of a pattern and stands for exactly one
    /// label. Letters are compared regardless of case.
    public static func dnsName(
        _ pattern: UnsafeRawBufferPointer, covers name: UnsafeRawBufferPointer
    ) -> Bool {
        guard pattern.count > 2, pattern[0] == UInt8(ascii: "*"), pattern[1] == UInt8(ascii: ".") else {
            return isSameIgnoringCase(pattern, name)
        }
        guard let dot = name.position(of: UInt8(ascii: ".")), dot > 0, name[0] != UInt8(ascii: "*") else {
            return false
        }
        return isSameIgnoringCase(
            UnsafeRawBufferPointer(rebasing: pattern[1...]), UnsafeRawBufferPointer(rebasing: name[dot...]))
    }

    // Not inlined: names are compared in many places.
    @inline(never) public static func isSameIgnoringCase(
        _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer
    ) -> Bool {
        guard left.count == right.count else { return false }
        for index in 0..<left.count where lowercase(left[index]) != lowercase(right[index]) { return false }
        return true
    }

    /// RFC 5280, section 7.5: the host regardless of case, what stands before the @ exactly.
    public static func isSameEmail(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        guard left.count == right.count, isSameIgnoringCase(left, right),
            let at = left.lastPosition(of: UInt8(ascii: "@"))
        else { return false }
        for index in 0..<at where left[index] != right[index] { return false }
        return true
    }

    // Characters

    static func lowercase(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }

    static func isLetter(_ byte: UInt8) -> Bool {
        lowercase(byte) >= UInt8(ascii: "a") && lowercase(byte) <= UInt8(ascii: "z")
    }

    /// Anywhere in a label of a DNS name; a hyphen is not at its ends.
    static func isLabelSign(_ byte: UInt8) -> Bool {
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

    private static func isOne(of signs: Text, _ byte: UInt8) -> Bool {
        UnsafeRawBufferPointer(signs.bytes).position(of: byte) != nil
    }
    private static func isSchemeSign(_ byte: UInt8) -> Bool { isOne(of: "+-.", byte) }
    private static func isLocalPartSign(_ byte: UInt8) -> Bool { isOne(of: "!#$%&'*+-/=?^_`{|}~", byte) }
    private static func isAuthorityEnd(_ byte: UInt8) -> Bool { isOne(of: "/?#", byte) }

    /// RFC 3986, section 2: reserved and unreserved characters, and % with two hexadecimal digits.
    private static func hasURICharacters(_ text: UnsafeRawBufferPointer) -> Bool {
        for index in 0..<text.count {
            let byte = text[index]
            if byte == UInt8(ascii: "%") {
                guard index + 2 < text.count, hexadecimalValue(text[index + 1]) != nil,
                    hexadecimalValue(text[index + 2]) != nil
                else { return false }
            } else if !isLetter(byte), !isDigit(byte), !isOne(of: "-._~:/?#[]@!$&'()*+,;=", byte) {
                return false
            }
        }
        return true
    }
}

// Not those of Collection: they bring Array along, which a build without allocations refuses.
extension UnsafeRawBufferPointer {
    package func position(of byte: UInt8) -> Int? {
        for index in 0..<count where self[index] == byte { return index }
        return nil
    }

    func lastPosition(of byte: UInt8) -> Int? {
        for index in (0..<count).reversed() where self[index] == byte { return index }
        return nil
    }
}

extension UnsafeRawBufferPointer {
    /// Whether these are the bytes, of an object identifier mostly.
    package func equals<let length: Int>(_ bytes: InlineArray<length, UInt8>) -> Bool {
        guard count == length else { return false }
        for index in 0..<length where self[index] != bytes[index] { return false }
        return true
    }
}
