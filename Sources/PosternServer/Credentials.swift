// Which certificates the server has, whom it authorizes, and when that changes: the files as they were
// loaded, the certificates that it makes itself, the files that are watched, the clock. Called by the start
// and the loop. A method that returns true asks the loop for more: a reload, or to authorize all clients
// again.

import PosternAuthorization
import PosternCore
import PosternLinux
import PosternTLS

struct Credentials: ~Copyable {
    let context: TLSContext
    private(set) var store: CredentialStore
    private var ownIdentity: OwnIdentity
    /// Nil unless files are watched.
    private var files: WatchedFiles?
    /// Nil where nothing depends on the time: neither certificates of clients nor one that is made here.
    private var clock: ClockWatch?
    private var clockIsUnset: Bool
    private var isReloadWanted = false

    /// Loads everything. In a check nothing is made, and what a start would make may be missing.
    init(_ config: Config, owner: Account?, isCheck: Bool) throws(OperatorError) {
        let ownIdentity = try isCheck ? OwnIdentity() : OwnIdentity(config, owner: owner)
        let store = try CredentialStore(config, withMissing: isCheck)
        let context = try TLSContext(of: config)
        if let authorizer = store.authorizer { context.authorizeClients(by: authorizer) }
        self.ownIdentity = ownIdentity
        self.context = context
        files = nil
        clock = nil
        clockIsUnset = store.clockIsUnset
        self.store = store
    }

    // The start

    mutating func watchClock(_ config: Config, _ poller: borrowing Poller) throws(OperatorError) {
        guard config.clients.certificates != .none || config.createsIdentity else { return }
        do throws(SystemError) {
            let clock = try ClockWatch()
            try poller.add(clock)
            self.clock = consume clock
        } catch {
            throw OperatorError(system: error)
        }
    }

    mutating func watchFiles(_ config: Config, _ poller: borrowing Poller, _ log: borrowing ServerLog) {
        files = WatchedFiles.start(config, poller, log)
    }

    /// Loads the files as SIGHUP would, now that the server has dropped its privileges: what will not work
    /// is told today.
    mutating func reloadWithoutPrivileges(_ config: Config, _ tell: Warnings.Tell) {
        store.reloadWithoutPrivileges(config, tell)
    }

    // Reload

    /// The loop reloads when handshakes with an older identity have ended. The state
    /// of the files is noted now, before they are read: what changes later is another change.
    mutating func requestReload(_ config: Config, _ poller: borrowing Poller) {
        isReloadWanted = true
        files?.noteLoaded(config, poller)
    }

    mutating func forgetReload() { isReloadWanted = false }

    var isReloadDue: Bool { isReloadWanted && store.canReplace }

    /// True when what is in the files is in force from now on.
    mutating func reload(_ config: Config, _ log: borrowing ServerLog) -> Bool {
        isReloadWanted = false
        do throws(OperatorError) {
            try store.replace(config)
        } catch {
            log.write(.error) { line in
                line.append("reload failed, keeping the current files: ")
                line.append(error.message)
                // What was revoked since is the reason for most reloads.
                if config.clients.crl != nil {
                    line.append("; revocations since the last successful reload are not in force")
                }
            }
            return false
        }
        log.write(.notice) { line in
            line.append("files reloaded: ")
            append(to: &line, config)
        }
        warn(config, log)
        reportOwnIdentity(config, log)
        ownIdentity.checkSoon()
        clockIsUnset = store.clockIsUnset
        return true
    }

    /// True when a reload is asked for: watched files have changed and then been left alone for a second.
    func haveFilesSettled(atMilliseconds now: Int64) -> Bool {
        guard let changed = filesChangedAtMilliseconds else { return false }
        return now - changed >= Int64(widening: Limits.settledMilliseconds)
    }

    mutating func lookAtFiles(_ config: Config, _ poller: borrowing Poller, atMilliseconds now: Int64) {
        files?.look(config, poller, atMilliseconds: now)
    }

    /// Certificates that the server makes itself are to be looked at.
    func isRenewalDue(atMilliseconds now: Int64) -> Bool {
        ownIdentity.checkAtMilliseconds.map { now >= $0 } ?? false
    }

    /// True when a reload is asked for, because a certificate was made again.
    mutating func renewOwnIdentity(
        _ config: Config, _ log: borrowing ServerLog, atMilliseconds now: Int64
    ) -> Bool {
        ownIdentity.renewDue(config, store.identity, log, atMilliseconds: now)
    }

    // The clock

    /// True when clients are to be authorized again, because it was set.
    mutating func wasClockSet(_ log: borrowing ServerLog) -> Bool {
        guard clock?.wasSet() ?? false else { return false }
        log.write(.notice) { line in
            line.append("the clock was set")
            if store.authorizer != nil { line.append("; clients are authorized again") }
        }
        ownIdentity.checkSoon()
        clockIsUnset = store.clockIsUnset
        return true
    }

    /// The same, because it has become right: one that goes on from the past reaches the floor by itself.
    mutating func hasClockBecomeRight() -> Bool {
        guard clockIsUnset, !store.clockIsUnset else { return false }
        clockIsUnset = false
        return true
    }

    // When the loop is wanted

    /// It waits for handshakes to end, for a clock that is right, or for files to settle.
    var isWaiting: Bool { isReloadWanted || clockIsUnset || filesChangedAtMilliseconds != nil }

    private var filesChangedAtMilliseconds: Int64? {
        switch files {
        case .some(let files): files.changedAtMilliseconds
        case nil: nil
        }
    }

    var dueMilliseconds: Int64? { ownIdentity.checkAtMilliseconds }

    // The log

    /// certificate CN=board, 90 days left; clients required: authorities 1, revocation lists 1
    func append(to line: inout Line, _ config: Config) {
        store.identity.append(to: &line)
        guard let rules = store.authorizer else { return }
        line.append("; clients ")
        line.append(config.clients.certificates.name)
        line.append(": authorities ")
        line.append(rules.pointee.authorityCount)
        if config.clients.crl != nil {
            line.append(", revocation lists ")
            line.append(rules.pointee.revocationListCount)
        }
        if config.clients.allow != nil {
            line.append(", names ")
            line.append(rules.pointee.nameCount)
        }
        if config.clients.pins != nil {
            line.append(", pins ")
            line.append(rules.pointee.pinCount)
        }
    }

    func warn(_ config: Config, _ log: borrowing ServerLog) {
        Warnings.forEach(config, store) { log.warn($0) }
    }

    /// Which certificates are new, with what others may pin.
    mutating func reportOwnIdentity(_ config: Config, _ log: borrowing ServerLog) {
        ownIdentity.report(config, store.identity, log)
    }
}

extension TLSContext {
    fileprivate init(of config: Config) throws(OperatorError) {
        var tls = config.tls
        // The key of a ticket would end with the process, before a client can come back.
        if config.process.inetd { tls.ticketSeconds = 0 }
        do throws(ChannelError) {
            self = try TLSContext(tls, clients: config.clients.certificates)
        } catch {
            throw OperatorError { line in
                line.append("TLS cannot be set up (Mbed TLS error ")
                line.append(libraryCode: error.code)
                line.append("); check the fields of tls in the configuration")
            }
        }
    }
}

extension Identity {
    func secondsLeft(_ chain: Int) -> Int64 { notAfterSeconds(chain) - Process.unixSeconds() }

    fileprivate func append(to line: inout Line) {
        for chain in 0..<chainCount {
            line.append(chain == 0 ? "certificate " : "; certificate ")
            withSubject(chain) { subject in line.append(subject) }
            line.append(", ")
            line.append(secondsLeft: secondsLeft(chain))
        }
    }
}

extension Config {
    /// It makes certificates itself, and so has to know when one has come to its end.
    fileprivate var createsIdentity: Bool {
        for index in 0..<identities.count {
            if case .createIfMissing = identities[index].missing { return true }
        }
        return false
    }
}
