// Who a client is, as its connection tells a service.

/// Who a client is. What the fields point to belongs to the connection: a service copies what it keeps.
public struct ClientInfo {
    /// The address of the client, which a PROXY header may have brought; nil over a local socket.
    public let peer: IPEndpoint?
    /// The address that it connected to.
    public let local: IPEndpoint?
    /// "TLSv1.2" or "TLSv1.3".
    public let version: Text
    /// The cipher suite as Mbed TLS calls it.
    public let suite: Text
    /// The application protocol that was negotiated (ALPN, RFC 7301).
    public let applicationProtocol: Text?
    /// The server name that the client asked for (RFC 6066, section 3).
    public let serverName: Text?
    public let isResumed: Bool
    /// The client's certificates in DER, one behind the other, its own first; empty where it showed none.
    /// They were verified and authorized.
    public let certificates: UnsafeRawBufferPointer

    public init(
        peer: IPEndpoint?, local: IPEndpoint?, version: Text, suite: Text, applicationProtocol: Text?,
        serverName: Text?, isResumed: Bool, certificates: UnsafeRawBufferPointer
    ) {
        self.peer = peer
        self.local = local
        self.version = version
        self.suite = suite
        self.applicationProtocol = applicationProtocol
        self.serverName = serverName
        self.isResumed = isResumed
        self.certificates = certificates
    }
}
