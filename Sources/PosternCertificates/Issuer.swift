// The authority that a command acts for: its certificate, which must be one of a CA that is valid now, and
// the key that belongs to it.

import PosternCore
import PosternLinux
import PosternTLS
import PosternX509

struct Issuer: ~Copyable {
    enum Act {
        case signingCertificates
        case signingRevocationLists
    }

    let file: Text
    /// In memory of the arena that is not given back: the command ends soon.
    let certificate: Certificate
    let extensions: CertificateExtensions
    let key: PrivateKey

    /// Of --issuer and --issuer-key.
    init(_ options: CertificateOptions, for act: Act) throws(OperatorError) {
        let file = try options.required(options.issuer, "--issuer")
        let keyFile = try options.required(options.issuerKey, "--issuer-key")
        guard !File.isStandardInput(file) else {
            throw OperatorError(
                usage: "issuer", file, "is standard input; name its file, beside which its index is kept")
        }
        let certificate = try CertificateFile.first(of: file, "issuer", option: "--issuer")
        let extensions = CertificateExtensions(certificate.extensions)
        try Issuer.check(file, certificate, extensions, act)
        let key = try KeyFile.read(keyFile, option: "--issuer-key", certificate: file, of: certificate)
        self.file = file
        self.certificate = certificate
        self.extensions = extensions
        self.key = key
    }

    private static func check(
        _ file: Text, _ certificate: Certificate, _ extensions: CertificateExtensions, _ act: Act
    ) throws(OperatorError) {
        guard extensions.faults.isEmpty else {
            throw OperatorError(usage: "issuer", file, extensions.faults.first.words)
        }
        guard extensions.isAuthority else {
            throw OperatorError(usage: "issuer", file, "is not an authority; give the certificate of a CA")
        }
        IssuingClock.noteStart(certificate.notBefore)
        let now = IssuingClock.seconds()
        guard now <= certificate.notAfter else {
            throw OperatorError(usage: "issuer", file, "has expired; renew it first")
        }
        guard now >= certificate.notBefore else {
            throw OperatorError(usage: "issuer", file, "is not valid yet; look at the clock of this machine")
        }
        guard let usage = extensions.keyUsage else { return }
        switch act {
        case .signingCertificates:
            guard usage.signsCertificates else {
                throw OperatorError(usage: "issuer", file, "may not sign certificates (key usage)")
            }
        case .signingRevocationLists:
            guard usage.signsRevocationLists else {
                throw OperatorError(usage: "issuer", file, "may not sign revocation lists (key usage)")
            }
        }
    }

    /// What certificates by it refer to.
    var keyIdentifier: UnsafeRawBufferPointer {
        extensions.subjectKeyIdentifier ?? UnsafeRawBufferPointer(start: nil, count: 0)
    }

    /// Makes the fields of a certificate those of one by this issuer. It never outlives its issuer, nor
    /// begins before it.
    func complete(_ content: inout CertificateContent) throws(OperatorError) {
        try checkConstraints(content)
        content.issuer = certificate.subject
        content.authorityKeyIdentifier = keyIdentifier
        content.validity.notBefore = max(content.validity.notBefore, certificate.notBefore)
        content.validity.notAfter = min(content.validity.notAfter, certificate.notAfter)
        guard content.validity.notBefore <= content.validity.notAfter else {
            throw OperatorError(usage: "issuer", file, "is not valid in the days that were asked for")
        }
    }

    /// Refuses a certificate, of that file, that is not signed by it: a name proves nothing.
    func check(hasSigned other: Certificate, _ otherFile: Text) throws(OperatorError) {
        let isSigned =
            hasSameBytes(other.issuer, certificate.subject)
            && Signature.check(other.signed, by: certificate.publicKey) == .good
        guard !isSigned else { return }
        throw OperatorError { line in
            line.append("certificate '")
            line.append(otherFile)
            line.append("' was not issued by '")
            line.append(file)
            line.append("'; give the certificate of its issuer with --issuer")
        }
    }
}

extension Issuer {
    /// Whether a revocation list is this authority's.
    func hasSigned(_ list: RevocationList) -> Bool {
        hasSameBytes(list.issuer, certificate.subject)
            && hasSameBytes(list.innerAlgorithm, list.signed.algorithm)
            && Signature.check(list.signed, by: certificate.publicKey) == .good
    }
}

enum CertificateFile {
    /// The documents of a file, one behind the other, in memory of the arena that is not given back.
    static func documents(
        of file: Text, _ role: Text, option: Text
    ) throws(OperatorError) -> UnsafeRawBufferPointer {
        let memory = try DocumentFile.allocate(Limits.identityFileBytes)
        return try DocumentFile.documents(
            of: file, role, option: option, .certificates, called: "certificate", into: memory)
    }

    /// The first certificate of a file.
    static func first(of file: Text, _ role: Text, option: Text) throws(OperatorError) -> Certificate {
        try first(of: try documents(of: file, role, option: option), file, role)
    }

    static func first(
        of documents: UnsafeRawBufferPointer, _ file: Text, _ role: Text
    ) throws(OperatorError) -> Certificate {
        var reader = DERReader(documents)
        do throws(DERError) {
            return try Certificate(try reader.next().whole)
        } catch {
            throw OperatorError(
                usage: role, file, "holds no certificate that can be read; give one in PEM or DER")
        }
    }
}

enum KeyFile {
    /// `certificate` is the file that it goes with, for messages; where `of` is given, the key has to be
    /// that certificate's.
    static func read(
        _ file: Text, option: Text, certificate: Text, of owner: Certificate? = nil
    ) throws(OperatorError) -> PrivateKey {
        let memory = try DocumentFile.allocate(Limits.identityFileBytes)
        defer { TLSArena.release(memory) }
        let contents = try DocumentFile.contents(of: file, "key", option: option, into: memory)
        do throws(IdentityError) {
            return try PrivateKey(contents, of: owner?.publicKey)
        } catch {
            throw OperatorError(error, certificate: certificate, key: file)
        }
    }
}
