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
    /// Whose new files become; nil for this process's user.
    public var owner: Account?

    public init(
        certificate: Text, key: Text, validity: Validity, profile: CertificateProfile = .server,
        replaces: Bool, owner: Account? = nil
    ) {
        self.certificate = certificate
        self.key = key
        self.validity = validity
        self.profile = profile
        self.replaces = replaces
        self.owner = owner
    }

    /// Makes a key and a certificate for it, and writes both files or neither.
    public func make(_ type: KeyType, names: borrowing NameList) throws(OperatorFault) {
        try write(try PrivateKey.new(type), isNew: true, names)
    }

    /// Makes a certificate over the key in the key's file, and writes that file alone.
    public func makeOverSameKey(names: borrowing NameList) throws(OperatorFault) {
        let key = try KeyFile.read(key, option: "--key", certificate: certificate)
        try write(key, isNew: false, names)
    }

    private func write(
        _ key: borrowing PrivateKey, isNew: Bool, _ names: borrowing NameList
    ) throws(OperatorFault) {
        let memory = try IssuingMemory()
        let publicKey = try memory.publicKey(of: key)
        let subject = try memory.subjectName(names)
        var files = NewFiles(owner: owner)
        if isNew {
            files.add(
                self.key, "key", try memory.keyPEM(key, publicKey: publicKey), .secret, replaces: replaces)
        }
        let text = try names.withBytes { names throws(OperatorFault) in
            let content = try memory.content(
                subject: subject, publicKey: publicKey, role: .end(profile), validity: validity, names: names
            )
            return try memory.certificatePEM(content, signedBy: key)
        }
        files.add(certificate, "certificate", text, replaces: replaces)
        try files.write()
    }
}
