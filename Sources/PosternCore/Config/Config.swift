// The configuration: all that the server looks at. A board's values are one literal in
// ports/<port>/Config.swift; the command line replaces a few fields. The result is checked as a whole by
// ConfigRules.swift before anything is opened. Every field is named at the call; what is not given has the
// value shown here.

/// All that a server looks at, in one value. It is checked as a whole before a socket is opened.
public struct Config: Sendable {
    /// What `--version` and the log call the port.
    public var port: Text
    public var listeners: FixedList<8, ListenAddress>
    /// What the server shows of itself. The first is for clients that ask for no name; the others are shown
    /// to clients that ask for a name in their certificate. Two for the same name, one with an RSA and one
    /// with an ECDSA key, serve clients that can do only one of them.
    public var identities: FixedList<4, IdentityFiles>
    /// What clients get that ask for a name which is in no certificate.
    public var unknownNames: UnknownNames
    /// Which clients are let in.
    public var clients: ClientConfig
    /// Reloads certificates, keys and lists when their files change, as SIGHUP does.
    public var watchesFiles: Bool
    public var service: BuiltInService
    /// Plain services that stand behind the server, instead of a service of its own.
    public var forward: ForwardConfig
    /// Connections at the same time; further clients wait in the backlog. Each has its RAM reserved.
    public var connections: Int
    public var tls: TLSConfig
    public var deadlines: DeadlineLengths
    public var socket: SocketConfig
    public var turn: TurnBounds
    public var log: LogConfig
    public var process: ProcessConfig

    public init(
        port: Text,
        listeners: FixedList<8, ListenAddress>,
        identities: FixedList<4, IdentityFiles>,
        unknownNames: UnknownNames = .useFirst,
        clients: ClientConfig = .none,
        watchesFiles: Bool = false,
        service: BuiltInService = .echo,
        forward: ForwardConfig = .none,
        connections: Int,
        tls: TLSConfig = TLSConfig(),
        deadlines: DeadlineLengths = DeadlineLengths(),
        socket: SocketConfig = SocketConfig(),
        turn: TurnBounds = TurnBounds(),
        log: LogConfig = LogConfig(),
        process: ProcessConfig = ProcessConfig()
    ) {
        self.port = port
        self.listeners = listeners
        self.identities = identities
        self.unknownNames = unknownNames
        self.clients = clients
        self.watchesFiles = watchesFiles
        self.service = service
        self.forward = forward
        self.connections = connections
        self.tls = tls
        self.deadlines = deadlines
        self.socket = socket
        self.turn = turn
        self.log = log
        self.process = process
    }

    /// Connections are forwarded, and no service of the server's own answers.
    public var forwards: Bool { !forward.routes.isEmpty }

    /// How long a connection may be without traffic, in milliseconds; 0 for ever. Where nothing is said, an
    /// hour when forwarding, since MQTT and pools of database connections are quiet for long.
    public var idleMilliseconds: Int { deadlines.idleMilliseconds ?? (forwards ? 3_600_000 : 60_000) }
}

/// The files of a certificate chain and its key, and what happens when there are none yet. Written as
/// `.files(certificate: "server.crt", key: "server.key")`.
public struct IdentityFiles: Sendable {
    public enum Missing: Sendable {
        /// The server does not start.
        case refuse
        /// The server makes key and certificate at its first start, for these names (DNS names or numeric
        /// addresses; none: this machine's name, localhost and its addresses), and renews the certificate
        /// over the same key before it ends or when the names change.
        case createIfMissing(names: FixedList<4, Text>)
    }

    /// The certificate chain, PEM, the server's own first.
    public var certificate: Text
    /// The private key, PEM or DER, without a password.
    public var key: Text
    public var missing: Missing

    public static func files(
        certificate: Text, key: Text, _ missing: Missing = .refuse
    ) -> IdentityFiles {
        IdentityFiles(certificate: certificate, key: key, missing: missing)
    }
}

public enum UnknownNames: Sendable {
    /// They are shown the first identity, and decide themselves.
    case useFirst
    /// They are told that the name is unknown.
    case refuse

    public var name: Text { self == .useFirst ? "use-first" : "refuse" }

    public static func named(_ name: Text) -> UnknownNames? {
        if name == UnknownNames.useFirst.name { return .useFirst }
        return name == UnknownNames.refuse.name ? .refuse : nil
    }
}

/// A numeric IPv4 or IPv6 address ("0.0.0.0" and "::" for all) and a TCP port; port 0 lets the kernel
/// choose.
public struct ListenAddress: Sendable {
    public var host: Text
    public var port: UInt16

    public init(_ host: Text, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Appends 192.0.2.1:4433 or [2001:db8::1]:4433.
    public func append(to line: inout Line) {
        var isIPv6 = false
        for byte in host.bytes where byte == UInt8(ascii: ":") { isIPv6 = true }
        if isIPv6 { line.append("[") }
        line.append(host)
        line.append(isIPv6 ? "]:" : ":")
        line.append(port)
    }
}

/// What is negotiated with clients: versions, cipher suites, groups, application protocols, tickets.
public struct TLSConfig: Sendable {
    public enum SuiteOrder: Sendable {
        /// For processors with AES instructions.
        case aesFirst
        /// For the others: ChaCha20-Poly1305 is then about three times as fast.
        case chachaFirst
    }

    public enum Group: Sendable { case secp256r1, secp384r1, x25519 }

    public var suites: SuiteOrder
    /// Groups for the key exchange, the preferred one first.
    public var groups: FixedList<3, Group>
    /// Offer TLS 1.3 where the library has it; TLS 1.2 always.
    public var tls13: Bool
    /// Life of a session ticket and age at which its key is replaced, in seconds; 0 for no tickets.
    public var ticketSeconds: Int
    /// ALPN names (RFC 7301), the preferred one first; empty for no ALPN.
    public var protocols: FixedList<4, Text>

    public init(
        suites: SuiteOrder = .aesFirst,
        groups: FixedList<3, Group> = FixedList([.secp256r1, .x25519, .secp384r1]),
        tls13: Bool = true,
        ticketSeconds: Int = 86_400,
        protocols: FixedList<4, Text> = FixedList()
    ) {
        self.suites = suites
        self.groups = groups
        self.tls13 = tls13
        self.ticketSeconds = ticketSeconds
        self.protocols = protocols
    }
}

/// How long a connection may take for each of its phases, in milliseconds.
public struct DeadlineLengths: Sendable {
    /// For the whole handshake.
    public var handshakeMilliseconds: Int
    /// Without a byte received or sent; 0 for no end. Nil: a minute, an hour when forwarding.
    public var idleMilliseconds: Int?
    /// For close_notify, and for the peer to close its side.
    public var closeMilliseconds: Int
    /// For a whole connection; 0 for no end.
    public var lifetimeMilliseconds: Int
    /// For everything that is in flight when the server is told to stop.
    public var drainMilliseconds: Int
    /// A connection without traffic for this long is not in flight.
    public var drainQuietMilliseconds: Int

    public init(
        handshakeMilliseconds: Int = 10_000,
        idleMilliseconds: Int? = nil,
        closeMilliseconds: Int = 2_000,
        lifetimeMilliseconds: Int = 0,
        drainMilliseconds: Int = 5_000,
        drainQuietMilliseconds: Int = 500
    ) {
        self.handshakeMilliseconds = handshakeMilliseconds
        self.idleMilliseconds = idleMilliseconds
        self.closeMilliseconds = closeMilliseconds
        self.lifetimeMilliseconds = lifetimeMilliseconds
        self.drainMilliseconds = drainMilliseconds
        self.drainQuietMilliseconds = drainQuietMilliseconds
    }
}

/// Options of the sockets, listening and connected.
public struct SocketConfig: Sendable {
    /// Clients that may wait for a free connection, for each listener.
    public var backlog: Int
    /// TCP_NODELAY: answers leave at once.
    public var noDelay: Bool
    /// Quiet seconds after which TCP asks whether the peer is still there; 0 for never.
    public var keepAliveSeconds: Int

    public init(backlog: Int = 128, noDelay: Bool = true, keepAliveSeconds: Int = 60) {
        self.backlog = backlog
        self.noDelay = noDelay
        self.keepAliveSeconds = keepAliveSeconds
    }
}

/// How much may be done for one before the others have their turn.
public struct TurnBounds: Sendable {
    public var accepts: Int
    public var records: Int

    public init(accepts: Int = 16, records: Int = 8) {
        self.accepts = accepts
        self.records = records
    }
}

/// What is logged, and how much of it at most.
public struct LogConfig: Sendable {
    public var level: LogLevel
    /// Lines about single connections that are logged at once, and then each second. The rest is counted.
    public var burstLines: Int
    public var linesPerSecond: Int

    public init(level: LogLevel = .info, burstLines: Int = 100, linesPerSecond: Int = 20) {
        self.level = level
        self.burstLines = burstLines
        self.linesPerSecond = linesPerSecond
    }
}
