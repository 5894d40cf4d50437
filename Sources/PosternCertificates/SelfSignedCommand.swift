// postern certificate self-signed: key and certificate in one step.

import PosternCore
import PosternLinux
import PosternTLS
import PosternX509

enum SelfSignedCommand {
    static let name: Text = "self-signed"
    static var options: UInt32 {
        CertificateOption.certificate.bit | CertificateOption.key.bit | CertificateOption.name.bit
            | CertificateOption.days.bit | CertificateOption.notBefore.bit | CertificateOption.keyType.bit
            | CertificateOption.profile.bit | CertificateOption.force.bit
    }
    private static let days = 397

    static func run(_ options: CertificateOptions) throws(OperatorFault) {
        let certificate = try options.required(options.certificate, .certificate)
        let key = try options.required(options.key, .key)
        try options.checkNewFiles(key, certificate)
        let given = try options.nameList()
        let names = given.isEmpty ? NameList.ofThisMachine() : given
        let profile = options.profile ?? .server
        let identity = SelfSigned(
            certificate: certificate, key: key, validity: options.validity(days: profile.days),
            profile: profile, replaces: options.replaces)
        try identity.make(options.keyType ?? .p256, names: names)
    }
}
