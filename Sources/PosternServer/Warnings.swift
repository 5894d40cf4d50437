// Problems that do not stop the server: said at a start, at a reload, and by --test-config, in the same
// sentences. Each is handed to `tell` as a line, which is logged or printed.

import PosternAuthorization
import PosternCore
import PosternLinux
import PosternTLS
import PosternX509

enum Warnings {
    typealias Tell = (Line) -> Void

    /// All about what was loaded.
    static func forEach(_ config: Config, _ credentials: borrowing CredentialStore, _ tell: Tell) {
        var chain = 0
        for index in 0..<config.identities.count {
            let files = config.identities[index]
            // --test-config makes nothing.
            guard !files.willBeMade, chain < credentials.identity.chainCount else { continue }
            aboutDates(files.certificate, credentials.identity, chain, tell)
            if let leaf = try? Certificate(credentials.identity.leaf(chain)) {
                aboutUse(files.certificate, leaf, tell)
            }
            if credentials.keysOpenToOthers & 1 &<< UInt32(index) != 0 {
                about("key file", files.key, tell) { line in
                    line.append("can be read by others; set its mode to 0600")
                }
            }
            chain += 1
        }
        aboutClients(config, credentials, tell)
    }

    static func aboutDescriptors(missing: Int, _ tell: Tell) {
        guard missing > 0 else { return }
        var line = Line()
        line.append("the limit of open descriptors is too low by ")
        line.append(missing)
        line.append(" for all connections at once; raise it where the server is started, with ulimit -n")
        tell(line)
    }

    /// Of what a start would listen on, nothing being open yet.
    static func aboutMissingAddresses(_ config: Config, _ tell: Tell) {
        guard !config.process.inetd else { return }
        for index in 0..<config.listeners.count where Listener.isAddressMissing(config.listeners[index].host)
        {
            aboutMissingAddress(tell) { line in config.listeners[index].append(to: &line) }
        }
    }

    static func aboutMissingAddress(_ tell: Tell, _ address: (inout Line) -> Void) {
        var line = Line()
        address(&line)
        line.append(" is not an address of this machine yet; clients are served there as soon as it is")
        tell(line)
    }

    static func aboutNotifySocket(_ unusable: Text?, _ tell: Tell) {
        guard let unusable else { return }
        var line = Line()
        line.append("environment variable NOTIFY_SOCKET is '")
        line.append(unusable)
        line.append("', which is neither a path nor a name with @ in front; ")
        line.append("the service manager is told nothing")
        tell(line)
    }

    static func aboutTargets(_ forward: ForwardConfig, _ targets: ForwardTargets, _ tell: Tell) {
        for index in 0..<forward.routes.count where !targets.staysOnThisMachine(route: index) {
            var line = Line()
            line.append("what is forwarded to '")
            forward.routes[index].target.append(to: &line)
            line.append("' leaves this machine as plain text; forward to a service here, if there is one")
            tell(line)
        }
    }

    @inline(never)
    static func about(_ role: Text, _ file: Text, _ tell: Tell, _ compose: (inout Line) -> Void) {
        var line = Line()
        line.append(role)
        line.append(" '")
        line.append(file)
        line.append("' ")
        compose(&line)
        tell(line)
    }

    // The server's own certificates

    private static func aboutDates(
        _ file: Text, _ identity: borrowing Identity, _ chain: Int, _ tell: Tell
    ) {
        let left = identity.secondsLeft(chain)
        if left < Int64(widening: Limits.expiryWarningDays) * CalendarTime.secondsPerDay {
            about("certificate file", file, tell) { line in
                line.append(left < 0 ? "has expired" : "expires soon")
                line.append("; renew it and send SIGHUP")
            }
        }
        if identity.notBeforeSeconds(chain) > Process.unixSeconds() {
            about("certificate file", file, tell) { line in
                line.append("is not valid yet; check the clock of this machine")
            }
        }
    }

    /// Whether clients will take it for a server's.
    private static func aboutUse(_ file: Text, _ leaf: Certificate, _ tell: Tell) {
        let extensions = CertificateExtensions(leaf.extensions)
        if let purposes = extensions.purposes, !purposes.server, !purposes.any {
            about("certificate file", file, tell) { line in
                line.append(purposes.client ? "is for clients alone" : "is not for servers")
                line.append(
                    " (extended key usage); no handshake succeeds with it, so have one issued for servers")
            }
        }
        if let usage = extensions.keyUsage, !usage.signs {
            about("certificate file", file, tell) { line in
                line.append(
                    "does not let its key sign (key usage); no handshake succeeds with it, have another made"
                )
            }
        }
        if extensions.alternativeNames == nil {
            about("certificate file", file, tell) { line in
                line.append("has no alternative names, and its common name does not count (RFC 9525)")
                line.append("; those who verify it will refuse it, so have one issued with such names")
            }
        }
    }

    /// Whoever serves now, with fewer privileges than who made the certificate, has to replace it one day.
    static func aboutRenewal(_ config: Config, _ tell: Tell) {
        for index in 0..<config.identities.count {
            guard case .createIfMissing = config.identities[index].missing else { continue }
            let file = config.identities[index].certificate
            do throws(SystemError) {
                try File.checkReplacing(file)
            } catch {
                about("certificate file", file, tell) { line in
                    line.append("will not be renewed, since the server dropped its privileges: ")
                    line.append("its directory is not writable: ")
                    line.append(error.text)
                    line.append("; let the server's user write there")
                }
            }
        }
    }

    // Clients

    private static func aboutClients(
        _ config: Config, _ credentials: borrowing CredentialStore, _ tell: Tell
    ) {
        guard let rules = credentials.authorizer else { return }
        if let file = config.clients.ca { aboutAuthorities(file, rules, tell) }
        if let file = config.clients.crl { aboutRevocation(file, config.clients, credentials.lists, tell) }
        guard credentials.clockIsUnset else { return }
        var line = Line()
        line.append("the clock has not been set; clients whose certificates are not valid yet: ")
        line.append(config.clients.clock.name)
        tell(line)
    }

    private static func aboutAuthorities(
        _ file: Text, _ rules: UnsafeMutablePointer<ClientAuthorizer>, _ tell: Tell
    ) {
        rules.pointee.forEachUnfitAuthority { certificate, faults, isOfOneClient in
            about("CA file", file, tell) { line in
                line.append("holds a certificate ")
                line.append(
                    isOfOneClient
                        ? "that authorizes nobody but its owner: "
                        : "that no client can be verified with: ")
                line.append(faults, ofAnchor: certificate)
                line.append("; replace it")
                if isOfOneClient { line.append(" by its CA's, or pin it with --pins") }
            }
        }
    }

    private static func aboutRevocation(
        _ file: Text, _ config: ClientConfig, _ review: RevocationListReview, _ tell: Tell
    ) {
        let role: Text = "revocation list file"
        if let problem = review.problem {
            about(role, file, tell) { line in
                line.append("cannot be taken; no client's revocation is checked: ")
                line.append(problem)
            }
        }
        if review.unsigned > 0 {
            about(role, file, tell) { $0.append("holds a list that its CA did not sign; it is not used") }
        }
        if review.unauthorized > 0 {
            about(role, file, tell) { line in
                line.append(
                    "holds a list whose CA may not sign lists, by its key or key usage; it is not used")
            }
        }
        if review.unsupported > 0 {
            about(role, file, tell) { line in
                line.append("holds a list of a kind that is not supported; it revokes, but clears no client")
            }
        }
        if review.ofOthers > 0 {
            about(role, file, tell) { line in
                line.append("holds a list whose issuer is not in the CA file")
                line.append("; it is used for clients that show its issuer")
            }
        }
        if review.good == 0, review.problem == nil {
            about(role, file, tell) { line in
                line.append("holds no list that is signed by a CA of the CA file; ")
                line.append(
                    config.crlPolicy == .refuse
                        ? "their clients are refused" : "their clients are not checked")
                line.append(", fetch their CRLs and send SIGHUP")
            }
        }
        if review.outOfDate > 0 {
            about(role, file, tell) { line in
                line.append("holds a list that is out of date; ")
                line.append(
                    config.crlPolicy == .refuse
                        ? "clients of its CA are refused" : "it is used all the same")
                line.append(", fetch a new one and send SIGHUP")
            }
        }
    }
}

extension CredentialStore {
    /// Loads the files as SIGHUP would, and says what will not work.
    mutating func reloadWithoutPrivileges(_ config: Config, _ tell: Warnings.Tell) {
        do throws(OperatorError) {
            try replace(config)
        } catch {
            var line = Line()
            line.append("SIGHUP will not reload the files, because the server dropped its privileges: ")
            line.append(error.message)
            tell(line)
        }
        Warnings.aboutRenewal(config, tell)
    }
}
