// What every signed object of X.509 is made of, written in DER: names, key identifiers, extensions,
// algorithms. TBSCertificate and TBSCertList put them together; PosternTLS signs them.

import PosternCore

/// How we sign (RFC 4055, RFC 5758); what we take from others, SignatureScheme knows.
public enum SignatureAlgorithm: Sendable {
    case ecdsaWithSHA256
    case ecdsaWithSHA384
    case rsaWithSHA256
}

/// SHA-256 of the public key's bits, cut to 160 bits (RFC 7093, section 2, method 1).
public typealias KeyIdentifier = InlineArray<20, UInt8>

extension DERWriter {
    public mutating func append(_ algorithm: SignatureAlgorithm) {
        switch algorithm {
        case .ecdsaWithSHA256: append(ecdsa: 2)
        case .ecdsaWithSHA384: append(ecdsa: 3)
        case .rsaWithSHA256: append(rsa: 11)
        }
    }

    /// 1.2.840.10045.4.3.x
    private mutating func append(ecdsa last: UInt8) {
        constructed(DERTag.sequence) { identifier in
            identifier.primitive(
                DERTag.objectIdentifier, [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, last] as InlineArray)
        }
    }

    /// 1.2.840.113549.1.1.x
    private mutating func append(rsa last: UInt8) {
        constructed(DERTag.sequence) { identifier in
            identifier.primitive(
                DERTag.objectIdentifier,
                [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, last] as InlineArray)
            identifier.primitive(DERTag.null, UnsafeRawBufferPointer(start: nil, count: 0))
        }
    }

    /// A Name with a common name alone (RFC 5280, section 4.1.2.4).
    /// Empty text makes an empty Name.
    public mutating func name(commonName text: UnsafeRawBufferPointer) {
        constructed(DERTag.sequence) { name in
            guard !text.isEmpty else { return }
            name.constructed(DERTag.set) { relative in
                relative.constructed(DERTag.sequence) { attribute in
                    attribute.primitive(DERTag.objectIdentifier, [0x55, 0x04, 0x03] as InlineArray)
                    attribute.primitive(DERTag.utf8String, text)
                }
            }
        }
    }

    /// An extension under 2.5.29 (RFC 5280, section 4.2); `value` writes what is in its OCTET STRING.
    mutating func standardExtension(
        _ number: UInt8, critical: Bool = false, _ value: (inout DERWriter) -> Void
    ) {
        constructed(DERTag.sequence) { fields in
            fields.primitive(DERTag.objectIdentifier, [0x55, 0x1D, number] as InlineArray)
            if critical { fields.boolean(true) }
            fields.constructed(DERTag.octetString, value)
        }
    }

    mutating func subjectKeyIdentifier(_ identifier: UnsafeRawBufferPointer) {
        standardExtension(14) { value in value.primitive(DERTag.octetString, identifier) }
    }

    /// The issuer's own subject key identifier.
    mutating func authorityKeyIdentifier(_ identifier: UnsafeRawBufferPointer) {
        standardExtension(35) { value in
            value.constructed(DERTag.sequence) { $0.primitive(DERTag.context(0), identifier) }
        }
    }

    /// `names` are GeneralName after GeneralName. The extension is critical where it alone says whose the
    /// certificate is (RFC 5280, section 4.2.1.6).
    mutating func subjectAlternativeNames(_ names: UnsafeRawBufferPointer, critical: Bool) {
        guard !names.isEmpty else { return }
        standardExtension(17, critical: critical) { value in
            value.constructed(DERTag.sequence) { $0.append(names) }
        }
    }

    /// A BIT STRING of whole bytes.
    public mutating func bitString(_ bytes: UnsafeRawBufferPointer) {
        constructed(DERTag.bitString) { content in
            content.append(0)
            content.append(bytes)
        }
    }
}
