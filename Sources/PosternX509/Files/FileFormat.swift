// Formats that are recognized but not read, for messages: a form that is not read here, or another thing
// than was asked for. Found by how it begins. For messages: each has its name, and the command that makes
// something of it that is read.

import PosternCore

public enum FileFormat: UInt8, Sendable {
    case utf16
    case pkcs12
    case pkcs7
    case pkcs7DER
    /// It may carry rejections, which would be passed over.
    case trustedCertificate
    case opensshKey
    /// Curves by all their numbers, which nobody can check at a glance (RFC 5480, section 2.1.1, forbids
    /// them).
    case explicitCurveKey
    case explicitCurveCertificate
    // Right in another place.
    case certificate
    case request
    case revocationList
    case privateKey
    case publicKey

    /// Of a file's contents, where they are no PEM and no document of ours; nil for anything else.
    public init?(_ contents: UnsafeRawBufferPointer) {
        if FileFormat.isUTF16(contents) {
            self = .utf16
        } else if let format = FileFormat.container(contents) {
            self = format
        } else if FileFormat.isPrivateKey(contents) {
            self = .privateKey
        } else {
            return nil
        }
    }

    /// Of a label in PEM; nil for those that are nothing of these.
    public init?(_ block: PEMBlock) {
        if block.isLabelled("CERTIFICATE") || block.isLabelled("X509 CERTIFICATE") {
            self = .certificate
        } else if block.isLabelled("CERTIFICATE REQUEST") || block.isLabelled("NEW CERTIFICATE REQUEST") {
            self = .request
        } else if block.isLabelled("X509 CRL") {
            self = .revocationList
        } else if block.isLabelled("TRUSTED CERTIFICATE") {
            self = .trustedCertificate
        } else if block.isLabelled("PKCS7") || block.isLabelled("CMS") {
            self = .pkcs7
        } else if block.isLabelled("OPENSSH PRIVATE KEY") {
            self = .opensshKey
        } else if block.isLabelled("PUBLIC KEY") || block.isLabelled("RSA PUBLIC KEY") {
            self = .publicKey
        } else if FileFormat.isKeyLabel(block.label) {
            self = .privateKey
        } else {
            return nil
        }
    }

    /// Behind "holds".
    public var name: Text {
        switch self {
        case .utf16: "text in UTF-16"
        case .pkcs12: "PKCS#12"
        case .pkcs7, .pkcs7DER: "PKCS#7"
        case .trustedCertificate: "a TRUSTED CERTIFICATE, whose rejections are not read"
        case .opensshKey: "a key in the form of OpenSSH"
        case .explicitCurveKey: "a key with explicit curve parameters"
        case .explicitCurveCertificate: "a certificate with explicit curve parameters"
        case .certificate: "a certificate"
        case .request: "a request for a certificate"
        case .revocationList: "a revocation list"
        case .privateKey: "a private key"
        case .publicKey: "a public key"
        }
    }

    /// What to do about it; nil where only another file helps.
    public var advice: Text? {
        switch self {
        case .utf16: "convert it: iconv -f UTF-16 -t UTF-8 FILE > NEW"
        case .pkcs12: "convert it: openssl pkcs12 -in FILE -nodes -out NEW"
        case .pkcs7: "convert it: openssl pkcs7 -in FILE -print_certs -out NEW"
        case .pkcs7DER: "convert it: openssl pkcs7 -inform DER -in FILE -print_certs -out NEW"
        case .trustedCertificate: "convert it: openssl x509 -in FILE -out NEW"
        case .opensshKey: "convert it: ssh-keygen -p -N '' -m PEM -f FILE"
        case .explicitCurveKey: "convert it: openssl ec -in FILE -param_enc named_curve -out NEW"
        case .explicitCurveCertificate:
            "convert its key with openssl ec -in KEY -param_enc named_curve -out NEW, and issue it again"
        case .request: "have it signed first, as with postern certificate sign"
        case .certificate, .revocationList, .privateKey, .publicKey: nil
        }
    }

    // How they begin

    private static func isUTF16(_ contents: UnsafeRawBufferPointer) -> Bool {
        guard contents.count >= 4 else { return false }
        let mark = Int(contents[0]) &<< 8 | Int(contents[1])
        if mark == 0xFFFE || mark == 0xFEFF { return true }
        // Without a mark: ASCII with a zero beside each character.
        let isLittleEndian = contents[1] == 0 && contents[3] == 0
        let isBigEndian = contents[0] == 0 && contents[2] == 0
        return isLittleEndian
            ? isPrintable(contents[0]) && isPrintable(contents[2])
            : isBigEndian && isPrintable(contents[1]) && isPrintable(contents[3])
    }

    private static func isPrintable(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x7F || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
    }

    /// PKCS#12 (RFC 7292) and PKCS#7 (RFC 2315), whose outer lengths may be indefinite.
    private static func container(_ contents: UnsafeRawBufferPointer) -> FileFormat? {
        guard contents.count >= 24, contents[0] == DERTag.sequence else { return nil }
        var first = contents[1] > 0x80 && contents[1] <= 0x84 ? 2 + Int(contents[1] & 0x7F) : 2
        let isVersion3 =
            contents[first] == DERTag.integer && contents[first + 1] == 1 && contents[first + 2] == 3
        guard isVersion3 else { return isPKCS7(contents, at: first) ? .pkcs7DER : nil }
        first += 3
        guard contents[first] == DERTag.sequence else { return nil }
        let length = contents[first + 1]
        first += length > 0x80 && length <= 0x84 ? 2 + Int(length & 0x7F) : 2
        return isPKCS7(contents, at: first) ? .pkcs12 : nil
    }

    /// An OBJECT IDENTIFIER below 1.2.840.113549.1.7.
    private static func isPKCS7(_ contents: UnsafeRawBufferPointer, at first: Int) -> Bool {
        guard first + 11 <= contents.count, contents[first] == DERTag.objectIdentifier else { return false }
        return UnsafeRawBufferPointer(rebasing: contents[(first + 2)..<(first + 10)])
            .equals([0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07])
    }

    private static func isKeyLabel(_ label: UnsafeRawBufferPointer) -> Bool {
        let ending: Text = "PRIVATE KEY"
        guard label.count >= ending.count else { return false }
        return hasSameBytes(
            UnsafeRawBufferPointer(rebasing: label[(label.count - ending.count)...]),
            UnsafeRawBufferPointer(ending.bytes))
    }

    private static func isPrivateKey(_ contents: UnsafeRawBufferPointer) -> Bool {
        PrivateKeyForm(contents) != nil
    }
}

extension FileFormat {
    public init(_ kind: DocumentKind) {
        switch kind {
        case .certificate: self = .certificate
        case .request: self = .request
        case .revocationList: self = .revocationList
        }
    }
}

extension Certificate {
    /// Its key is on a curve that is written out instead of named.
    public var hasExplicitCurve: Bool {
        var reader = DERReader(publicKey)
        guard var fields = try? reader.next(DERTag.sequence).reader,
            var algorithm = try? fields.next(DERTag.sequence).reader,
            let identifier = try? algorithm.next(DERTag.objectIdentifier).content
        else { return false }
        // 1.2.840.10045.2.1, id-ecPublicKey
        return identifier.equals([0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01])
            && algorithm.nextTag == DERTag.sequence
    }
}
