// Why a connection ended. Every connection ends with exactly one of these; each is counted and logged by its
// name.

/// Why a connection ended, as it is counted and logged.
public enum CloseReason: UInt8, Sendable {
    /// The peer said close_notify, and everything it had sent was served.
    case peerClosed
    /// The peer's stream ended without close_notify: something may be missing.
    case truncated
    /// The peer reset the connection.
    case peerReset
    /// The service had given its last answer.
    case serviceClosed
    /// The service did not want this client.
    case refusedByService
    /// More input than the service can put together: a line or a header that is too long.
    case inputTooLong
    /// No target of the client's route could be connected to.
    case backendUnavailable
    /// The plain service reset its connection.
    case backendReset
    /// No PROXY header where there must be one, or a malformed, long or slow one.
    case badProxyHeader
    /// The handshake took longer than its deadline.
    case handshakeTimeout
    /// Nothing was received or sent for longer than the idle deadline.
    case idleTimeout
    /// The last bytes could not be sent within the close deadline.
    case closeTimeout
    /// The connection was open for as long as a connection may be.
    case lifetimeExceeded
    /// No TLS version in common.
    case protocolVersion
    /// No cipher suite, group, signature algorithm or ALPN name in common.
    case noSharedParameters
    /// The client asked for a name that is not served here.
    case unknownName
    /// The client showed no certificate, and one is required.
    case clientCertificateMissing
    /// Nothing leads from the client's certificate to the CA.
    case clientCertificateUntrusted
    /// The client's certificate, or one that leads to the CA, has expired.
    case clientCertificateExpired
    /// It is not valid yet.
    case clientCertificateNotYetValid
    /// It is not for clients.
    case clientCertificateWrongPurpose
    /// It has been revoked.
    case clientCertificateRevoked
    /// More certificates or bytes than a client may show.
    case clientChainTooLong
    /// It is broken, against the rules of X.509, or not the client's own.
    case clientCertificateInvalid
    /// No trusted revocation list covers it.
    case clientRevocationUnknown
    /// None of its names is in the list of those allowed, or its key is not pinned.
    case clientNotAllowed
    /// A reload has changed the rules, and the client may not stay.
    case revoked
    /// Not TLS, or a message that breaks the rules of TLS.
    case malformed
    /// A record failed authentication.
    case badRecord
    /// Too many records in a row that brought nothing: change_cipher_spec, warnings, empty ones, requests to
    /// renegotiate.
    case recordFlood
    /// The peer gave up with a fatal alert.
    case peerAlert
    /// The TLS arena had no room for it.
    case outOfMemory
    /// The server was stopping and the connection was quiet.
    case stopped
    /// The server was stopping and the connection was busy until the drain deadline.
    case drainTimeout
    /// A fault of ours or of the machine.
    case internalFault

    /// Counters.swift has a place for each.
    public static let count = Int(CloseReason.internalFault.rawValue) + 1

    public var name: Text {
        switch self {
        case .peerClosed: "peerClosed"
        case .truncated: "truncated"
        case .peerReset: "peerReset"
        case .serviceClosed: "serviceClosed"
        case .refusedByService: "refusedByService"
        case .inputTooLong: "inputTooLong"
        case .backendUnavailable: "backendUnavailable"
        case .backendReset: "backendReset"
        case .badProxyHeader: "badProxyHeader"
        case .handshakeTimeout: "handshakeTimeout"
        case .idleTimeout: "idleTimeout"
        case .closeTimeout: "closeTimeout"
        case .lifetimeExceeded: "lifetimeExceeded"
        case .protocolVersion: "protocolVersion"
        case .noSharedParameters: "noSharedParameters"
        case .unknownName: "unknownName"
        case .clientCertificateMissing: "clientCertificateMissing"
        case .clientCertificateUntrusted: "clientCertificateUntrusted"
        case .clientCertificateExpired: "clientCertificateExpired"
        case .clientCertificateNotYetValid: "clientCertificateNotYetValid"
        case .clientCertificateWrongPurpose: "clientCertificateWrongPurpose"
        case .clientCertificateRevoked: "clientCertificateRevoked"
        case .clientChainTooLong: "clientChainTooLong"
        case .clientCertificateInvalid: "clientCertificateInvalid"
        case .clientRevocationUnknown: "clientRevocationUnknown"
        case .clientNotAllowed: "clientNotAllowed"
        case .revoked: "revoked"
        case .malformed: "malformed"
        case .badRecord: "badRecord"
        case .recordFlood: "recordFlood"
        case .peerAlert: "peerAlert"
        case .outOfMemory: "outOfMemory"
        case .stopped: "stopped"
        case .drainTimeout: "drainTimeout"
        case .internalFault: "internalFault"
        }
    }
}
