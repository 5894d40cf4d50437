// What a server shows of itself: certificate chains with their private keys, parsed and checked against each
// other. Handshakes hold a reference of their own: an identity that is replaced lives until the last of them
// ends.

import CMbedTLS
import PosternCore
import PosternX509

public struct Identity: ~Copyable {
    let handle: OpaquePointer

    /// Empty; `add` fills it. Clients that ask for a name which no chain covers are shown the first one, or
    /// refused.
    public init(unknownNames: UnknownNames) throws(IdentityError) {
        guard let handle = ctls_identity_create(Identity.chooser(unknownNames)) else {
            throw .outOfMemory
        }
        self.handle = handle
    }

    /// Adds a chain and its key. Both are the contents of files, PEM or DER, and are overwritten.
    public func add(
        certificate: UnsafeMutableRawBufferPointer, key: UnsafeMutableRawBufferPointer
    ) throws(IdentityError) {
        let chain = try Identity.chain(certificate)
        let key = try KeyText.decode(key)
        let status = ctls_identity_add(
            handle, chain.baseAddress?.assumingMemoryBound(to: UInt8.self), chain.count,
            key.baseAddress?.assumingMemoryBound(to: UInt8.self), key.count, acceptOwnKey)
        guard status == CTLS_IDENTITY_OK else { throw IdentityError(status) }
        // Its dates and names are read where they are asked for.
        guard self.certificate(chainCount - 1) != nil else { throw .certificateUnreadable }
    }

    private static func chain(
        _ contents: UnsafeMutableRawBufferPointer
    ) throws(IdentityError) -> UnsafeRawBufferPointer {
        let chain: UnsafeRawBufferPointer
        do throws(DocumentError) {
            chain = try Documents<MbedTLS>.decode(contents, .certificates)
        } catch {
            guard case .holds(let format) = error else { throw .certificateUnreadable }
            throw .certificateHolds(format)
        }
        var reader = DERReader(chain)
        while let der = try? reader.next().whole {
            guard let certificate = try? Certificate(der) else { continue }
            if certificate.hasExplicitCurve { throw .certificateHolds(.explicitCurveCertificate) }
        }
        return chain
    }

    deinit { ctls_identity_release(handle) }

    /// Identities in memory: the caller's, and those replaced ones that handshakes still show.
    public static var liveCount: Int { Int(ctls_identity_count()) }

    public var chainCount: Int { Int(ctls_identity_chain_count(handle)) }

    /// Seconds since 1970, UTC, between which a chain's first certificate is valid.
    public func notBeforeSeconds(_ chain: Int) -> Int64 { certificate(chain)?.notBefore ?? 0 }
    public func notAfterSeconds(_ chain: Int) -> Int64 { certificate(chain)?.notAfter ?? 0 }

    @inline(never) private func certificate(_ chain: Int) -> Certificate? { try? Certificate(leaf(chain)) }

    /// A chain's first certificate in DER, as long as the identity lives.
    public func leaf(_ chain: Int) -> UnsafeRawBufferPointer { Identity.leaf(handle, UInt32(chain)) }

    static func leaf(_ handle: OpaquePointer, _ chain: UInt32) -> UnsafeRawBufferPointer {
        var count = 0
        let start = ctls_identity_leaf(handle, chain, &count)
        return UnsafeRawBufferPointer(start: start, count: count)
    }

    /// Calls `body` with the subject of a chain's first certificate as text, `CN=localhost`.
    public func withSubject(_ chain: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
        var text = InlineArray<256, CChar>(repeating: 0)
        withUnsafeMutablePointer(to: &text) { text in
            let start = UnsafeMutableRawPointer(text)
            let count = ctls_identity_subject(
                handle, UInt32(chain), start.assumingMemoryBound(to: CChar.self), 256)
            body(UnsafeBufferPointer(start: start.assumingMemoryBound(to: UInt8.self), count: count))
        }
    }
}

/// Why an identity was refused.
public enum IdentityError: Error, Sendable, Equatable {
    case certificateUnreadable
    /// Another thing than certificates, or a form of them that is not read.
    case certificateHolds(FileFormat)
    /// One of the chain is signed in a way that the library does not know.
    case certificateSignature
    /// One of the chain is over a key of a kind that it does not know.
    case certificateKey
    case keyUnreadable
    case keyHolds(FileFormat)
    case keyEncrypted
    case keyMismatch
    case keyUnsupported
    case keyWeak
    case outOfMemory

    init(_ status: ctls_identity_status) {
        switch status {
        case CTLS_IDENTITY_CERTIFICATE_UNREADABLE: self = .certificateUnreadable
        case CTLS_IDENTITY_CERTIFICATE_SIGNATURE: self = .certificateSignature
        case CTLS_IDENTITY_CERTIFICATE_KEY: self = .certificateKey
        case CTLS_IDENTITY_KEY_UNREADABLE: self = .keyUnreadable
        case CTLS_IDENTITY_KEY_MISMATCH: self = .keyMismatch
        case CTLS_IDENTITY_KEY_UNSUPPORTED: self = .keyUnsupported
        case CTLS_IDENTITY_KEY_WEAK: self = .keyWeak
        default: self = .outOfMemory
        }
    }
}
