// postern certificate ca: a root, or with --issuer an authority below another one.

import PosternCore
import PosternIssuing
import PosternLinux
import PosternTLS
import PosternX509

enum AuthorityCommand {
    static let name: Text = "ca"

    private static let rootDays = 3_650
    private static let intermediateDays = 1_825

    static func run(_ options: CertificateOptions) throws(OperatorError) {
        let file = try options.required(options.certificate, "--certificate")
        let keyFile = try options.required(options.key, "--key")
        let commonName = try commonName(options)
        try options.checkNewFiles(key: keyFile, file)
        if options.issuer == nil, options.issuerKey == nil {
            let key = try options.privateKey(keyFile, goingWith: file)
            let memory = try IssuingMemory()
            let publicKey = try memory.publicKey(of: key)
            let content = try content(options, commonName, publicKey, options.pathLength, memory)
            var files = NewFiles()
            let newKey = try options.newKeyFile(key, keyFile, publicKey: publicKey, memory)
            newKey?.addBefore(to: &files)
            files.add(
                file, "certificate", try memory.certificatePEM(content, signedBy: key),
                replaces: options.replaces)
            newKey?.addAfter(to: &files)
            try files.write()
            Report.write(file, content)
        } else {
            try runBelow(
                try options.readIssuer(for: .signingCertificates), options, file, keyFile, commonName)
        }
    }

    private static func runBelow(
        _ issuer: borrowing Issuer, _ options: CertificateOptions, _ file: Text, _ keyFile: Text,
        _ commonName: UnsafeRawBufferPointer
    ) throws(OperatorError) {
        let pathLength = try pathLength(options, below: issuer)
        let key = try options.privateKey(keyFile, goingWith: file)
        var index = try IndexFile(besides: issuer.file)
        let memory = try IssuingMemory()
        let publicKey = try memory.publicKey(of: key)
        var content = try content(options, commonName, publicKey, pathLength, memory)
        try issuer.complete(&content)
        try index.add(content)
        var files = NewFiles()
        index.add(to: &files)
        let newKey = try options.newKeyFile(key, keyFile, publicKey: publicKey, memory)
        newKey?.addBefore(to: &files)
        files.add(
            file, "certificate", try memory.certificatePEM(content, signedBy: issuer.key),
            replaces: options.replaces)
        newKey?.addAfter(to: &files)
        try files.write()
        index.reportIfNew()
        Report.write(file, content)
    }

    private static func content(
        _ options: CertificateOptions, _ commonName: UnsafeRawBufferPointer,
        _ publicKey: UnsafeRawBufferPointer, _ pathLength: Int?, _ memory: borrowing IssuingMemory
    ) throws(OperatorError) -> TBSCertificate {
        try memory.content(
            subject: memory.subjectName(commonName), publicKey: publicKey,
            role: .authority(pathLength: pathLength, constraints: options.nameConstraints()),
            validity: options.validity(days: options.issuer == nil ? rootDays : intermediateDays),
            names: UnsafeRawBufferPointer(start: nil, count: 0))
    }

    /// What an authority is called: any text that a certificate can hold.
    private static func commonName(_ options: CertificateOptions) throws(OperatorError)
        -> UnsafeRawBufferPointer
    {
        guard options.names.count == 1 else {
            throw OperatorError { line in
                line.append(
                    "certificate ca wants one --name, what the authority is called, such as 'Home CA'")
            }
        }
        let name = UnsafeRawBufferPointer(options.names[0].bytes)
        guard CommonName.isText(name) else {
            throw OptionArgument(options.names[0], of: "name").error(
                "is not an authority's name; give 1 to 64 characters in UTF-8")
        }
        return name
    }

    /// Without --path-length an authority below another one issues no further ones.
    private static func pathLength(
        _ options: CertificateOptions, below issuer: borrowing Issuer
    ) throws(OperatorError) -> Int {
        let wanted = options.pathLength ?? 0
        guard let most = issuer.extensions.pathLength, wanted >= most else { return wanted }
        throw OperatorError { line in
            line.append("issuer '")
            line.append(issuer.file)
            line.append("' has path length ")
            line.append(most)
            line.append(most == 0 ? ": it may issue no authorities" : "; give --path-length below that")
        }
    }
}
