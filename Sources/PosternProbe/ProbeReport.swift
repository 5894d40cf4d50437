// What a probe has found: lines for people on standard error, since standard output has the server's answer;
// or with --json one object on standard output, and no answer.

import PosternCore
import PosternLinux
import PosternTLS
import PosternX509

struct ProbeReport {
    private let options: ProbeOptions
    private var json: JSONOutput?
    private var connections = 0
    private var hasDescription = false
    private var hasVerdict = false
    /// Whether each connection was resumed.
    private var resumed = InlineArray<101, Bool>(repeating: false)

    init(_ options: ProbeOptions) {
        self.options = options
        precondition(resumed.count == ProbeOptions.resumptionsMost + 1, "a place for every connection")
        guard options.isJSON else { return }
        var json = JSONOutput()
        json.begin()
        json.member("host", options.host)
        json.member("port", Int64(widening: UInt32(options.port)))
        json.member("name", options.name)
        self.json = json
    }

    // The connection

    mutating func connected(_ address: PeerAddress, _ session: TLSSession) {
        resumed[connections] = session.isResumed
        connections += 1
        if connections == 1 {
            member("address") { line in address.append(to: &line) }
            member("version", session.versionName)
            member("suite", session.suiteName)
            member("group", session.groupName)
            member("alpn", session.chosenProtocol)
            wanted(session)
        }
        guard !options.isJSON else { return }
        ProbeReport.print("resumed") { line in
            line.append(session.isResumed ? "yes" : "no")
            guard options.resumptions > 0 else { return }
            line.append(", connection ")
            line.append(connections)
            line.append(" of ")
            line.append(options.resumptions + 1)
        }
    }

    private mutating func wanted(_ session: TLSSession) {
        if json != nil {
            json?.member("certificateWanted", session.isCertificateWanted)
        } else if session.isCertificateWanted {
            member("asks for", "a client certificate")
        }
    }

    // The certificate

    mutating func verified(_ session: TLSSession, _ verdict: PeerVerdict) {
        if let der = session.peerCertificate(0) { describe(der) }
        hasVerdict = true
        if json != nil {
            nullDescription()
            json?.member("verified", verdict.isTrusted)
            json?.array("faults") { array in
                verdict.faults.forEach { fault in array.element(fault.name.bytes) }
            }
        } else {
            let options = options
            member("verified") { line in verdict.append(to: &line, options) }
        }
    }

    private mutating func describe(_ der: UnsafeRawBufferPointer) {
        do throws(DERFault) {
            let certificate = try Certificate(der)
            hasDescription = true
            member("subject") { line in line.append(distinguishedName: certificate.subject) }
            member("issuer") { line in line.append(distinguishedName: certificate.issuer) }
            names(certificate)
            fingerprint(der)
            validity(certificate)
        } catch {
            // The verdict says so.
        }
    }

    private mutating func names(_ certificate: Certificate) {
        if json != nil {
            json?.array("names") { array in
                CertificateExtensions(certificate.extensions).forEachName { name in
                    array.element { $0.append(name) }
                }
            }
        } else {
            CertificateExtensions(certificate.extensions).forEachName { name in
                ProbeReport.print("name") { $0.append(name) }
            }
        }
    }

    private mutating func fingerprint(_ der: UnsafeRawBufferPointer) {
        guard let digest = Digest.sha256(der) else { return }
        member("sha256") { line in
            withUnsafeBytes(of: digest) { line.append(hexadecimal: $0) }
        }
    }

    private mutating func validity(_ certificate: Certificate) {
        let days = certificate.daysLeft(at: Process.unixSeconds())
        if json != nil {
            member("notBefore") { line in line.append(CalendarTime(seconds: certificate.notBefore)) }
            member("notAfter") { line in line.append(CalendarTime(seconds: certificate.notAfter)) }
            json?.member("daysLeft", days)
            return
        }
        ProbeReport.print("valid from") { line in line.append(CalendarTime(seconds: certificate.notBefore)) }
        ProbeReport.print("valid until") { line in
            line.append(CalendarTime(seconds: certificate.notAfter))
            line.append(", ")
            line.append(days)
            line.append(" days left")
        }
    }

    // The end

    mutating func end(_ fault: ProbeFault?) {
        if let message = fault?.words?.message {
            var line = Line()
            line.append("postern: error: ")
            line.append(message)
            StandardError.write(&line)
        }
        guard json != nil else { return }
        let exit = fault?.exit ?? .done
        nullRest()
        json?.array("resumed") { array in
            for index in 0..<connections { array.element(resumed[index]) }
        }
        json?.member("result", exit.name)
        json?.member("exit", Int64(widening: exit.rawValue))
        if let message = fault?.words?.message {
            json?.member("error") { line in line.append(message) }
        } else {
            json?.null("error")
        }
        json?.end()
    }

    // All members are always there: null is what was not found out.

    private mutating func nullRest() {
        if connections == 0 {
            json?.null("address")
            json?.null("version")
            json?.null("suite")
            json?.null("group")
            json?.null("alpn")
            json?.null("certificateWanted")
        }
        guard !hasVerdict else { return }
        nullDescription()
        json?.null("verified")
        json?.array("faults") { _ in }
    }

    private mutating func nullDescription() {
        guard !hasDescription else { return }
        json?.null("subject")
        json?.null("issuer")
        json?.array("names") { _ in }
        json?.null("sha256")
        json?.null("notBefore")
        json?.null("notAfter")
        json?.null("daysLeft")
    }

    // One piece, in either form

    private mutating func member(_ name: Text, _ value: Text?) {
        if json == nil {
            ProbeReport.print(name) { line in line.append(value ?? "-") }
        } else if let value {
            json?.member(name, value)
        } else {
            json?.null(name)
        }
    }

    private mutating func member(_ name: Text, _ compose: (inout Line) -> Void) {
        var value = Line()
        compose(&value)
        if json == nil { ProbeReport.print(name, value) } else { json?.member(name, value) }
    }

    private static func print(_ name: Text, _ compose: (inout Line) -> Void) {
        var value = Line()
        compose(&value)
        print(name, value)
    }

    @inline(never) private static func print(_ name: Text, _ value: borrowing Line) {
        var line = Line()
        line.append(name)
        for _ in name.count..<13 { line.append(" ") }
        line.append(value)
        StandardError.write(&line)
    }
}
