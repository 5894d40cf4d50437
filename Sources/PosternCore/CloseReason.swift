// Why a connection ended. Every connection ends with exactly one of these; each is counted and logged by its
// name.

public enum CloseReason: UInt8, Sendable {
    /// The peer said close_notify, and everything it had sent was served.
    case peerClosed
    /// The stream ended without close_notify.
    case peerVanished
    /// The peer reset the connection.
    case peerReset
    /// The service had given its last answer.
    case serviceClosed
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
    /// Not TLS, or a message that breaks the rules of TLS.
    case malformed
    /// A record failed authentication.
    case badRecord
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
        case .peerVanished: "peerVanished"
        case .peerReset: "peerReset"
        case .serviceClosed: "serviceClosed"
        case .handshakeTimeout: "handshakeTimeout"
        case .idleTimeout: "idleTimeout"
        case .closeTimeout: "closeTimeout"
        case .lifetimeExceeded: "lifetimeExceeded"
        case .protocolVersion: "protocolVersion"
        case .noSharedParameters: "noSharedParameters"
        case .unknownName: "unknownName"
        case .malformed: "malformed"
        case .badRecord: "badRecord"
        case .peerAlert: "peerAlert"
        case .outOfMemory: "outOfMemory"
        case .stopped: "stopped"
        case .drainTimeout: "drainTimeout"
        case .internalFault: "internalFault"
        }
    }
}
