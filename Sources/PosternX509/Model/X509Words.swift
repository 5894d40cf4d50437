// What certificates hold, as text for people: names, faults. All of it was written by others.

import PosternCore

extension Line {
    /// CN=board, O=Home: in the order in which it is written, with the signs escaped that RFC 4514 names.
    public mutating func append(distinguishedName name: UnsafeRawBufferPointer) {
        let start = count
        DistinguishedName.forEachAttribute(of: name) { identifier, value in
            if count > start { append(", ") }
            if let known = DistinguishedName.shortName(identifier) {
                append(known)
            } else {
                append(objectIdentifier: identifier)
            }
            append("=")
            append(value: value)
            return true
        }
        if count == start { append("(no name)") }
    }

    /// A certificate by its subject, or where that is empty by its first alternative name.
    public mutating func append(nameOf certificate: Certificate) {
        let emptySequenceBytes = 2
        if certificate.subject.count <= emptySequenceBytes,
            let names = CertificateExtensions(certificate.extensions).alternativeNames,
            var reader = try? PresentedNames(names), let first = try? reader.next()
        {
            append(first)
        } else {
            append(distinguishedName: certificate.subject)
        }
    }

    /// certificate 1 (CN=Home CA) has expired: the first of the faults of a certificate in DER.
    public mutating func append(
        _ fault: CertificateFaults, of certificate: UnsafeRawBufferPointer, at depth: Int
    ) {
        append("certificate ")
        append(depth)
        guard let certificate = try? Certificate(certificate) else {
            append(" ")
            return append(fault.words)
        }
        append(" (")
        append(nameOf: certificate)
        append(") ")
        append(fault.words)
        append(placeOf: fault, in: certificate)
    }

    /// CN=Home CA has expired: the first of the faults of a trust anchor that has issued nothing yet.
    public mutating func append(_ fault: CertificateFaults, ofAnchor certificate: Certificate) {
        append(nameOf: certificate)
        append(" ")
        switch fault.first {
        case .notAnAuthority: append("is not an authority's certificate (basic constraints)")
        case .wrongKeyUsage: append("may not sign certificates, by its key usage")
        case .wrongPurpose: append("is not for clients, by its extended key usage")
        default: append(fault.words)
        }
        append(placeOf: fault, in: certificate)
    }

    /// Behind a fault in words: when, whose, or where.
    private mutating func append(placeOf fault: CertificateFaults, in certificate: Certificate) {
        switch fault.first {
        case .expired:
            append(" on ")
            append(CalendarTime(seconds: certificate.notAfter))
        case .notYetValid:
            append(" until ")
            append(CalendarTime(seconds: certificate.notBefore))
        case .untrusted, .badSignature, .crlMissing, .crlExpired, .crlUnsupported, .crlBad:
            append(": ")
            append(distinguishedName: certificate.issuer)
        case .unknownCriticalExtension:
            guard let unknown = CertificateExtensions(certificate.extensions).unknown else { return }
            append(": ")
            append(objectIdentifier: unknown)
        case .badExtension:
            let extensions = CertificateExtensions(certificate.extensions)
            if let bad = extensions.bad {
                append(": ")
                append(extension: bad)
            } else if extensions.isAuthority, !extensions.basicConstraintsAreCritical {
                append(": basicConstraints, which must be critical")
            }
        default: break
        }
    }

    /// Behind a sentence that a certificate is not for a name: why, where it has no names but the one that
    /// does not count.
    public mutating func append(absentNamesOf certificate: UnsafeRawBufferPointer) {
        guard let certificate = try? Certificate(certificate),
            CertificateExtensions(certificate.extensions).alternativeNames == nil
        else { return }
        append(
            ": it has a common name alone, which does not count (RFC 9525); issue it with alternative names")
    }

    /// basicConstraints, or another identifier in numbers.
    private mutating func append(extension identifier: UnsafeRawBufferPointer) {
        switch identifier.last {
        case 15: append("keyUsage")
        case 19: append("basicConstraints")
        case 30: append("nameConstraints")
        case 37: append("extKeyUsage")
        default: append(objectIdentifier: identifier)
        }
    }

    /// 1.2.840.113549
    public mutating func append(objectIdentifier content: UnsafeRawBufferPointer) {
        var number: UInt64 = 0
        var isFirst = true
        for byte in content {
            // What is larger than any number in use is cut.
            number = number &<< 7 | UInt64(widening: byte & 0x7F)
            guard byte < 0x80 else { continue }
            if isFirst {
                let root = min(number / 40, 2)
                append(root)
                number -= root * 40
            }
            append(".")
            append(number)
            isFirst = false
            number = 0
        }
    }

    /// P-256, or the identifier of another algorithm, of a SubjectPublicKeyInfo.
    public mutating func append(publicKey information: UnsafeRawBufferPointer) {
        let kind = (try? PublicKeyKind(information)) ?? .other
        append(kind)
        guard case .other = kind else { return }
        append(", algorithm ")
        var reader = DERReader(information)
        if var key = try? reader.next().reader, let algorithm = try? key.next() {
            append(algorithm: algorithm.whole)
        }
    }

    /// ecdsa-with-SHA256, or the identifier of another algorithm.
    public mutating func append(signatureAlgorithm identifier: UnsafeRawBufferPointer) {
        if let known = SignatureScheme(identifier) {
            append(known.name)
        } else {
            append(algorithm: identifier)
        }
    }

    private mutating func append(algorithm identifier: UnsafeRawBufferPointer) {
        var reader = DERReader(identifier)
        if var fields = try? reader.next().reader, let first = try? fields.next() {
            append(objectIdentifier: first.content)
        }
    }

    /// 0a1b2c
    public mutating func append(hexadecimal bytes: UnsafeRawBufferPointer) {
        for byte in bytes {
            append(hexadecimalDigit: Int(byte &>> 4))
            append(hexadecimalDigit: Int(byte & 15))
        }
    }

    private mutating func append(value: DERElement) {
        let bmpString: UInt8 = 0x1E
        var index = 0
        let content = value.content
        while index < content.count {
            var length = 1
            if value.tag == bmpString {
                // Two bytes a character; of those beyond ASCII only that there is one.
                let isPlain = content[index] == 0 && index + 1 < content.count && content[index + 1] < 0x80
                append(escaped: isPlain ? content[index + 1] : UInt8(ascii: "?"))
                length = 2
            } else if content[index] < 0x80 {
                append(escaped: content[index])
            } else {
                let rest = UnsafeRawBufferPointer(rebasing: content[index...])
                length = rest.withMemoryRebound(to: UInt8.self) { text in
                    let length = UTF8Text.lengthOfCharacter(in: text, at: 0)
                    append(foreign: UnsafeBufferPointer(rebasing: text[..<max(length, 1)]))
                    return max(length, 1)
                }
            }
            index += length
        }
    }

    private mutating func append(escaped byte: UInt8) {
        let signs: Text = ",+\"\\<>;"
        if UnsafeRawBufferPointer(signs.bytes).position(of: byte) != nil { append("\\") }
        append(byte: byte)
    }
}

extension DistinguishedName {
    /// 2.5.4.x with these x.
    static func shortName(_ identifier: UnsafeRawBufferPointer) -> Text? {
        if identifier.count == 3, identifier[0] == 0x55, identifier[1] == 0x04 {
            switch identifier[2] {
            case 3: return "CN"
            case 4: return "SN"
            case 5: return "serialNumber"
            case 6: return "C"
            case 7: return "L"
            case 8: return "ST"
            case 9: return "street"
            case 10: return "O"
            case 11: return "OU"
            case 12: return "title"
            case 42: return "GN"
            default: return nil
            }
        }
        if DistinguishedName.isEmailAddress(identifier) { return "emailAddress" }
        // 0.9.2342.19200300.100.1.25
        if identifier.equals([0x09, 0x92, 0x26, 0x89, 0x93, 0xF2, 0x2C, 0x64, 0x01, 0x19]) { return "DC" }
        return nil
    }
}
