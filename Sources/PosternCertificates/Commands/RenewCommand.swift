// postern certificate renew: the same certificate once more, for a new time, when the old one is about to
// end.

import PosternCore
import PosternIssuing
import PosternLinux
import PosternTLS
import PosternX509

enum RenewCommand {
    static let name: Text = "renew"

    private static let notDue: Int32 = 4
    private static let beforeDays = 30

    static func run(_ options: CertificateOptions) throws(OperatorError) -> Int32 {
        let file = try options.required(options.certificate, "--certificate")
        let keyFile = try options.required(options.key, "--key")
        let chain = try ChainFile(file)
        let old = try CertificateFile.first(of: chain.documents, file, "certificate")
        let key = try KeyFile.read(keyFile, option: "--key", certificate: file, of: old)
        let left = old.notAfter - IssuingClock.seconds()
        let before = Int64(widening: options.beforeDays ?? beforeDays) * CalendarTime.secondsPerDay
        guard left < before || options.replaces else {
            StandardOutput.write { line in
                line.append(file)
                line.append(": not due, until ")
                line.append(CalendarTime(seconds: old.notAfter))
            }
            return notDue
        }
        guard options.makesNewKey || options.keyType == nil else {
            throw OperatorError(usage: "option", "--key-type", "goes with --new-key alone")
        }
        guard options.makesNewKey else {
            try renew(chain, old, key, newKeyFile: nil, options)
            return 0
        }
        try checkNewKey(chain, old, keyFile)
        let type = options.keyType ?? KeyType(like: try? PublicKeyKind(old.publicKey))
        try renew(chain, old, try PrivateKey.new(type), newKeyFile: keyFile, options)
        return 0
    }

    /// Refuses what a new key would leave behind, or take along.
    private static func checkNewKey(
        _ chain: borrowing ChainFile, _ old: Certificate, _ keyFile: Text
    ) throws(OperatorError) {
        guard !CertificateExtensions(old.extensions).isAuthority else {
            throw OperatorError(
                usage: "certificate", chain.file,
                "is an authority's, and a new key would make another authority of it; leave out --new-key")
        }
        if File.isSamePlace(chain.file, keyFile) {
            guard chain.keyCount == 1 else {
                throw OperatorError(
                    usage: "file", keyFile,
                    "holds more than one private key; keep only the one of the certificate there")
            }
            return
        }
        guard chain.keyCount == 0 else {
            throw OperatorError(
                usage: "certificate file", chain.file,
                "holds a private key too, which would stay the old one; name that file with --key, too")
        }
        try NewKeyFile.check(keyFile)
    }

    private static func renew(
        _ chain: borrowing ChainFile, _ old: Certificate, _ key: borrowing PrivateKey, newKeyFile: Text?,
        _ options: CertificateOptions
    ) throws(OperatorError) {
        let memory = try IssuingMemory()
        let publicKey = try memory.publicKey(of: key)
        var content = try memory.content(
            subject: old.subject, publicKey: publicKey, role: .same(extensions: old.extensions),
            validity: Validity(days: options.days ?? days(old), from: IssuingClock.seconds()),
            names: UnsafeRawBufferPointer(start: nil, count: 0))
        // Certificates that an authority has issued refer to it by this identifier, whoever chose it.
        let identifier = CertificateExtensions(old.extensions).subjectKeyIdentifier
        if newKeyFile == nil, let identifier { content.subjectKeyIdentifier = identifier }
        let newKey = newKeyFile == nil ? nil : try memory.keyPEM(key, publicKey: publicKey)
        if isSelfSigned(old) {
            guard !options.supersedes else {
                throw OperatorError(
                    usage: "option", "--supersede", "goes with --issuer alone; this one is in no index")
            }
            content.authorityKeyIdentifier = content.subjectKeyIdentifier
            let der = try memory.certificate(content, signedBy: key)
            var files = NewFiles()
            try add(chain, der, newKey, newKeyFile, to: &files)
            try files.write()
        } else {
            let issuer = try issuer(of: old, chain.file, options)
            try issuer.complete(&content)
            var index = try IndexFile(besides: issuer.file)
            try check(old, chain.file, isValidIn: index)
            try index.add(content)
            let der = try memory.certificate(content, signedBy: issuer.key)
            var files = NewFiles()
            if options.supersedes {
                try index.addCopy(to: &files)
            } else {
                index.add(to: &files)
            }
            try add(chain, der, newKey, newKeyFile, to: &files)
            if options.supersedes {
                // Last: after a kill at any moment the certificate in use is a good one.
                try index.revoke(old, in: chain.file, at: IssuingClock.seconds(), .superseded)
                index.addAgain(to: &files)
            }
            try files.write()
            index.reportIfNew()
        }
        Report.write(chain.file, content)
    }

    /// Certificate and new key in one file, or the key's file before and after the certificate's.
    private static func add(
        _ chain: borrowing ChainFile, _ der: UnsafeRawBufferPointer, _ newKey: UnsafeRawBufferPointer?,
        _ keyFile: Text?, to files: inout NewFiles
    ) throws(OperatorError) {
        let contents = try chain.replaced(by: der, key: newKey)
        guard let newKey, let keyFile, !File.isSamePlace(chain.file, keyFile) else {
            files.add(chain.file, "certificate", contents, chain.content, replaces: true)
            return
        }
        let keys = try NewKeyFile(keyFile, newKey, replaces: true)
        keys.addBefore(to: &files)
        files.add(chain.file, "certificate", contents, chain.content, replaces: true)
        keys.addAfter(to: &files)
    }

    private static func issuer(
        of old: Certificate, _ file: Text, _ options: CertificateOptions
    ) throws(OperatorError) -> Issuer {
        guard options.issuer != nil else { throw OperatorError(wantsIssuerOf: file, old) }
        let issuer = try options.readIssuer(for: .signingCertificates)
        guard hasSameBytes(old.issuer, issuer.certificate.subject) else {
            throw OperatorError(wantsIssuerOf: file, old)
        }
        try issuer.check(hasSigned: old, file)
        return issuer
    }

    /// Who was revoked does not get a new one by itself.
    private static func check(
        _ old: Certificate, _ file: Text, isValidIn index: IndexFile
    ) throws(OperatorError) {
        guard let revocation = index.index.entry(serial: old.serial)?.revocation else { return }
        throw OperatorError { line in
            line.append("certificate '")
            line.append(file)
            line.append("' was revoked at ")
            line.append(CalendarTime(seconds: revocation.time))
            line.append(", ")
            line.append(revocation.reason.name)
            line.append("; issue a new one from a request with certificate sign")
        }
    }

    private static func isSelfSigned(_ certificate: Certificate) -> Bool {
        hasSameBytes(certificate.issuer, certificate.subject)
            && Signature.check(certificate.signed, by: certificate.publicKey) == .good
    }

    /// As long as it was valid before, less the day that is before its beginning.
    private static func days(_ old: Certificate) -> Int {
        let days = (old.notAfter - old.notBefore + 1) / CalendarTime.secondsPerDay - 1
        return Int(narrowing: max(1, min(days, Int64(widening: CertificateOptions.dayRange.upperBound))))
    }
}

extension KeyType {
    fileprivate init(like kind: PublicKeyKind?) {
        switch kind {
        case .p384: self = .p384
        case .rsa(let bits): self = bits > 3072 ? .rsa4096 : bits > 2048 ? .rsa3072 : .rsa2048
        default: self = .p256
        }
    }
}

extension OperatorError {
    fileprivate init(wantsIssuerOf file: Text, _ certificate: Certificate) {
        self.init { line in
            line.append("certificate '")
            line.append(file)
            line.append("' was issued by '")
            line.append(
                foreign: DistinguishedName.commonName(of: certificate.issuer).bindMemory(to: UInt8.self))
            line.append("'; give the files of that authority with --issuer and --issuer-key")
        }
    }
}
