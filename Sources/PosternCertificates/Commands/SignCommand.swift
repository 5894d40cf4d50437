// postern certificate sign: a certificate from a request, by an authority.

import PosternCore
import PosternIssuing
import PosternLinux
import PosternTLS
import PosternX509

enum SignCommand {
    static let name: Text = "sign"

    static func run(_ options: CertificateOptions) throws(OperatorError) {
        let file = try options.required(options.certificate, "--certificate")
        let requestFile = try options.required(options.request, "--request")
        let profile = try options.required(options.profile, "--profile")
        guard !File.isSame(file, requestFile) else { throw CertificateOptions.twoThings(file) }
        try options.checkNewFile(file)
        let issuer = try options.readIssuer(for: .signingCertificates)
        let request = try read(requestFile)
        let given = try options.nameList(takesCommonName: profile == .client)
        let names =
            given.isEmpty
            ? try RequestedNames(file: requestFile, options: options, profile: profile).permitted(request)
            : given
        let validity = options.validity(days: profile.days)
        var index = try IndexFile(besides: issuer.file)
        let memory = try IssuingMemory()
        let subject = issuer.canHaveCommonName(names) ? memory.subjectName(names) : memory.emptyName
        try names.withBytes { nameBytes throws(OperatorError) in
            var content = try memory.content(
                subject: subject, publicKey: request.publicKey, role: .end(profile), validity: validity,
                names: nameBytes)
            try issuer.complete(&content)
            try index.add(content)
            var files = NewFiles()
            index.add(to: &files)
            files.add(
                file, "certificate", try memory.certificatePEM(content, signedBy: issuer.key),
                replaces: options.replaces)
            try files.write()
            Report.write(file, content)
            index.reportIfNew()
        }
    }

    private static func read(_ file: Text) throws(OperatorError) -> CertificateRequest {
        let memory = try DocumentFile.allocate(Limits.identityFileBytes)
        let documents = try DocumentFile.documents(
            of: file, "request", option: "--request", .requests, called: "request", into: memory)
        let request: CertificateRequest
        let kind: PublicKeyKind
        do throws(DERError) {
            var reader = DERReader(documents)
            try StrictDER.check(documents)
            request = try CertificateRequest(try reader.next().whole)
            kind = try PublicKeyKind(request.publicKey)
        } catch {
            throw OperatorError(usage: "request file", file, "holds no request that can be read (PKCS#10)")
        }
        guard kind.isAccepted else {
            throw OperatorError(
                usage: "request file", file,
                "has a key that is too weak, or not P-256, P-384 or RSA of 2048 to 4096 bits")
        }
        guard SignatureScheme(request.signed.algorithm) != nil else {
            throw OperatorError(
                usage: "request file", file,
                "is not signed with SHA-256, SHA-384 or SHA-512 and ECDSA or RSA")
        }
        guard Signature.check(request.signed, by: request.publicKey) == .good else {
            throw OperatorError(
                usage: "request file", file, "is not signed by its own key; it was damaged or changed")
        }
        return request
    }
}
