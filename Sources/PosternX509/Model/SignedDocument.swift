// What certificates, requests and revocation lists have in common, taken apart and not copied: a signature
// around a content (RFC 5280, sections 4.1.1 and 5.1.1; RFC 2986, section 4), and extensions in it.

import PosternCore

public struct SignedDocument {
    public let whole: UnsafeRawBufferPointer
    /// What is signed: a whole SEQUENCE.
    public let content: UnsafeRawBufferPointer
    /// AlgorithmIdentifier beside the signature, whole.
    public let algorithm: UnsafeRawBufferPointer
    /// The bits.
    public let signature: UnsafeRawBufferPointer
    /// Reads the fields of the content.
    let fields: DERReader

    init(_ der: UnsafeRawBufferPointer) throws(DERError) {
        let document = try DERElement.only(DERTag.sequence, in: der)
        whole = document.whole
        var outer = document.reader
        let content = try outer.next(DERTag.sequence)
        self.content = content.whole
        fields = content.reader
        algorithm = try outer.next(DERTag.sequence).whole
        signature = try outer.next(DERTag.bitString).bits
        try outer.end()
    }
}

/// One Extension (RFC 5280, section 4.1).
struct Extension {
    /// Content of the OBJECT IDENTIFIER.
    let identifier: UnsafeRawBufferPointer
    let isCritical: Bool
    /// The BOOLEAN is written as DER wants it. What it says is known either way.
    let isCriticalInForm: Bool
    /// Content of the OCTET STRING.
    let value: UnsafeRawBufferPointer

    /// The next one of a SEQUENCE of them.
    init(_ reader: inout DERReader) throws(DERError) {
        var fields = try reader.next(DERTag.sequence).reader
        identifier = try fields.next(DERTag.objectIdentifier).content
        let critical = try fields.optional(DERTag.boolean)?.content
        if let critical, critical.count != 1 { throw .badValue }
        isCritical = critical.map { $0[0] != 0 } ?? false
        // FALSE is the default, and defaults are not written in DER.
        isCriticalInForm = critical.map { $0[0] == 0xFF } ?? true
        value = try fields.next(DERTag.octetString).content
        try fields.end()
    }
}

extension DERElement {
    /// The one element that `bytes` are.
    @inline(never)
    static func only(_ tag: UInt8, in bytes: UnsafeRawBufferPointer) throws(DERError) -> DERElement {
        var reader = DERReader(bytes)
        let element = try reader.next(tag)
        try reader.end()
        return element
    }

    /// The content of a BIT STRING that has whole bytes.
    public var bits: UnsafeRawBufferPointer {
        get throws(DERError) {
            guard content.count >= 1, content[0] == 0 else { throw .badValue }
            return UnsafeRawBufferPointer(rebasing: content[1...])
        }
    }
}

extension DERReader {
    /// The element inside of the next one, if that has this explicit tag.
    @inline(never)
    mutating func explicit(_ number: UInt8, _ tag: UInt8) throws(DERError) -> DERElement? {
        guard let field = try optional(DERTag.contextConstructed(number)) else { return nil }
        return try DERElement.only(tag, in: field.content)
    }
}
