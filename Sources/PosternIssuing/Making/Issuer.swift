// The authority that a command acts for: its certificate, which must be one of a CA that is valid now, and
// the key that belongs to it.

import PosternCore
import PosternLinux
import PosternTLS
import PosternX509

package struct Issuer: ~Copyable {
    package enum SigningPurpose {
        case signingCertificates
        case signingRevocationLists
    }

    package let file: Text
    /// In memory of the arena that is not given back: the command ends soon.
    package let certificate: Certificate
    package let extensions: CertificateExtensions
    package let key: PrivateKey

    /// `key` is the file of its key.
    package init(_ file: Text, key keyFile: Text, for purpose: SigningPurpose) throws(OperatorError) {
        guard !File.isStandardInput(file) else {
            throw OperatorError(
                usage: "issuer", file, "is standard input; name its file, beside which its index is kept")
        }
        let certificate = try CertificateFile.first(of: file, "issuer", option: "--issuer")
        let extensions = CertificateExtensions(certificate.extensions)
        try Issuer.check(file, certificate, extensions, purpose)
        let key = try KeyFile.read(keyFile, option: "--issuer-key", certificate: file, of: certificate)
        self.file = file
        self.certificate = certificate
        self.extensions = extensions
        self.key = key
    }

    private static func check(
        _ file: Text, _ certificate: Certificate, _ extensions: CertificateExtensions,
        _ purpose: SigningPurpose
    ) throws(OperatorError) {
        guard extensions.faults.isEmpty else {
            throw OperatorError(usage: "issuer", file, extensions.faults.first.words)
        }
        guard extensions.isAuthority else {
            throw OperatorError(usage: "issuer", file, "is not an authority; give the certificate of a CA")
        }
        IssuingClock.raiseClockFloor(to: certificate.notBefore)
        let now = IssuingClock.seconds()
        guard now <= certificate.notAfter else {
            throw OperatorError(usage: "issuer", file, "has expired; renew it first")
        }
        guard now >= certificate.notBefore else {
            throw OperatorError(usage: "issuer", file, "is not valid yet; look at the clock of this machine")
        }
        guard let usage = extensions.keyUsage else { return }
        switch purpose {
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
    package var keyIdentifier: UnsafeRawBufferPointer {
        extensions.subjectKeyIdentifier ?? UnsafeRawBufferPointer(start: nil, count: 0)
    }

    /// Makes the fields of a certificate those of one by this issuer. It never outlives its issuer, nor
    /// begins before it.
    package func complete(_ content: inout TBSCertificate) throws(OperatorError) {
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
    package func check(hasSigned other: Certificate, _ otherFile: Text) throws(OperatorError) {
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
    package func hasSigned(_ list: RevocationList) -> Bool {
        hasSameBytes(list.issuer, certificate.subject)
            && hasSameBytes(list.innerAlgorithm, list.signed.algorithm)
            && Signature.check(list.signed, by: certificate.publicKey) == .good
    }
}
