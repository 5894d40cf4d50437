// What is signed of a certificate (RFC 5280, section 4.1) and of a request for one (RFC 2986), written in
// DER. All pointers are the caller's and live until it is written.

import PosternCore

/// What an end of a connection may do with its certificate.
public enum CertificateProfile: Sendable {
    case server
    case client
    /// Both.
    case peer

    public static func named(_ name: Text) -> CertificateProfile? {
        if name == "server" { return .server }
        if name == "client" { return .client }
        return name == "peer" ? .peer : nil
    }

    /// Days that a certificate is valid when nobody says otherwise. Browsers refuse servers with more than
    /// 398; there are few clients, so they are easy to renew and known to their own servers alone.
    public var days: Int { self == .client ? 730 : 397 }
}

public enum CertificateRole {
    /// May issue certificates, with as many authorities between it and the last certificate, for the names
    /// that a NameConstraints value allows.
    case authority(pathLength: Int?, constraints: UnsafeRawBufferPointer?)
    case end(CertificateProfile)
    /// What these extensions say, the content of the SEQUENCE of another certificate's. All of them are
    /// taken over but the key identifiers.
    case same(extensions: UnsafeRawBufferPointer?)
}

/// From the first second to the last, in seconds since 1970.
public struct Validity {
    public var notBefore: Int64
    public var notAfter: Int64

    /// Days from `now` on, and a day before that for clocks that are slow.
    public init(days: Int, from now: Int64) {
        notBefore = now - CalendarTime.secondsPerDay
        notAfter = now + Int64(widening: days) * CalendarTime.secondsPerDay - 1
    }

    public init(notBefore: Int64, notAfter: Int64) {
        self.notBefore = notBefore
        self.notAfter = notAfter
    }
}

public struct TBSCertificate {
    /// 128 random bits.
    public var serial: InlineArray<16, UInt8>
    /// A Name in DER; the issuer's is taken from its certificate byte for byte, as verifiers compare it.
    public var issuer: UnsafeRawBufferPointer
    public var subject: UnsafeRawBufferPointer
    public var validity: Validity
    /// SubjectPublicKeyInfo in DER.
    public var publicKey: UnsafeRawBufferPointer
    /// GeneralName after GeneralName in DER; empty for none.
    public var names: UnsafeRawBufferPointer
    public var role: CertificateRole
    public var subjectKeyIdentifier: UnsafeRawBufferPointer
    /// The issuer's; empty when it has none.
    public var authorityKeyIdentifier: UnsafeRawBufferPointer

    public init(
        serial: InlineArray<16, UInt8>, issuer: UnsafeRawBufferPointer, subject: UnsafeRawBufferPointer,
        validity: Validity, publicKey: UnsafeRawBufferPointer, names: UnsafeRawBufferPointer,
        role: CertificateRole, subjectKeyIdentifier: UnsafeRawBufferPointer,
        authorityKeyIdentifier: UnsafeRawBufferPointer
    ) {
        self.serial = serial
        self.issuer = issuer
        self.subject = subject
        self.validity = validity
        self.publicKey = publicKey
        self.names = names
        self.role = role
        self.subjectKeyIdentifier = subjectKeyIdentifier
        self.authorityKeyIdentifier = authorityKeyIdentifier
    }

    /// The TBSCertificate.
    public func write(to writer: inout DERWriter, _ algorithm: SignatureAlgorithm) {
        writer.constructed(DERTag.sequence) { fields in
            fields.constructed(DERTag.contextConstructed(0)) { $0.unsignedInteger(UInt32(2)) }  // version 3
            withUnsafeBytes(of: serial) { fields.unsignedInteger($0) }
            fields.append(algorithm)
            fields.append(issuer)
            fields.constructed(DERTag.sequence) { times in
                times.time(CalendarTime(seconds: validity.notBefore))
                times.time(CalendarTime(seconds: validity.notAfter))
            }
            fields.append(subject)
            fields.append(publicKey)
            fields.constructed(DERTag.contextConstructed(3)) { explicit in
                explicit.constructed(DERTag.sequence) { writeExtensions(to: &$0) }
            }
        }
    }

    private func writeExtensions(to writer: inout DERWriter) {
        switch role {
        case .authority(let pathLength, let constraints):
            TBSCertificate.writeAuthority(pathLength, to: &writer)
            // Whoever does not know the extension must not take it for a certificate without it.
            if let constraints { writer.standardExtension(30, critical: true) { $0.append(constraints) } }
        case .end(let profile):
            TBSCertificate.writeEnd(profile, to: &writer)
        case .same(let extensions):
            TBSCertificate.write(extensions, to: &writer)
        }
        writer.subjectKeyIdentifier(subjectKeyIdentifier)
        if !authorityKeyIdentifier.isEmpty { writer.authorityKeyIdentifier(authorityKeyIdentifier) }
        writer.subjectAlternativeNames(names, critical: subject.count <= TBSCertificate.emptyNameBytes)
    }

    /// Of an empty SEQUENCE.
    private static let emptyNameBytes = 2

    /// What people call it: its common name, or the first of its alternative names, which is text where
    /// there is no common name. Empty where it has neither.
    public var displayName: UnsafeRawBufferPointer {
        let commonName = DistinguishedName.commonName(of: subject)
        guard commonName.isEmpty else { return commonName }
        var reader = DERReader(alternativeNames)
        return (try? reader.next().content) ?? commonName
    }

    /// GeneralName after GeneralName, wherever they come from.
    public var alternativeNames: UnsafeRawBufferPointer {
        guard case .same(let extensions) = role,
            let names = CertificateExtensions(extensions).alternativeNames
        else { return names }
        return (try? DERElement.only(DERTag.sequence, in: names).content) ?? names
    }

    private static func writeAuthority(_ pathLength: Int?, to writer: inout DERWriter) {
        writer.standardExtension(19, critical: true) { value in  // basicConstraints
            value.constructed(DERTag.sequence) { constraints in
                constraints.boolean(true)
                if let pathLength { constraints.unsignedInteger(UInt32(pathLength)) }
            }
        }
        writer.standardExtension(15, critical: true) { value in  // keyUsage: keyCertSign, cRLSign
            value.primitive(DERTag.bitString, [1, 0x06] as InlineArray)
        }
    }

    private static func writeEnd(_ profile: CertificateProfile, to writer: inout DERWriter) {
        writer.standardExtension(19, critical: true) { value in  // basicConstraints: no authority
            value.constructed(DERTag.sequence) { _ in }
        }
        writer.standardExtension(15, critical: true) { value in  // keyUsage: digitalSignature
            value.primitive(DERTag.bitString, [7, 0x80] as InlineArray)
        }
        writer.standardExtension(37) { value in  // extendedKeyUsage
            value.constructed(DERTag.sequence) { purposes in
                if profile != .client { purposes.purpose(1) }
                if profile != .server { purposes.purpose(2) }
            }
        }
    }

    private static func write(_ extensions: UnsafeRawBufferPointer?, to writer: inout DERWriter) {
        guard let extensions else { return }
        var reader = DERReader(extensions)
        while let one = try? reader.next() {
            var fields = one.reader
            guard let identifier = try? fields.next(DERTag.objectIdentifier).content else { continue }
            let isKeyIdentifier =
                identifier.equals([0x55, 0x1D, 14]) || identifier.equals([0x55, 0x1D, 35])
            if !isKeyIdentifier { writer.append(one.whole) }
        }
    }
}

extension DERWriter {
    /// id-kp-serverAuth is 1, id-kp-clientAuth 2.
    fileprivate mutating func purpose(_ number: UInt8) {
        primitive(
            DERTag.objectIdentifier, [0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, number] as InlineArray)
    }

    /// The CertificationRequestInfo of a request.
    public mutating func certificationRequestInfo(
        subject: UnsafeRawBufferPointer, publicKey: UnsafeRawBufferPointer, names: UnsafeRawBufferPointer
    ) {
        constructed(DERTag.sequence) { fields in
            fields.unsignedInteger(UInt32(0))
            fields.append(subject)
            fields.append(publicKey)
            fields.constructed(DERTag.contextConstructed(0)) { attributes in
                guard !names.isEmpty else { return }
                attributes.constructed(DERTag.sequence) { attribute in
                    // extensionRequest (RFC 2985, section 5.4.2)
                    attribute.primitive(
                        DERTag.objectIdentifier,
                        [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x0E] as InlineArray)
                    attribute.constructed(DERTag.set) { values in
                        values.constructed(DERTag.sequence) {
                            $0.subjectAlternativeNames(names, critical: false)
                        }
                    }
                }
            }
        }
    }
}
