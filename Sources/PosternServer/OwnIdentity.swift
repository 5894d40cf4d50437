// The identity that the server makes itself where its configuration says so: key and certificate at the
// first start; later a new certificate over the same key, before the old one ends or when the machine's name
// changes. A pinned key stays the one that was pinned, and nothing that an authority issued is replaced.

import PosternIssuing
import PosternCore
import PosternLinux
import PosternTLS
import PosternX509

struct OwnIdentity: Sendable {
    /// Chains that were made or renewed and not yet reported, a bit each.
    private var created: UInt32 = 0
    private var renewed: UInt32 = 0
    /// When to look again; nil where the server makes none.
    private(set) var checkAtMilliseconds: Int64?

    /// Of a server that makes none.
    init() {}

    /// Makes what is missing, before anything is loaded. The files become `owner`'s, who renews them later.
    init(_ config: Config, owner: Account?) throws(OperatorError) {
        for index in 0..<config.identities.count {
            let files = config.identities[index]
            guard case .createIfMissing(let names) = files.missing else { continue }
            checkAtMilliseconds = 0
            guard try OwnIdentity.makeIfMissing(files, names, owner) else { continue }
            created |= 1 &<< UInt32(index)
        }
    }

    /// Certificates may be due at once: they were reloaded, or the clock was set.
    mutating func checkSoon() {
        if checkAtMilliseconds != nil { checkAtMilliseconds = 0 }
    }

    /// Makes new certificates where one is due, each over its key. Returns whether files have changed. One
    /// that cannot be made is logged, and keeps none of the others.
    mutating func renewDue(
        _ config: Config, _ identity: borrowing Identity, _ log: borrowing ServerLog,
        atMilliseconds now: Int64
    ) -> Bool {
        checkAtMilliseconds = now + Int64(widening: Limits.ownIdentityCheckMilliseconds)
        var changed = false
        for index in 0..<config.identities.count {
            guard case .createIfMissing(let names) = config.identities[index].missing else { continue }
            do throws(OperatorError) {
                guard try OwnIdentity.isDue(identity.leaf(index), names) else { continue }
                let made = OwnIdentity.certificate(config.identities[index], replaces: true)
                try made.renew(names: try OwnIdentity.list(names))
            } catch {
                log.write(.error) { line in
                    line.append("certificate not renewed: ")
                    line.append(error.message)
                }
                continue
            }
            renewed |= 1 &<< UInt32(index)
            changed = true
        }
        return changed
    }

    /// The key is written first: with a key and no certificate a start before this one was cut short.
    private static func makeIfMissing(
        _ files: IdentityFiles, _ names: FixedList<4, Text>, _ owner: Account?
    ) throws(OperatorError) -> Bool {
        guard !File.exists(files.certificate) else {
            if File.exists(files.key) { return false }
            throw OperatorError { line in
                line.append("certificate file '")
                line.append(files.certificate)
                line.append("' is there, but its key file '")
                line.append(files.key)
                line.append("' is not; bring the key back, or remove the certificate to get a new pair")
            }
        }
        let made = certificate(files, replaces: false, owner)
        if File.exists(files.key) {
            try made.makeOverSameKey(names: try list(names))
        } else {
            try made.make(.p256, names: try list(names))
        }
        return true
    }

    /// A clock that was never set shows less than the release: the certificate then starts with that.
    private static func certificate(
        _ files: IdentityFiles, replaces: Bool, _ owner: Account? = nil
    ) -> SelfSigned {
        SelfSigned(
            certificate: files.certificate, key: files.key,
            validity: Validity(
                days: Limits.ownCertificateDays, from: max(Process.unixSeconds(), releaseSeconds)),
            replaces: replaces, owner: owner)
    }

    private static func list(_ names: FixedList<4, Text>) throws(OperatorError) -> NameList {
        guard !names.isEmpty else { return NameList.ofThisMachine() }
        var list = NameList()
        for index in 0..<names.count {
            try list.append(names[index], option: "configuration field identities.createIfMissing.names")
        }
        return list
    }

    private static func isDue(
        _ leaf: UnsafeRawBufferPointer, _ names: FixedList<4, Text>
    ) throws(OperatorError) -> Bool {
        guard let certificate = try? Certificate(leaf) else { return false }
        let extensions = CertificateExtensions(certificate.extensions)
        guard isOwn(certificate, extensions) else { return false }
        let now = Process.unixSeconds()
        // Before the clock is set nothing can be said about dates.
        if now >= releaseSeconds {
            let renewal = Int64(widening: Limits.ownCertificateRenewalDays) * CalendarTime.secondsPerDay
            if certificate.notAfter - now < renewal || certificate.notBefore > now { return true }
        }
        guard let presented = extensions.alternativeNames else { return true }
        return try !names.isEmpty ? !list(names).isSame(as: presented) : !hasHostName(presented)
    }

    /// Signed by its own key: an authority may have the same name, but has another key.
    private static func isOwn(_ certificate: Certificate, _ extensions: CertificateExtensions) -> Bool {
        guard certificate.isSelfIssued else { return false }
        guard let authority = extensions.authorityKeyIdentifier, let own = extensions.subjectKeyIdentifier
        else { return true }
        return hasSameBytes(authority, own)
    }

    /// Of names that nobody has chosen only the host name counts: addresses come and go.
    private static func hasHostName(_ presented: UnsafeRawBufferPointer) -> Bool {
        var isThere = false
        MachineNames.withHostName { text in
            guard let name = GeneralName(text) else {
                isThere = true
                return
            }
            isThere = (try? PresentedNames(presented).cover(name)) ?? false
        }
        return isThere
    }
}

extension OwnIdentity {
    /// Which certificates are new, with what others may pin.
    mutating func report(_ config: Config, _ identity: borrowing Identity, _ log: borrowing ServerLog) {
        for index in 0..<config.identities.count {
            let bit: UInt32 = 1 &<< UInt32(index)
            let file = config.identities[index].certificate
            if created & bit != 0 { report("identity created: ", file, identity.leaf(index), log) }
            if renewed & bit != 0 { report("certificate renewed: ", file, identity.leaf(index), log) }
        }
        created = 0
        renewed = 0
    }

    @inline(never)
    private func report(
        _ event: Text, _ file: Text, _ leaf: UnsafeRawBufferPointer, _ log: borrowing ServerLog
    ) {
        log.write(.notice) { line in
            line.append(event)
            line.append("'")
            line.append(file)
            line.append("', SHA-256 fingerprint ")
            line.append(digestOf: leaf)
            guard let certificate = try? Certificate(leaf) else { return }
            line.append(", pin ")
            line.append(digestOf: certificate.publicKey)
        }
    }
}

extension Line {
    fileprivate mutating func append(digestOf bytes: UnsafeRawBufferPointer) {
        guard let digest = Digest.sha256(bytes) else { return append("-") }
        withUnsafeBytes(of: digest) { append(hexadecimal: $0) }
    }
}
