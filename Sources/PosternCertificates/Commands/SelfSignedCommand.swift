// postern certificate self-signed: key and certificate in one step.

import PosternCore
import PosternIssuing
import PosternLinux
import PosternTLS
import PosternX509

enum SelfSignedCommand {
    static let name: Text = "self-signed"

    static func run(_ options: CertificateOptions) throws(OperatorError) {
        let certificate = try options.required(options.certificate, "--certificate")
        let key = try options.required(options.key, "--key")
        try options.checkNewFiles(key: key, certificate)
        let profile = options.profile ?? .server
        let given = try options.nameList(takesCommonName: profile == .client)
        let names = given.isEmpty ? NameList.ofThisMachine() : given
        let identity = SelfSigned(
            certificate: certificate, key: key, validity: options.validity(days: profile.days),
            profile: profile, replaces: options.replaces)
        if options.usesSameKey {
            try identity.makeOverSameKey(names: names)
        } else {
            try identity.make(options.keyType ?? CertificateOptions.defaultKeyType, names: names)
        }
        Report.write(certificate, names) { line in
            line.append(", until ")
            line.append(CalendarTime(seconds: identity.validity.notAfter))
        }
    }
}
