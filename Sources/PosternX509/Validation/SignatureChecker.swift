// The one thing that a path needs from a TLS library: whether a key has made a signature. And what all these
// checks may cost, because a peer writes the certificates.

import PosternCore

public enum SignatureStatus: Sendable {
    case good
    case bad
    /// The library does not take the key: a point that is not on its curve, say.
    case keyUnusable
    case outOfMemory
}

public protocol SignatureChecker {
    /// Whether a key has signed a document. `publicKey` is a whole SubjectPublicKeyInfo whose kind is
    /// accepted and goes with the scheme.
    func check(
        _ signed: SignedDocument, _ scheme: SignatureScheme, by publicKey: UnsafeRawBufferPointer
    ) -> SignatureStatus

    /// Whether the library can use a key at all.
    func check(publicKey: UnsafeRawBufferPointer) -> SignatureStatus
}

/// What is left of the work that one verification may be.
struct VerificationBudget {
    private var failuresLeft = Limits.pathFailedSignatures
    private var costLeft = Limits.verificationCost
    private(set) var isExhausted = false

    /// False when it is too much.
    mutating func pay(_ cost: Int) -> Bool {
        guard !isExhausted, failuresLeft > 0, cost <= costLeft else {
            isExhausted = true
            return false
        }
        costLeft -= cost
        return true
    }

    /// A signature of the chain was wrong.
    mutating func noteFailure() { failuresLeft -= 1 }
}
