// A TLS session that is the client: how it begins, and what it learns of the server. It verifies nothing
// itself: whoever begins it meets the server, verifies its chain unless the session was resumed, and only
// then ends the handshake.

import CMbedTLS
import PosternCore

/// What a server gave to resume a session.
public struct Resumption: ~Copyable {
    let handle: OpaquePointer

    /// Nil when the arena has no room.
    public init?() {
        guard let handle = ctls_resumption_create() else { return nil }
        self.handle = handle
    }

    deinit { ctls_resumption_free(handle) }

    /// How many times a server has given something; 0 while there is nothing to resume.
    public var count: UInt32 { ctls_resumption_count(handle) }
}

extension TLSContext {
    /// Shows this to servers that ask for a certificate; it must outlive the context's sessions.
    public func show(_ identity: borrowing Identity) -> Bool {
        ctls_context_show(handle, identity.handle) == 0
    }
}

extension TLSSession {
    /// Starts a connection to a server. `name` is what it is asked for (SNI). What `resumption` holds is
    /// offered, and replaced by what the server gives; it must outlive the connection.
    public func begin(
        serverName name: Text?, resumption: borrowing Resumption, stream: UnsafeMutableRawPointer,
        send: @escaping Send, receive: @escaping Receive
    ) throws(ChannelError) {
        let result = ctls_session_begin_client(
            handle, name?.zeroTerminated, resumption.handle, stream, send, receive)
        guard result == 0 else { throw failure }
    }

    /// The handshake as far as the server has proven that the chain it sent is its own, or that it resumes
    /// what was offered. Of the client it knows nothing yet; `handshake` goes on from here.
    public func meetServer() throws(ChannelError) -> ChannelStep {
        try step(ctls_session_meet_server(handle))
    }

    /// Why a certificate is refused.
    public enum Refusal {
        case badCertificate
        case certificateExpired
        case unknownAuthority
    }

    /// Tells a server that was met that its certificate is refused, if that can be done at once. The session
    /// must not be used any more: to read would go on with the handshake.
    public func refuse(_ refusal: Refusal) {
        switch refusal {
        case .badCertificate: ctls_session_refuse(handle, CTLS_ALERT_BAD_CERTIFICATE)
        case .certificateExpired: ctls_session_refuse(handle, CTLS_ALERT_CERTIFICATE_EXPIRED)
        case .unknownAuthority: ctls_session_refuse(handle, CTLS_ALERT_UNKNOWN_CA)
        }
    }

    /// After a failure with the reason `.peerAlert`: the alert's number (RFC 8446, section 6).
    public var peerAlert: UInt8 { ctls_session_peer_alert(handle) }

    /// After a failure: the server wanted new keys, which Mbed TLS cannot.
    public var wasAskedForKeys: Bool { ctls_session_was_asked_for_keys(handle) != 0 }

    // Valid once the server has been met.

    /// Certificate `index` of the server's chain in DER, its own first; nil past the end. As long as the
    /// connection lives.
    public func peerCertificate(_ index: Int) -> UnsafeRawBufferPointer? {
        var count = 0
        let start = ctls_session_peer_certificate(handle, index, &count)
        return start.map { UnsafeRawBufferPointer(start: $0, count: count) }
    }

    /// The group of the key exchange by its name in the IANA registry; nil when none was negotiated.
    public var groupName: Text? {
        switch ctls_session_group(handle) {
        case UInt16(CTLS_GROUP_SECP256R1.rawValue): "secp256r1"
        case UInt16(CTLS_GROUP_SECP384R1.rawValue): "secp384r1"
        case UInt16(CTLS_GROUP_X25519.rawValue): "x25519"
        default: nil
        }
    }

    /// The ALPN name that the server chose.
    public var chosenProtocol: Text? { ctls_session_alpn(handle).map(Text.init(zeroTerminated:)) }

    /// The server asked for a certificate.
    public var isCertificateWanted: Bool { ctls_session_certificate_wanted(handle) != 0 }
}
