// Documents as postern certificate show prints them: field by field, as lines for people or as one JSON
// object. All of the text in them was written by others; Line and JSONOutput keep it off the terminal.

import PosternCore
import PosternIssuing
import PosternLinux
import PosternTLS
import PosternX509

struct DocumentOutput {
    private var json: JSONOutput?
    private var isFirst = true

    init(isJSON: Bool) {
        guard isJSON else { return }
        var json = JSONOutput()
        json.begin()
        json.beginArray("documents")
        self.json = json
    }

    mutating func end() {
        json?.endArray()
        json?.end()
    }

    /// One document, which can be read.
    mutating func show(_ document: UnsafeRawBufferPointer) {
        if json == nil, !isFirst { StandardOutput.write { _ in } }
        isFirst = false
        json?.beginObject()
        switch DocumentKind(document) {
        case .certificate: if let certificate = try? Certificate(document) { show(certificate) }
        case .request: if let request = try? CertificateRequest(document) { show(request) }
        case .revocationList: if let list = try? RevocationList(document) { show(list) }
        case nil: break
        }
        json?.endObject()
    }

    private mutating func show(_ certificate: Certificate) {
        member("kind") { $0.append("certificate") }
        member("subject") { $0.append(distinguishedName: certificate.subject) }
        member("issuer") { $0.append(distinguishedName: certificate.issuer) }
        member("serial") { $0.append(serial: certificate.serial) }
        let extensions = CertificateExtensions(certificate.extensions)
        names(extensions)
        constraints(extensions)
        time("notBefore", certificate.notBefore)
        time("notAfter", certificate.notAfter)
        number("daysLeft", certificate.daysLeft(at: Process.unixSeconds()))
        member("key") { $0.append(publicKey: certificate.publicKey) }
        member("signature") { $0.append(signatureAlgorithm: certificate.signed.algorithm) }
        digest("sha256", certificate.whole)
        digest("pin", certificate.publicKey)
    }

    private mutating func show(_ request: CertificateRequest) {
        member("kind") { $0.append("request") }
        member("subject") { $0.append(distinguishedName: request.subject) }
        names(CertificateExtensions(request.extensions))
        member("key") { $0.append(publicKey: request.publicKey) }
        member("signature") { $0.append(signatureAlgorithm: request.signed.algorithm) }
        digest("pin", request.publicKey)
    }

    private mutating func show(_ list: RevocationList) {
        member("kind") { $0.append("crl") }
        member("issuer") { $0.append(distinguishedName: list.issuer) }
        if let number = list.number {
            member("number") { $0.append(wholeNumber: number) }
        } else {
            nothing("number")
        }
        time("thisUpdate", list.thisUpdate)
        if let next = list.nextUpdate { time("nextUpdate", next) } else { nothing("nextUpdate") }
        member("signature") { $0.append(signatureAlgorithm: list.signed.algorithm) }
        var count: Int64 = 0
        DocumentOutput.forEachEntry(of: list) { _ in count += 1 }
        number("revokedCount", count)
        json?.beginArray("revoked")
        DocumentOutput.forEachEntry(of: list) { entry in show(entry) }
        json?.endArray()
    }

    private static func forEachEntry(of list: RevocationList, _ body: (RevocationList.Entry) -> Void) {
        var entries = DERReader(list.entries)
        while let entry = try? RevocationList.next(&entries) { body(entry) }
    }

    private mutating func show(_ entry: RevocationList.Entry) {
        let reason = RevocationReason(rawValue: entry.reason ?? 0)?.name ?? "unknown"
        if json == nil {
            member("revoked") { line in
                line.append(serial: entry.serial)
                line.append(", ")
                line.append(CalendarTime(seconds: entry.time))
                line.append(", ")
                line.append(reason)
            }
            return
        }
        json?.beginObject()
        member("serial") { $0.append(serial: entry.serial) }
        time("time", entry.time)
        member("reason") { $0.append(reason) }
        json?.endObject()
    }

    @inline(never) private mutating func names(_ extensions: CertificateExtensions) {
        begin("names")
        extensions.forEachName { name in element("name") { $0.append(name) } }
        endList()
        // Names and constraints may be among them, so that their absence means nothing.
        let isDamaged =
            extensions.faults.contains(.badEncoding) || extensions.faults.contains(.badExtension)
        if json != nil {
            json?.member("damagedExtensions", isDamaged)
        } else if isDamaged {
            member("damaged") { line in
                line.append("an extension cannot be read; names or constraints may be missing")
            }
        }
    }

    // Several values of one field: an array, or a line each

    mutating func begin(_ name: Text) { json?.beginArray(name) }
    mutating func endList() { json?.endArray() }

    @inline(never) mutating func element(_ name: Text, _ compose: (inout Line) -> Void) {
        if json == nil { member(name, compose) } else { json?.element(compose) }
    }

    // One field, in either form

    mutating func flag(_ name: Text) {
        if json == nil { member(name) { $0.append("yes") } } else { json?.member(name, true) }
    }

    private mutating func member(_ name: Text, _ compose: (inout Line) -> Void) {
        var value = Line()
        compose(&value)
        member(name, value)
    }

    @inline(never) private mutating func member(_ name: Text, _ value: borrowing Line) {
        guard json == nil else {
            json?.member(name, value)
            return
        }
        var line = Line()
        line.append(name)
        for _ in name.count..<14 { line.append(" ") }
        line.append(value)
        StandardOutput.write(&line)
    }

    @inline(never) mutating func number(_ name: Text, _ value: Int64) {
        if json == nil { member(name) { $0.append(value) } } else { json?.member(name, value) }
    }

    @inline(never) private mutating func nothing(_ name: Text) {
        if json == nil { member(name) { $0.append("-") } } else { json?.null(name) }
    }

    @inline(never) private mutating func time(_ name: Text, _ seconds: Int64) {
        member(name) { $0.append(CalendarTime(seconds: seconds)) }
    }

    @inline(never) private mutating func digest(_ name: Text, _ bytes: UnsafeRawBufferPointer) {
        guard let digest = Digest.sha256(bytes) else {
            nothing(name)
            return
        }
        member(name) { line in withUnsafeBytes(of: digest) { line.append(hexadecimal: $0) } }
    }
}

extension Line {
    /// An INTEGER in decimal, or in hexadecimal where it has more than 64 bits or is negative.
    fileprivate mutating func append(wholeNumber content: UnsafeRawBufferPointer) {
        guard content.count <= 8, let first = content.first, first < 0x80 else {
            append("0x")
            append(hexadecimal: content)
            return
        }
        var value: UInt64 = 0
        for byte in content { value = value &<< 8 | UInt64(widening: byte) }
        append(value)
    }
}
