// postern certificate revoke: marks a certificate in the index of its issuer as revoked. The next revocation
// list has it.

import PosternCore
import PosternLinux
import PosternTLS
import PosternX509

enum RevokeCommand {
    static let name: Text = "revoke"

    static func run(_ options: CertificateOptions) throws(OperatorFault) {
        let file = try options.required(options.certificate, "--certificate")
        let reason = options.reason ?? .unspecified
        let issuer = try Issuer(options, for: .signingRevocationLists)
        let certificate = try CertificateFile.first(of: file, "certificate", option: "--certificate")
        guard !hasSameBytes(certificate.whole, issuer.certificate.whole) else {
            throw OperatorFault(
                usage: "certificate", file, "is the issuer's own; an authority cannot revoke itself")
        }
        guard issuer.hasSigned(certificate) else {
            throw OperatorFault { line in
                line.append("certificate '")
                line.append(file)
                line.append("' was not issued by '")
                line.append(issuer.file)
                line.append("'; give the certificate of its issuer with --issuer")
            }
        }
        var index = try IndexFile(besides: issuer.file)
        if let entry = index.index.entry(serial: certificate.serial), let revocation = entry.revocation {
            report(file, ": was revoked already, at ", revocation.time, revocation.reason)
            return
        }
        let now = Process.unixSeconds()
        try index.revoke(certificate, at: now, reason)
        var files = NewFiles()
        index.add(to: &files)
        try files.write()
        report(file, ": revoked, at ", now, reason)
    }

    private static func report(_ file: Text, _ what: Text, _ time: Int64, _ reason: RevocationReason) {
        StandardOutput.write { line in
            line.append(file)
            line.append(what)
            line.append(CalendarTime(seconds: time))
            line.append(", ")
            line.append(reason.name)
        }
    }
}
