// How e-mail addresses and URIs of certificates are written (RFC 5321 and RFC 3986, as RFC 5280 wants them),
// and when two addresses are the same.

import PosternCore

extension NameSyntax {
    /// Bytes of the part before the @ (RFC 5321, section 4.5.3.1).
    private static let localPartBytesMax = 64

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

    /// RFC 5280, section 7.5: the host regardless of case, what stands before the @ exactly.
    public static func isSameEmail(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        guard left.count == right.count, isSameIgnoringCase(left, right),
            let at = left.lastPosition(of: UInt8(ascii: "@"))
        else { return false }
        for index in 0..<at where left[index] != right[index] { return false }
        return true
    }

    // Characters

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

extension UnsafeRawBufferPointer {
    /// Whether these are the bytes, of an object identifier mostly.
    package func equals<let length: Int>(_ bytes: InlineArray<length, UInt8>) -> Bool {
        guard count == length else { return false }
        for index in 0..<length where self[index] != bytes[index] { return false }
        return true
    }
}
