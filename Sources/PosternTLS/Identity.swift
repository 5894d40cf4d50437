// A certificate chain with its private key, parsed and checked against each other. Handshakes hold a
// reference of their own: an identity that is replaced lives until the last of them ends.

import CMbedTLS

public struct Identity: ~Copyable {
    let handle: OpaquePointer

    /// `certificate` and `key` are the contents of the files with one zero byte behind, which is not
    /// counted.
    public init(certificate: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer) throws(IdentityFault) {
        var handle: OpaquePointer?
        let status = ctls_identity_create(
            &handle,
            certificate.baseAddress?.assumingMemoryBound(to: UInt8.self), Identity.parsedCount(certificate),
            key.baseAddress?.assumingMemoryBound(to: UInt8.self), Identity.parsedCount(key))
        guard let handle else { throw IdentityFault(status) }
        self.handle = handle
    }

    deinit { ctls_identity_release(handle) }

    /// Identities in memory: the caller's, and those replaced ones that handshakes still show.
    public static var liveCount: Int { Int(ctls_identity_count()) }

    /// Seconds since 1970, UTC, between which the certificate is valid.
    public var notBeforeSeconds: Int64 { ctls_identity_not_before(handle) }
    public var notAfterSeconds: Int64 { ctls_identity_not_after(handle) }

    /// Calls `body` with the subject as text, `CN=localhost`.
    public func withSubject(_ body: (UnsafeBufferPointer<UInt8>) -> Void) {
        var text = InlineArray<256, CChar>(repeating: 0)
        withUnsafeMutablePointer(to: &text) { text in
            let start = UnsafeMutableRawPointer(text)
            let count = ctls_identity_subject(handle, start.assumingMemoryBound(to: CChar.self), 256)
            body(UnsafeBufferPointer(start: start.assumingMemoryBound(to: UInt8.self), count: count))
        }
    }

    /// The library wants the zero byte behind PEM counted, and behind DER not.
    private static func parsedCount(_ contents: UnsafeRawBufferPointer) -> Int {
        let derSequenceTag: UInt8 = 0x30
        return contents.first == derSequenceTag ? contents.count : contents.count + 1
    }
}

/// Why an identity was refused.
public enum IdentityFault: Error, Sendable {
    case certificateUnreadable
    case keyUnreadable
    case keyEncrypted
    case keyMismatch
    case keyUnsupported
    case keyWeak
    case outOfMemory

    init(_ status: ctls_identity_status) {
        switch status {
        case CTLS_IDENTITY_CERTIFICATE_UNREADABLE: self = .certificateUnreadable
        case CTLS_IDENTITY_KEY_UNREADABLE: self = .keyUnreadable
        case CTLS_IDENTITY_KEY_ENCRYPTED: self = .keyEncrypted
        case CTLS_IDENTITY_KEY_MISMATCH: self = .keyMismatch
        case CTLS_IDENTITY_KEY_UNSUPPORTED: self = .keyUnsupported
        case CTLS_IDENTITY_KEY_WEAK: self = .keyWeak
        default: self = .outOfMemory
        }
    }
}
