// Key and self-signed certificate in one step: `postern certificate self-signed`, and the identity that a
// server makes itself, at its first start and again before it ends. Takes its memory from the arena, so a
// server may call it while it runs; it takes the time of one or two signatures.

import PosternCore
import PosternLinux
import PosternTLS
import PosternX509

package struct SelfSigned {
    package var certificate: Text
    package var key: Text
    package var validity: Validity
    package var profile: CertificateProfile
    /// Existing files are replaced, both as one.
    package var replaces: Bool
    /// Owner of new files; nil for this process's user.
    package var owner: Account?

    package init(
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
    package func make(_ type: KeyType, names: borrowing NameList) throws(OperatorError) {
        try write(try PrivateKey.new(type), isNew: true, names)
    }

    /// Makes a certificate over the key in the key's file, and writes that file alone.
    package func makeOverSameKey(names: borrowing NameList) throws(OperatorError) {
        let key = try KeyFile.read(key, option: "--key", certificate: certificate)
        try write(key, isNew: false, names)
    }

    /// Puts a new certificate over the same key in the place of the first one in the certificate's file.
    /// Everything else in that file stays, even the key.
    package func renew(names: borrowing NameList) throws(OperatorError) {
        let chain = try ChainFile(certificate)
        let old = try CertificateFile.first(of: chain.documents, certificate, "certificate")
        let key = try KeyFile.read(key, option: "--key", certificate: certificate, of: old)
        let memory = try IssuingMemory()
        let publicKey = try memory.publicKey(of: key)
        let der = try certificate(over: publicKey, names, memory) { content throws(OperatorError) in
            try memory.certificate(content, signedBy: key)
        }
        var files = NewFiles()
        files.add(certificate, "certificate", try chain.replaced(by: der), chain.content, replaces: true)
        try files.write()
    }

    /// Without a certificate's file of its own, both are in one.
    private var isOneFile: Bool { File.isSamePlace(certificate, key) }

    private func write(
        _ key: borrowing PrivateKey, isNew: Bool, _ names: borrowing NameList
    ) throws(OperatorError) {
        let memory = try IssuingMemory()
        let publicKey = try memory.publicKey(of: key)
        var files = NewFiles(owner: owner)
        let text = try certificate(over: publicKey, names, memory) { content throws(OperatorError) in
            try memory.certificatePEM(content, signedBy: key)
        }
        guard isNew else {
            files.add(certificate, "certificate", text, replaces: replaces)
            try files.write()
            return
        }
        let keyText = try memory.keyPEM(key, publicKey: publicKey)
        if isOneFile {
            let both = try SelfSigned.joined(text, keyText)
            defer { TLSArena.release(both) }
            files.add(certificate, "certificate", UnsafeRawBufferPointer(both), .secret, replaces: replaces)
            try files.write()
            return
        }
        let newKey = try NewKeyFile(self.key, keyText, replaces: replaces)
        newKey.addBefore(to: &files)
        files.add(certificate, "certificate", text, replaces: replaces)
        newKey.addAfter(to: &files)
        try files.write()
    }

    private func certificate(
        over publicKey: UnsafeRawBufferPointer, _ names: borrowing NameList,
        _ memory: borrowing IssuingMemory,
        _ sign: (TBSCertificate) throws(OperatorError) -> UnsafeRawBufferPointer
    ) throws(OperatorError) -> UnsafeRawBufferPointer {
        let subject = memory.selfSignedName(names)
        return try names.withBytes { names throws(OperatorError) in
            let content = try memory.content(
                subject: subject, publicKey: publicKey, role: .end(profile), validity: validity, names: names
            )
            return try sign(content)
        }
    }

    private static func joined(
        _ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer
    ) throws(OperatorError) -> UnsafeMutableRawBufferPointer {
        let memory = try DocumentFile.allocate(one.count + other.count)
        memory.copyMemory(from: one)
        UnsafeMutableRawBufferPointer(rebasing: memory[one.count...]).copyMemory(from: other)
        return memory
    }
}
