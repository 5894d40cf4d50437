// A request for a certificate (PKCS#10, RFC 2986) in DER, taken apart and not copied.

import PosternCore

public struct CertificateRequest {
    public let signed: SignedDocument
    public let subject: UnsafeRawBufferPointer
    /// SubjectPublicKeyInfo, whole.
    public let publicKey: UnsafeRawBufferPointer
    /// Content of the SEQUENCE of extensions that it asks for; nil when it asks for none.
    public let extensions: UnsafeRawBufferPointer?

    public init(_ der: UnsafeRawBufferPointer) throws(DERError) {
        signed = try SignedDocument(der)
        var inner = signed.fields
        let version = try inner.next(DERTag.integer).content
        guard version.count == 1, version[0] == 0 else { throw .badValue }
        subject = try inner.next(DERTag.sequence).whole
        publicKey = try inner.next(DERTag.sequence).whole
        extensions = try CertificateRequest.readExtensions(
            try inner.optional(DERTag.contextConstructed(0))?.content)
        try inner.end()
    }

    /// The attribute extensionRequest, 1.2.840.113549.1.9.14 (RFC 2985, section 5.4.2).
    private static func readExtensions(_ attributes: UnsafeRawBufferPointer?) throws(DERError)
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
