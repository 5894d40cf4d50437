// postern certificate renew: the same certificate once more, for a new time, when the old one is about to
// end.

import PosternCore
import PosternLinux
import PosternTLS
import PosternX509

enum RenewCommand {
    static let name: Text = "renew"

    private static let notDue: Int32 = 4
    private static let beforeDays = 30

    static func run(_ options: CertificateOptions) throws(OperatorFault) -> Int32 {
        let file = try options.required(options.certificate, "--certificate")
        let keyFile = try options.required(options.key, "--key")
        let chain = try ChainFile(file)
        let old = try CertificateFile.first(of: chain.documents, file, "certificate")
        let key = try KeyFile.read(keyFile, option: "--key", certificate: file)
        try KeyFile.check(key, keyFile, belongsTo: old, in: file)
        let left = old.notAfter - Process.unixSeconds()
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
            throw OperatorFault(usage: "option", "--key-type", "goes with --new-key alone")
        }
        guard options.makesNewKey else {
            try renew(chain, old, key, newKeyFile: nil, options)
            return 0
        }
        guard !CertificateExtensions(old.extensions).isAuthority else {
            throw OperatorFault(
                usage: "certificate", file,
                "is an authority's, and a new key would make another authority of it; leave out --new-key")
        }
        let type = options.keyType ?? KeyType(like: try? PublicKeyKind(old.publicKey))
        try renew(chain, old, try PrivateKey.new(type), newKeyFile: keyFile, options)
        return 0
    }

    private static func renew(
        _ chain: ChainFile, _ old: Certificate, _ key: borrowing PrivateKey, newKeyFile: Text?,
        _ options: CertificateOptions
    ) throws(OperatorFault) {
        let memory = try IssuingMemory()
        let publicKey = try memory.publicKey(of: key)
        var files = NewFiles()
        if let newKeyFile {
            files.add(
                newKeyFile, "key", try memory.keyPEM(key, publicKey: publicKey), .secret, replaces: true)
        }
        var content = try memory.content(
            subject: old.subject, publicKey: publicKey, role: .same(extensions: old.extensions),
            validity: Validity(days: options.days ?? days(old), from: Process.unixSeconds()),
            names: UnsafeRawBufferPointer(start: nil, count: 0))
        if isSelfSigned(old) {
            let der = try memory.certificate(content, signedBy: key)
            files.add(chain.file, "certificate", try chain.replaced(by: der), replaces: true)
            try files.write()
        } else {
            guard options.issuer != nil else { throw OperatorFault(wantsIssuerOf: chain.file, old) }
            let issuer = try Issuer(options, for: .signingCertificates)
            guard hasSameBytes(old.issuer, issuer.certificate.subject) else {
                throw OperatorFault(wantsIssuerOf: chain.file, old)
            }
            try issuer.complete(&content)
            var index = try IndexFile(besides: issuer.file)
            try index.add(content)
            let der = try memory.certificate(content, signedBy: issuer.key)
            files.add(chain.file, "certificate", try chain.replaced(by: der), replaces: true)
            index.add(to: &files)
            try files.write()
        }
        Report.write(chain.file, content)
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

extension OperatorFault {
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
