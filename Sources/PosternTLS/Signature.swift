// Signatures of others, checked by Mbed TLS.

import CMbedTLS
import PosternCore
import PosternX509

public enum Signature {
    public enum Status {
        case good
        case bad
        /// Of another kind than the signature, not in use here, or damaged.
        case keyUnusable
        case outOfMemory
    }

    /// `publicKey` is a whole SubjectPublicKeyInfo. A signature by an algorithm that is not taken is bad.
    public static func check(_ signed: SignedDocument, by publicKey: UnsafeRawBufferPointer) -> Status {
        guard let algorithm = SignatureAlgorithm(signed.algorithm) else { return .bad }
        let status = ctls_signature_check(
            publicKey.bytes, publicKey.count, algorithm.hash, signed.content.bytes, signed.content.count,
            signed.signature.bytes, signed.signature.count)
        switch status {
        case CTLS_SIGNATURE_GOOD: return .good
        case CTLS_SIGNATURE_BAD: return .bad
        case CTLS_SIGNATURE_OUT_OF_MEMORY: return .outOfMemory
        default: return .keyUnusable
        }
    }
}

extension SignatureAlgorithm {
    fileprivate var hash: ctls_hash {
        switch self {
        case .ecdsaWithSHA256, .rsaWithSHA256: CTLS_HASH_SHA256
        case .ecdsaWithSHA384, .rsaWithSHA384: CTLS_HASH_SHA384
        case .ecdsaWithSHA512, .rsaWithSHA512: CTLS_HASH_SHA512
        }
    }
}

extension UnsafeRawBufferPointer {
    /// For C.
    fileprivate var bytes: UnsafePointer<UInt8>? { baseAddress?.assumingMemoryBound(to: UInt8.self) }
}
