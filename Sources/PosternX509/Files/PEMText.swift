// The blocks of a PEM file (RFC 7468), found as openssl finds them: markers may have blanks behind them,
// and text around the blocks means nothing. The one reader of PEM, for what is loaded and for what renewal
// replaces in a file. Whoever forgets the line feed at the end of a file still gets a chain that works: a
// marker may stand behind another one. Base64 itself is decoded by PosternTLS, in constant time for keys.

import PosternCore

public struct PEMBlock {
    /// What stands in both markers: CERTIFICATE.
    public let label: UnsafeRawBufferPointer
    /// Base64 with blanks and line feeds, a part of the text.
    public let body: UnsafeMutableRawBufferPointer
    /// In the text, from the first dash to the end of the line of the last one.
    public let range: Range<Int>
    /// It has headers that say so (RFC 1421, section 4.6.1.1).
    public let isEncrypted: Bool

    public var isCertificate: Bool { FileFormat(self) == .certificate }
    /// A private key, in whatever form.
    public var isKey: Bool {
        let format = FileFormat(self)
        return format == .privateKey || format == .opensshKey
    }

    public func isLabelled(_ text: Text) -> Bool { hasSameBytes(label, UnsafeRawBufferPointer(text.bytes)) }

    /// Takes the blanks and line feeds out of the body, in place, and returns the base64.
    public func compact() -> UnsafeMutableRawBufferPointer {
        var count = 0
        for byte in body where !PEMText.isBlank(byte) {
            body[count] = byte
            count += 1
        }
        return UnsafeMutableRawBufferPointer(rebasing: body[..<count])
    }
}

public struct PEMText {
    private let text: UnsafeMutableRawBufferPointer
    private var position = 0

    public init(_ text: UnsafeMutableRawBufferPointer) { self.text = text }

    /// The next block; nil behind the last. Throws where one has no end, or another's.
    public mutating func next() throws(DERError) -> PEMBlock? {
        let opening: Text = "-----BEGIN "
        guard let begin = end(of: opening, from: position) else { return nil }
        guard let labelEnd = position(of: "-----", from: begin) else { throw .truncated }
        let label = UnsafeRawBufferPointer(rebasing: text[begin..<labelEnd])
        let first = labelEnd + PEMText.dashes
        guard let end = end(of: "-----END ", from: first), end + label.count + PEMText.dashes <= text.count,
            hasSameBytes(label, UnsafeRawBufferPointer(rebasing: text[end..<(end + label.count)])),
            let behind = position(of: "-----", from: end + label.count), behind == end + label.count
        else { throw .truncated }
        let marker: Text = "-----END "
        position = behind + PEMText.dashes
        let body = first..<(end - marker.count)
        let headersEnd = endOfHeaders(body)
        return PEMBlock(
            label: label, body: UnsafeMutableRawBufferPointer(rebasing: text[headersEnd..<body.upperBound]),
            range: (begin - opening.count)..<endOfLine(position),
            isEncrypted: headersEnd > body.lowerBound
                && contains("ENCRYPTED", in: body.lowerBound..<headersEnd))
    }

    /// How many private keys, and how many certificates, are in a text; those behind a damaged block are not
    /// counted.
    public static func count(_ text: UnsafeMutableRawBufferPointer) -> (keys: Int, certificates: Int) {
        var blocks = PEMText(text)
        var count = (keys: 0, certificates: 0)
        while let block = try? blocks.next() {
            count.keys += block.isKey ? 1 : 0
            count.certificates += block.isCertificate ? 1 : 0
        }
        return count
    }

    private static let dashes = 5

    /// Behind the line feed, if nothing but blanks stands in front of it.
    private func endOfLine(_ first: Int) -> Int {
        let lineFeed = UInt8(ascii: "\n")
        var index = first
        while index < text.count, text[index] != lineFeed, PEMText.isBlank(text[index]) { index += 1 }
        return index < text.count && text[index] == lineFeed ? index + 1 : index
    }

    static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
            || byte == UInt8(ascii: "\n")
    }

    private func position(of piece: Text, from first: Int) -> Int? {
        PEMText.position(of: piece, in: text, from: first)
    }

    /// Behind a piece of text.
    private func end(of piece: Text, from first: Int) -> Int? {
        position(of: piece, from: first).map { $0 + piece.count }
    }

    private func contains(_ piece: Text, in range: Range<Int>) -> Bool {
        PEMText.position(
            of: piece, in: UnsafeMutableRawBufferPointer(rebasing: text[range])) != nil
    }

    /// Where a piece of text begins, at or after `first`.
    public static func position(
        of piece: Text, in text: UnsafeMutableRawBufferPointer, from first: Int = 0
    ) -> Int? {
        var index = first
        while index + piece.count <= text.count {
            var length = 0
            while length < piece.count, text[index + length] == piece.start[length] { length += 1 }
            if length == piece.count { return index }
            index += 1
        }
        return nil
    }

    /// Headers have a colon in their first line, and a line without anything behind them.
    private func endOfHeaders(_ body: Range<Int>) -> Int {
        var line = body.lowerBound
        while line < body.upperBound, PEMText.isBlank(text[line]) { line += 1 }
        var hasColon = false
        var index = line
        while index < body.upperBound, text[index] != UInt8(ascii: "\n") {
            if text[index] == UInt8(ascii: ":") { hasColon = true }
            index += 1
        }
        guard hasColon else { return body.lowerBound }
        var isEmptyLine = false
        while index < body.upperBound {
            let byte = text[index]
            if byte == UInt8(ascii: "\n") {
                if isEmptyLine { return index + 1 }
                isEmptyLine = true
            } else if !PEMText.isBlank(byte) {
                isEmptyLine = false
            }
            index += 1
        }
        return body.upperBound
    }
}
