// Key and self-signed certificate in one step: `postern certificate self-signed`, and the identity that a
// server makes itself, at its first start and again before it ends. Takes its memory from the arena, so a
// server may call it while it runs; it takes the time of one or two signatures.

import PosternCore
import PosternLinux
import PosternTLS
import PosternX509

public struct SelfSigned {
    public var certificate: Text
    public var key: Text
    public var validity: Validity
    public var profile: CertificateProfile
    /// Existing files are replaced, both as one.
    public var replaces: Bool

    public init(
        certificate: Text, key: Text, validity: Validity, profile: CertificateProfile = .server,
        replaces: Bool
    ) {
        self.certificate = certificate
        self.key = key
        self.validity = validity
        self.profile = profile
        self.replaces = replaces
    }

    /// Makes a key and a certificate for it, and writes both files or neither.
    public func make(_ type: KeyType, names: borrowing NameList) throws(OperatorFault) {
        let memory = try IssuingMemory()
        let text: (key: UnsafeRawBufferPointer, certificate: UnsafeRawBufferPointer)
        do throws(IdentityFault) {
            let key = try PrivateKey(generating: type)
            let publicKey = try key.publicKey(into: memory.publicKey)
            let keyText = try memory.keyPEM(key, publicKey: publicKey)
            text = (keyText, try certificatePEM(key, names, memory))
        } catch {
            throw OperatorFault(error, certificate: certificate, key: key)
        }
        try File.writePair(
            key: key, text.key, certificate: certificate, text.certificate, replaces: replaces)
    }

    /// Makes a certificate over the key in the key's file, and writes that file alone.
    public func makeOverSameKey(names: borrowing NameList) throws(OperatorFault) {
        let memory = try IssuingMemory()
        let text: UnsafeRawBufferPointer
        let contents = try InputFile.contents(of: key, "key", option: "--key", into: memory.keyText)
        do throws(IdentityFault) {
            text = try certificatePEM(try PrivateKey(contents), names, memory)
        } catch {
            throw OperatorFault(error, certificate: certificate, key: key)
        }
        do throws(SystemFault) {
            try File.write(certificate, text, mode: 0o644, replaces: replaces)
        } catch {
            throw OperatorFault(writing: certificate, "certificate", error)
        }
    }

    private func certificatePEM(
        _ key: borrowing PrivateKey, _ names: borrowing NameList, _ memory: borrowing IssuingMemory
    ) throws(IdentityFault) -> UnsafeRawBufferPointer {
        let publicKey = try key.publicKey(into: memory.publicKey)
        let identifier = try PrivateKey.identifier(of: publicKey)
        let subject = memory.subjectName(names)
        let serial = try RandomNumbers.serial()
        return try names.withBytes { names throws(IdentityFault) in
            try withUnsafeBytes(of: identifier) { issuerIdentifier throws(IdentityFault) in
                let content = CertificateContent(
                    serial: serial, issuer: subject, subject: subject, validity: validity,
                    publicKey: publicKey, names: names, role: .end(profile),
                    subjectKeyIdentifier: identifier, authorityKeyIdentifier: issuerIdentifier)
                return try memory.certificatePEM(content, signedBy: key)
            }
        }
    }
}
