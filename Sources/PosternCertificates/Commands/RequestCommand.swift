// postern certificate request: a key, and a request (PKCS#10) for a certificate over it.

import PosternCore
import PosternIssuing
import PosternLinux
import PosternTLS
import PosternX509

enum RequestCommand {
    static let name: Text = "request"

    static func run(_ options: CertificateOptions) throws(OperatorError) {
        let file = try options.required(options.request, "--request")
        let keyFile = try options.required(options.key, "--key")
        try options.checkNewFiles(key: keyFile, file)
        let given = try options.nameList(takesCommonName: true)
        let names = given.isEmpty ? NameList.ofThisMachine() : given
        let key = try options.privateKey(keyFile, goingWith: file)
        let memory = try IssuingMemory()
        let publicKey = try memory.publicKey(of: key)
        let subject = memory.subjectName(names)
        var files = NewFiles()
        let newKey = try options.newKeyFile(key, keyFile, publicKey: publicKey, memory)
        newKey?.addBefore(to: &files)
        let text = try names.withBytes { names throws(OperatorError) in
            try memory.requestPEM(subject: subject, publicKey: publicKey, names: names, signedBy: key)
        }
        files.add(file, "request", text, replaces: options.replaces)
        newKey?.addAfter(to: &files)
        try files.write()
        Report.write(file, names) { line in line.append(", a request to be signed") }
    }
}
