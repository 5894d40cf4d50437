// A request for a certificate (PKCS#10, RFC 2986) in DER, taken apart and not copied.

import PosternCore

public struct CertificateRequest {
    public let whole: UnsafeRawBufferPointer
    public let signedContent: UnsafeRawBufferPointer
    public let subject: UnsafeRawBufferPointer
    /// SubjectPublicKeyInfo, whole.
    public let publicKey: UnsafeRawBufferPointer
    /// Content of the SEQUENCE of extensions that it asks for; nil when it asks for none.
    public let extensions: UnsafeRawBufferPointer?
    public let algorithm: UnsafeRawBufferPointer
    public let signature: UnsafeRawBufferPointer

    public init(_ der: UnsafeRawBufferPointer) throws(DERFault) {
        var file = DERReader(der)
        let request = try file.next(DERTag.sequence)
        try file.end()
        whole = request.whole
        var outer = request.reader
        let content = try outer.next(DERTag.sequence)
        signedContent = content.whole
        algorithm = try outer.next(DERTag.sequence).whole
        signature = try outer.next(DERTag.bitString).bits
        try outer.end()

        var inner = content.reader
        let version = try inner.next(DERTag.integer).content
        guard version.count == 1, version[0] == 0 else { throw .badValue }
        subject = try inner.next(DERTag.sequence).whole
        publicKey = try inner.next(DERTag.sequence).whole
        extensions = try CertificateRequest.readExtensions(
            try inner.optional(DERTag.contextConstructed(0))?.content)
        try inner.end()
    }

    /// The attribute extensionRequest, 1.2.840.113549.1.9.14 (RFC 2985, section 5.4.2).
    private static func readExtensions(_ attributes: UnsafeRawBufferPointer?) throws(DERFault)
        -> UnsafeRawBufferPointer?
    {
        guard let attributes else { return nil }
        var reader = DERReader(attributes)
        while !reader.isEmpty {
            var attribute = try reader.next(DERTag.sequence).reader
            let identifier = try attribute.next(DERTag.objectIdentifier).content
            var values = try attribute.next(DERTag.set).reader
            guard identifier.equals([0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x0E]) else { continue }
            return try values.next(DERTag.sequence).content
        }
        return nil
    }
}
