// What can be wrong with a certificate where it stands in its path: one bit each, so that a policy can
// decide which ones matter, and in words.

import PosternCore

public struct CertificateFaults: Equatable, Sendable {
    public private(set) var bits: UInt32

    public init() {
        bits = 0
    }
    /// Bits as they came out of `bits`, by way of C.
    public init(bits: UInt32) { self.bits = bits }
    private init(bit: UInt32) { bits = 1 &<< bit }

    // The numbers are the order in which faults are named: what stands first explains most.

    /// Not encoded as RFC 5280 and DER ask.
    public static let badEncoding = CertificateFaults(bit: 0)
    /// An extension that binds and cannot be read, says nothing valid, or is not critical where it must be.
    public static let badExtension = CertificateFaults(bit: 1)
    /// A name that is malformed for its kind.
    public static let badName = CertificateFaults(bit: 2)
    /// Not between 1 and 2^159, in 20 bytes at most.
    public static let badSerial = CertificateFaults(bit: 3)
    public static let duplicateExtension = CertificateFaults(bit: 4)
    public static let unknownCriticalExtension = CertificateFaults(bit: 5)
    /// An issuer with its name is known, but has not made the signature.
    public static let badSignature = CertificateFaults(bit: 6)
    /// Not SHA-256 and up with ECDSA or RSA.
    public static let weakSignature = CertificateFaults(bit: 7)
    /// Not P-256, P-384 or RSA of 2048 to 4096 bits.
    public static let weakKey = CertificateFaults(bit: 8)
    /// A number or a point that no key has, or an RSA exponent that is not taken.
    public static let badKey = CertificateFaults(bit: 9)
    /// The issuer is not known.
    public static let untrusted = CertificateFaults(bit: 10)
    /// It names itself as issuer and is not among the trusted.
    public static let selfSigned = CertificateFaults(bit: 11)
    /// More certificates above it than are allowed.
    public static let chainTooLong = CertificateFaults(bit: 12)
    /// More work for signatures than a peer may cause.
    public static let chainTooCostly = CertificateFaults(bit: 13)
    /// It has issued another one and is not allowed to.
    public static let notAnAuthority = CertificateFaults(bit: 14)
    /// More authorities below it than its path length allows.
    public static let pathLength = CertificateFaults(bit: 15)
    /// A key usage that does not go with what it is.
    public static let wrongKeyUsage = CertificateFaults(bit: 16)
    /// Not for a server, or not for a client.
    public static let wrongPurpose = CertificateFaults(bit: 17)
    /// A name that an authority above it may not issue.
    public static let nameConstraint = CertificateFaults(bit: 18)
    /// Another certificate of its issuer in the path has its serial number.
    public static let duplicateSerial = CertificateFaults(bit: 19)
    public static let expired = CertificateFaults(bit: 20)
    public static let notYetValid = CertificateFaults(bit: 21)
    public static let revoked = CertificateFaults(bit: 22)
    /// No revocation list of its issuer.
    public static let crlMissing = CertificateFaults(bit: 23)
    /// The list of its issuer should have been replaced by now, or is not valid yet.
    public static let crlExpired = CertificateFaults(bit: 24)
    /// The list of its issuer is of a kind that is not understood, or not written as RFC 5280 asks.
    public static let crlUnsupported = CertificateFaults(bit: 25)
    /// The list of its issuer is not signed by it.
    public static let crlBad = CertificateFaults(bit: 26)
    /// None of its names is the one that was asked for.
    public static let wrongName = CertificateFaults(bit: 27)
    static let count: UInt32 = 28

    public var isEmpty: Bool { bits == 0 }

    public func contains(_ fault: CertificateFaults) -> Bool { bits & fault.bits == fault.bits }
    /// Whether any of these is there.
    public func hasAny(of faults: CertificateFaults) -> Bool { bits & faults.bits != 0 }

    public mutating func insert(_ faults: CertificateFaults) { bits |= faults.bits }
    public mutating func remove(_ faults: CertificateFaults) { bits &= ~faults.bits }

    public static func | (left: CertificateFaults, right: CertificateFaults) -> CertificateFaults {
        CertificateFaults(bits: left.bits | right.bits)
    }

    /// Those that only say that the time is not right: a device without a clock may accept them for a while.
    public static var timely: CertificateFaults { expired | notYetValid | crlExpired }

    /// Those that say that no list has cleared it.
    public static var uncheckedRevocation: CertificateFaults {
        crlMissing | crlExpired | crlUnsupported | crlBad
    }

    /// Those that say that it is not proven who issued it, or that its key cannot be used.
    static var unproven: CertificateFaults {
        badSignature | badKey | untrusted | selfSigned | chainTooLong | chainTooCostly
    }

    /// How many there are.
    var number: Int { bits.nonzeroBitCount }

    /// The first fault alone; empty when there is none.
    public var first: CertificateFaults { CertificateFaults(bits: bits & (0 &- bits)) }

    /// Calls `body` with each fault alone, in the order in which they are named.
    public func forEach(_ body: (CertificateFaults) -> Void) {
        for bit in 0..<CertificateFaults.count {
            let fault = CertificateFaults(bit: bit)
            if contains(fault) { body(fault) }
        }
    }

    /// For a program: the first fault as one word.
    public var name: Text { CertificateFaults.all[index].name }

    /// The first fault, to be read behind a certificate's subject.
    public var words: Text { CertificateFaults.all[index].words }

    private var index: Int { isEmpty ? Int(CertificateFaults.count) : bits.trailingZeroBitCount }

    private static let all: InlineArray<29, (name: Text, words: Text)> = [
        ("badEncoding", "is not encoded as RFC 5280 and DER ask"),
        ("badExtension", "has an extension that is not as RFC 5280 asks"),
        ("badName", "has a name that is not written as names of its kind are"),
        ("badSerial", "has a serial number that is empty, zero, negative or longer than 20 bytes"),
        ("duplicateExtension", "has the same extension twice"),
        ("unknownCriticalExtension", "has a critical extension that is not known here"),
        ("badSignature", "has a signature that its issuer did not make"),
        ("weakSignature", "is not signed with SHA-256, SHA-384 or SHA-512 and ECDSA or RSA"),
        ("weakKey", "has a key other than P-256, P-384 or RSA of 2048 to 4096 bits"),
        ("badKey", "has a damaged key, or an RSA exponent that is even, below 65537 or over 32 bits"),
        ("untrusted", "is issued by somebody who is not known here"),
        ("selfSigned", "is signed by itself and not among the trusted"),
        ("chainTooLong", "has more authorities above it than are allowed"),
        ("chainTooCostly", "has a chain whose signatures cost more to check than one peer may cause"),
        ("notAnAuthority", "has issued another one and is not an authority"),
        ("pathLength", "has more authorities below it than its path length allows"),
        ("wrongKeyUsage", "has a key usage that does not go with what it is used for"),
        ("wrongPurpose", "is not for this purpose"),
        ("nameConstraint", "has a name that an authority above it may not issue"),
        ("duplicateSerial", "has the serial number of another certificate of its issuer"),
        ("expired", "has expired"),
        ("notYetValid", "is not valid yet"),
        ("revoked", "is revoked"),
        ("crlMissing", "has no revocation list of its issuer"),
        ("crlExpired", "has a revocation list of its issuer that is out of date"),
        ("crlUnsupported", "has a revocation list of a kind that is not supported"),
        ("crlBad", "has a revocation list that its issuer did not sign"),
        ("wrongName", "is for other names"),
        ("none", "has no fault"),
    ]
}
