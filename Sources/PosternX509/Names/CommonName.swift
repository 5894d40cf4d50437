// What may stand as a common name and is no alternative name of any kind: a person, a serial number, a
// hardware address. Certificates of clients are issued for such names, and lists of clients have them; a
// server never has one, since nobody looks for it there (RFC 9525).

import PosternCore

public enum CommonName {
    /// Characters of a common name (RFC 5280, appendix A.1: ub-common-name).
    public static let charactersMax = 64
    /// Bytes of as many characters in UTF-8.
    public static let bytesMax = 4 * charactersMax

    /// 1 to 64 characters in UTF-8, none of them a control character: what an authority may be called.
    public static func isText(_ text: UnsafeRawBufferPointer) -> Bool {
        guard text.count <= bytesMax else { return false }
        var index = 0
        var characters = 0
        let bytes = text.bindMemory(to: UInt8.self)
        while index < bytes.count, !isControl(bytes[index]) {
            let length = UTF8Text.lengthOfCharacter(in: bytes, at: index)
            guard length > 0 else { return false }
            index += length
            characters += 1
        }
        return index == bytes.count && characters >= 1 && characters <= charactersMax
    }

    /// Whether a word is meant as a common name: it is no GeneralName, and no GeneralName with a slip of
    /// the pen, such as a wildcard in the wrong place, an address with a wrong number, or host:port.
    public static func isName(_ text: UnsafeRawBufferPointer) -> Bool {
        guard isText(text), GeneralName(text) == nil else { return false }
        let blank = UInt8(ascii: " ")
        guard text[0] != blank, text[text.count - 1] != blank, text[0] != UInt8(ascii: "-"),
            text.position(of: UInt8(ascii: "*")) == nil, !isMistakenAddress(text)
        else { return false }
        guard text.position(of: blank) == nil else { return true }
        // A host with an empty label, or one that ends or begins in the wrong way.
        if isASCII(text), hasOnlyHostSigns(text) { return text.position(of: UInt8(ascii: ".")) == nil }
        let isLikeEmail = text.position(of: UInt8(ascii: "@")) != nil
        let isLikeURI = text.position(of: UInt8(ascii: ":")) != nil && !isHardwareAddress(text)
        return !isLikeEmail && !isLikeURI
    }

    /// 192.0.2.300: digits and dots that are no address.
    package static func isMistakenAddress(_ text: UnsafeRawBufferPointer) -> Bool {
        guard text.position(of: UInt8(ascii: ".")) != nil else { return false }
        for byte in text where !NameSyntax.isDigit(byte) && byte != UInt8(ascii: ".") { return false }
        return true
    }

    package static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7F }

    private static func isASCII(_ text: UnsafeRawBufferPointer) -> Bool {
        for byte in text where byte >= 0x80 { return false }
        return true
    }

    private static func hasOnlyHostSigns(_ text: UnsafeRawBufferPointer) -> Bool {
        for byte in text
        where !NameSyntax.isLabelSign(byte) && byte != UInt8(ascii: "-") && byte != UInt8(ascii: ".") {
            return false
        }
        return true
    }

    /// 00:1b:44:11:3a:b7, and so on: groups of two hexadecimal digits.
    private static func isHardwareAddress(_ text: UnsafeRawBufferPointer) -> Bool {
        guard text.count % 3 == 2 else { return false }
        for index in 0..<text.count {
            let isRight =
                index % 3 == 2
                ? text[index] == UInt8(ascii: ":") : NameSyntax.hexadecimalValue(text[index]) != nil
            guard isRight else { return false }
        }
        return true
    }
}
