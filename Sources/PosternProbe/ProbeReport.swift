// What a probe has found: lines for people on standard error, since standard output has the server's answer;
// or with --json one object on standard output, and no answer.

import PosternCore
import PosternLinux
import PosternTLS
import PosternX509

struct ProbeReport {
    private let options: ProbeOptions
    private var connections = 0
    /// Whether each connection was resumed.
    private var resumed = InlineArray<101, Bool>(repeating: false)

    // What --json says comes last: all of it is about the last server that was not resumed.
    private var json: JSONOutput?
    private var last: Meeting?
    /// A copy of the server's certificate, since TLS 1.3 forgets it when a session is resumed; nil when
    /// there is none.
    private var certificate: UnsafeMutableRawBufferPointer?
    private var verdict: (isTrusted: Bool, faults: CertificateFaults)?

    /// What is known of a server before anything is sent. Names stay where they are.
    private struct Meeting {
        let address: PeerAddress
        let version: Text
        let suite: Text
        let group: Text?
        let chosenProtocol: Text?
        let isCertificateWanted: Bool

        init(_ address: PeerAddress, _ session: TLSSession) {
            self.address = address
            version = session.versionName
            suite = session.suiteName
            group = session.groupName
            chosenProtocol = session.chosenProtocol
            isCertificateWanted = session.isCertificateWanted
        }
    }

    init(_ options: ProbeOptions) {
        self.options = options
        precondition(resumed.count == ProbeOptions.resumptionsMax + 1, "a place for every connection")
        if options.isJSON { json = JSONOutput() }
    }

    /// Which connection this is, where there are more.
    var place: ConnectionPlace? {
        options.resumptions == 0 ? nil : ConnectionPlace(number: connections, of: options.resumptions + 1)
    }

    // The connection

    mutating func met(_ address: PeerAddress, _ session: TLSSession) {
        resumed[connections] = session.isResumed
        connections += 1
        if !session.isResumed {
            let meeting = Meeting(address, session)
            last = meeting
            if json == nil { tell(meeting) }
        }
        guard json == nil else { return }
        let place = place
        ProbeReport.print("resumed") { line in
            line.append(session.isResumed ? "yes" : "no")
            guard let place else { return }
            line.append(", ")
            line.append(place)
        }
    }

    private mutating func tell(_ meeting: Meeting) {
        member("address") { line in meeting.address.append(to: &line) }
        member("version", meeting.version)
        member("suite", meeting.suite)
        member("group", meeting.group)
        member("alpn", meeting.chosenProtocol)
        if json != nil {
            json?.member("certificateWanted", meeting.isCertificateWanted)
        } else if meeting.isCertificateWanted {
            member("asks for", "a client certificate")
        }
    }

    // The certificate

    mutating func verified(_ session: TLSSession, _ verdict: PeerVerdict) {
        self.verdict = (verdict.isTrusted, verdict.faults)
        let der = session.peerCertificate(0)
        if json != nil {
            keep(der)
            return
        }
        if let der { _ = describe(der) }
        let options = options
        member("verified") { line in verdict.append(to: &line, options) }
    }

    private mutating func keep(_ der: UnsafeRawBufferPointer?) {
        if let certificate { TLSArena.release(certificate) }
        certificate = der.flatMap { TLSArena.allocate($0.count) }
        if let der { certificate?.copyMemory(from: der) }
    }

    /// False for one that cannot be read; the verdict says so.
    private mutating func describe(_ der: UnsafeRawBufferPointer) -> Bool {
        do throws(DERError) {
            let certificate = try Certificate(der)
            member("subject") { line in line.append(distinguishedName: certificate.subject) }
            member("issuer") { line in line.append(distinguishedName: certificate.issuer) }
            names(certificate)
            fingerprint(der)
            validity(certificate)
            return true
        } catch {
            return false
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
        let now = Process.unixSeconds()
        if json != nil {
            member("notBefore") { line in line.append(CalendarTime(seconds: certificate.notBefore)) }
            member("notAfter") { line in line.append(CalendarTime(seconds: certificate.notAfter)) }
            json?.member("daysLeft", certificate.daysLeft(at: now))
            return
        }
        ProbeReport.print("valid from") { line in line.append(CalendarTime(seconds: certificate.notBefore)) }
        ProbeReport.print("valid until") { line in
            line.append(CalendarTime(seconds: certificate.notAfter))
            line.append(", ")
            line.append(secondsLeft: certificate.notAfter - now)
        }
    }

    // The end

    mutating func end(_ error: ProbeError?) {
        if let message = error?.words?.message {
            var line = Line()
            line.append(ProgramName.current)
            line.append(": error: ")
            line.append(message)
            StandardError.write(&line)
        }
        if json != nil { writeObject(error) }
    }

    /// All members are always there: null is what was not found out.
    private mutating func writeObject(_ error: ProbeError?) {
        json?.begin()
        json?.member("host", options.host)
        json?.member("port", Int64(widening: UInt32(options.port)))
        json?.member("name", options.name)
        if let last {
            tell(last)
        } else {
            nulls(["address", "version", "suite", "group", "alpn", "certificateWanted"])
        }
        if let certificate, describe(UnsafeRawBufferPointer(certificate)) {
        } else {
            nulls(["subject", "issuer"])
            json?.array("names") { _ in }
            nulls(["sha256", "notBefore", "notAfter", "daysLeft"])
        }
        if let verdict { json?.member("verified", verdict.isTrusted) } else { json?.null("verified") }
        let faults = verdict?.faults ?? CertificateFaults()
        json?.array("faults") { array in faults.forEach { fault in array.element(fault.name.bytes) } }
        json?.array("resumed") { array in
            for index in 0..<connections { array.element(resumed[index]) }
        }
        let exit = error?.exit ?? .done
        json?.member("result", exit.name)
        json?.member("exit", Int64(widening: exit.rawValue))
        if let message = error?.words?.message {
            json?.member("error") { line in line.append(message) }
        } else {
            json?.null("error")
        }
        json?.end()
    }

    private mutating func nulls<let count: Int>(_ names: InlineArray<count, Text>) {
        for index in 0..<count { json?.null(names[index]) }
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

/// A connection among those that --resume makes.
struct ConnectionPlace {
    let number: Int
    let of: Int
}

extension Line {
    mutating func append(_ place: ConnectionPlace) {
        append("connection ")
        append(place.number)
        append(" of ")
        append(place.of)
    }
}
