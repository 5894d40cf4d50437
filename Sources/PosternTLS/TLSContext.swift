// What all TLS sessions of a server, or of a client, share: versions, suites, groups, tickets, the random
// number generator.

import CMbedTLS
import PosternCore

public struct TLSContext: ~Copyable {
    let handle: OpaquePointer

    /// Of a server. Unless `clients` is none, `authorizeClients` comes next.
    public init(
        _ config: TLSConfig, clients: ClientConfig.Certificates = .none
    ) throws(ChannelError) {
        var settings = ctls_settings()
        settings.asks_clients = clients == .none ? 0 : 1
        try self.init(&settings, config)
    }

    /// Of a client. `tls12`: offer TLS 1.2 too. The life of tickets is the server's choice.
    public init(client config: TLSConfig, tls12: Bool) throws(ChannelError) {
        var settings = ctls_settings()
        settings.is_client = 1
        settings.tls12 = tls12 ? 1 : 0
        try self.init(&settings, config)
    }

    private init(_ settings: inout ctls_settings, _ config: TLSConfig) throws(ChannelError) {
        settings.tls13 = config.tls13 ? 1 : 0
        settings.ticket_seconds = UInt32(config.ticketSeconds)
        settings.setAlgorithms(config)
        withUnsafeMutableBytes(of: &settings.alpn) { names in
            let names = names.bindMemory(to: UnsafePointer<CChar>?.self)
            for index in 0..<config.protocols.count {
                names[index] = config.protocols[index].zeroTerminated
            }
        }
        var handle: OpaquePointer?
        var failure = ctls_failure()
        ctls_context_create(&handle, &settings, &failure)
        guard let handle else { throw ChannelError(failure) }
        self.handle = handle
    }

    deinit { ctls_context_free(handle) }

    /// Mbed TLS's version: major, minor, patch.
    public static var libraryVersion: (major: UInt32, minor: UInt32, patch: UInt32) {
        let version = ctls_library_version()
        return (version &>> 24, version &>> 16 & 0xFF, version &>> 8 & 0xFF)
    }

    /// Mbed TLS has TLS 1.3 from 3.6 on.
    public static var hasTLS13: Bool { libraryVersion.major >= 3 }
}

extension ChannelError {
    init(_ failure: ctls_failure) {
        let reason: CloseReason
        switch failure.kind {
        case CTLS_FAILURE_OUT_OF_MEMORY: reason = .outOfMemory
        case CTLS_FAILURE_PROTOCOL_VERSION: reason = .protocolVersion
        case CTLS_FAILURE_NO_SHARED_PARAMETERS: reason = .noSharedParameters
        case CTLS_FAILURE_UNKNOWN_NAME: reason = .unknownName
        case CTLS_FAILURE_CLIENT_INVALID: reason = .clientCertificateInvalid
        case CTLS_FAILURE_CLIENT_REFUSED: reason = CloseReason(ofVerdict: failure.reason) ?? .internalFault
        case CTLS_FAILURE_MALFORMED: reason = .malformed
        case CTLS_FAILURE_BAD_RECORD: reason = .badRecord
        case CTLS_FAILURE_RECORD_FLOOD: reason = .recordFlood
        case CTLS_FAILURE_PEER_ALERT: reason = .peerAlert
        default: reason = .internalFault
        }
        self.init(reason: reason, code: failure.code)
    }
}

extension Line {
    /// Mbed TLS 2.28.3
    public mutating func appendLibraryVersion() {
        let library = TLSContext.libraryVersion
        append("Mbed TLS ")
        append(library.major)
        append(".")
        append(library.minor)
        append(".")
        append(library.patch)
    }
}
