// The key of a command that makes a certificate or a request: a new one, or with --same-key the one that is
// in the file already.

import PosternCore
import PosternIssuing
import PosternLinux
import PosternTLS
import PosternX509

extension CertificateOptions {
    static let defaultKeyType = KeyType.p256

    /// Refuses, before any work, what would overwrite a file.
    func checkNewFiles(key: Text, _ other: Text) throws(OperatorError) {
        guard !(key == other), !File.isSame(key, other), !File.isSamePlace(key, other) else {
            throw CertificateOptions.twoThings(key)
        }
        guard !usesSameKey || keyType == nil else {
            throw OperatorError(
                usage: "option", "--key-type", "goes with new keys alone, not with --same-key")
        }
        if !usesSameKey {
            guard replaces || File.isStandardInput(key) || !File.exists(key) else {
                throw OperatorError(existingKey: key)
            }
            try checkNewFile(key)
        }
        try checkNewFile(other)
    }

    static func twoThings(_ file: Text) -> OperatorError {
        OperatorError(usage: "file", file, "cannot be two things at once; give each a name of its own")
    }

    /// With --force too, what an authority is made of is not replaced by what it issues.
    func checkNewFile(_ file: Text) throws(OperatorError) { try checkNewFile(file, replaces: replaces) }

    func checkNewFile(_ file: Text, replaces: Bool) throws(OperatorError) {
        guard !File.isStandardInput(file) else {
            throw OperatorError(usage: "file", file, "is standard input; name a file that can be written")
        }
        if let issuer {
            guard !File.isSame(file, issuer), !File.isSame(file, issuerKey ?? issuer),
                !File.isSame(file, try IndexFile.path(issuer))
            else { throw CertificateOptions.twoThings(file) }
        }
        guard replaces || !File.exists(file) else {
            throw OperatorError(
                usage: "file", file, "exists already; give another name, or --force to replace it")
        }
    }

    /// `other` is the file that it goes with, for messages.
    func privateKey(_ file: Text, goingWith other: Text) throws(OperatorError) -> PrivateKey {
        guard usesSameKey else { return try PrivateKey.new(keyType ?? CertificateOptions.defaultKeyType) }
        return try KeyFile.read(file, option: "--key", certificate: other)
    }

    /// The file that is to be written when the key is new.
    func newKeyFile(
        _ key: borrowing PrivateKey, _ file: Text, publicKey: UnsafeRawBufferPointer,
        _ memory: borrowing IssuingMemory
    ) throws(OperatorError) -> NewKeyFile? {
        guard !usesSameKey else { return nil }
        return try NewKeyFile(
            file, try memory.keyPEM(key, publicKey: publicKey), replaces: replaces)
    }
}

extension OperatorError {
    /// A key may be worth more than what is to be made over it: --force is not the advice.
    init(existingKey file: Text) {
        self.init(
            usage: "key file", file,
            "exists already; use it with --same-key, or give another name for a new one")
    }
}
