// What certificates need of Mbed TLS: signatures of others, memory of the arena, base64.

import CMbedTLS
import PosternCore
import PosternX509

public enum Signature {
    /// Whether the owner of a public key of an accepted kind has signed a document. A signature by an
    /// algorithm that is not taken, or that does not go with the key, is bad.
    public static func check(
        _ signed: SignedDocument, by publicKey: UnsafeRawBufferPointer
    ) -> SignatureStatus {
        guard let scheme = SignatureScheme(signed.algorithm), let kind = try? PublicKeyKind(publicKey),
            kind.isAcceptedOfAnchor, scheme.goes(with: kind)
        else { return .bad }
        return MbedTLS().check(signed, scheme, by: publicKey)
    }
}

/// Mbed TLS, as a trust store and the search for a path use it.
public struct MbedTLS: CertificateLibrary {
    public init() {}

    public func check(
        _ signed: SignedDocument, _ scheme: SignatureScheme, by publicKey: UnsafeRawBufferPointer
    ) -> SignatureStatus {
        SignatureStatus(
            ctls_signature_check(
                publicKey.bytes, publicKey.count, scheme.hash.ofLibrary, scheme.kind.saltBytes,
                signed.content.bytes, signed.content.count, signed.signature.bytes, signed.signature.count))
    }

    public func check(publicKey: UnsafeRawBufferPointer) -> SignatureStatus {
        SignatureStatus(ctls_public_key_check(publicKey.bytes, publicKey.count))
    }

    public static func allocate(_ bytes: Int) -> UnsafeMutableRawPointer? { ctls_arena_allocate(bytes) }

    public static func release(_ memory: UnsafeMutableRawPointer) { ctls_arena_release(memory) }

    public static func decodeBase64(
        _ text: UnsafeRawBufferPointer, into memory: UnsafeMutableRawBufferPointer
    ) -> Int {
        ctls_base64_decode(
            text.bytes, text.count, memory.baseAddress?.assumingMemoryBound(to: UInt8.self), memory.count)
    }
}

extension SignatureStatus {
    fileprivate init(_ status: ctls_signature_status) {
        switch status {
        case CTLS_SIGNATURE_GOOD: self = .good
        case CTLS_SIGNATURE_BAD: self = .bad
        case CTLS_SIGNATURE_OUT_OF_MEMORY: self = .outOfMemory
        default: self = .keyUnusable
        }
    }
}

extension SignatureScheme.Hash {
    fileprivate var ofLibrary: ctls_hash {
        switch self {
        case .sha256: CTLS_HASH_SHA256
        case .sha384: CTLS_HASH_SHA384
        case .sha512: CTLS_HASH_SHA512
        }
    }
}

extension SignatureScheme.Kind {
    /// -1 for what is not RSASSA-PSS.
    fileprivate var saltBytes: Int32 {
        if case .rsaPSS(let saltBytes) = self { return Int32(truncatingIfNeeded: saltBytes) }
        return -1
    }
}

extension UnsafeRawBufferPointer {
    /// For C.
    fileprivate var bytes: UnsafePointer<UInt8>? { baseAddress?.assumingMemoryBound(to: UInt8.self) }
}
