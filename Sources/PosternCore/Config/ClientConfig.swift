// Which clients are authorized: part of Config. Written as `.required(ca: "/etc/postern/clients.crt")`.
// Whether the parts fit together is checked before anything is opened.

/// Which clients are authorized, and what is done where that cannot be decided.
public struct ClientConfig: Sendable {
    public enum Certificates: Sendable {
        /// Clients are not asked for one.
        case none
        /// A client without one is served, a client with a bad one is not.
        case optional
        case required
    }

    /// What a revocation list leads to that is missing, not signed by the CA, not valid yet or expired.
    public enum RevocationPolicy: Sendable {
        /// The server does not start without one that it can trust, and refuses clients that none of them
        /// speaks for.
        case refuse
        /// The log says so, and revocation is not checked.
        case warn
    }

    /// What becomes of certificates that are not valid yet while the clock has not been set.
    public enum UnsetClock: Sendable {
        /// They are accepted, and checked again once the clock is right.
        case accept
        /// Only those of clients whose key is pinned are accepted.
        case pinsOnly
        case refuse
    }

    public var certificates: Certificates
    /// Certificates that clients' own ones lead to, PEM or DER.
    public var ca: Text?
    /// Revocation lists of the CA, PEM or DER.
    public var crl: Text?
    public var crlPolicy: RevocationPolicy
    /// Revoked certificates that the lists may have, together. Memory for them is kept twice, for the lists
    /// in force and for those that take their place.
    public var crlEntries: Int
    /// Names of which a client that the CA vouches for must have one. None: all that the CA vouches for.
    public var allow: Text?
    /// Keys of clients that need no CA: SHA-256 of each key.
    public var pins: Text?
    public var clock: UnsetClock
    /// Certificates that may stand between a client's own and one of the CA bundle.
    public var depth: Int

    public static let none = ClientConfig(.none, ca: nil)

    /// What `postern certificate crl` warns above, since servers take no more unless told.
    public static let defaultEntries = 2_000

    public static func optional(
        ca: Text? = nil, crl: Text? = nil, crlPolicy: RevocationPolicy = .refuse,
        crlEntries: Int = defaultEntries, allow: Text? = nil, pins: Text? = nil,
        clock: UnsetClock = .pinsOnly, depth: Int = 2
    ) -> ClientConfig {
        ClientConfig(
            .optional, ca: ca, crl: crl, crlPolicy: crlPolicy, crlEntries: crlEntries, allow: allow,
            pins: pins, clock: clock, depth: depth)
    }

    public static func required(
        ca: Text? = nil, crl: Text? = nil, crlPolicy: RevocationPolicy = .refuse,
        crlEntries: Int = defaultEntries, allow: Text? = nil, pins: Text? = nil,
        clock: UnsetClock = .pinsOnly, depth: Int = 2
    ) -> ClientConfig {
        ClientConfig(
            .required, ca: ca, crl: crl, crlPolicy: crlPolicy, crlEntries: crlEntries, allow: allow,
            pins: pins, clock: clock, depth: depth)
    }

    private init(
        _ certificates: Certificates, ca: Text?, crl: Text? = nil, crlPolicy: RevocationPolicy = .refuse,
        crlEntries: Int = defaultEntries, allow: Text? = nil, pins: Text? = nil,
        clock: UnsetClock = .pinsOnly, depth: Int = 2
    ) {
        self.certificates = certificates
        self.ca = ca
        self.crl = crl
        self.crlPolicy = crlPolicy
        self.crlEntries = crlEntries
        self.allow = allow
        self.pins = pins
        self.clock = clock
        self.depth = depth
    }
}

// The words of the command line and of --print-config.

extension ClientConfig.Certificates {
    public var name: Text {
        switch self {
        case .none: "none"
        case .optional: "optional"
        case .required: "required"
        }
    }

    public static func named(_ name: Text) -> ClientConfig.Certificates? {
        if name == ClientConfig.Certificates.none.name { return ClientConfig.Certificates.none }
        if name == ClientConfig.Certificates.optional.name { return .optional }
        return name == ClientConfig.Certificates.required.name ? .required : nil
    }
}

extension ClientConfig.RevocationPolicy {
    public var name: Text { self == .refuse ? "refuse" : "warn" }

    public static func named(_ name: Text) -> ClientConfig.RevocationPolicy? {
        if name == ClientConfig.RevocationPolicy.refuse.name { return .refuse }
        return name == ClientConfig.RevocationPolicy.warn.name ? .warn : nil
    }
}

extension ClientConfig.UnsetClock {
    public var name: Text {
        switch self {
        case .accept: "accept"
        case .pinsOnly: "pins-only"
        case .refuse: "refuse"
        }
    }

    public static func named(_ name: Text) -> ClientConfig.UnsetClock? {
        if name == ClientConfig.UnsetClock.accept.name { return .accept }
        if name == ClientConfig.UnsetClock.pinsOnly.name { return .pinsOnly }
        return name == ClientConfig.UnsetClock.refuse.name ? .refuse : nil
    }
}

extension ClientConfig {
    /// Calls `body` with each file that is given.
    mutating func forEachFile(_ body: (inout Text) -> Void) {
        if var file = ca {
            body(&file)
            ca = file
        }
        if var file = crl {
            body(&file)
            crl = file
        }
        if var file = allow {
            body(&file)
            allow = file
        }
        if var file = pins {
            body(&file)
            pins = file
        }
    }

    public func validate() throws(OperatorError) {
        guard (0...Limits.pathIntermediates).contains(depth) else {
            throw OperatorError { line in
                line.append("configuration field clients.depth is ")
                line.append(depth)
                line.append("; give a value from 0 to ")
                line.append(Limits.pathIntermediates)
            }
        }
        guard (1...Limits.revocationEntriesMax).contains(crlEntries) else {
            throw OperatorError { line in
                line.append("configuration field clients.crlEntries is ")
                line.append(crlEntries)
                line.append("; give a value from 1 to ")
                line.append(Limits.revocationEntriesMax)
            }
        }
        let unused = ca ?? crl ?? allow ?? pins
        if certificates == .none, let unused {
            throw OperatorError(
                usage: "file", unused,
                "is about clients that are not asked for a certificate; give --clients optional or required"
            )
        }
        if certificates != .none, ca == nil, pins == nil {
            throw OperatorError(
                usage: "--clients", certificates.name,
                "needs to know whom to trust; give --ca with certificates, or --pins with keys")
        }
        if ca == nil, let crl = crl ?? allow {
            throw OperatorError(
                usage: "file", crl,
                "is about clients that a CA vouches for; give --ca with its certificate as well")
        }
    }
}
