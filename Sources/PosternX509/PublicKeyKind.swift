// Which kind of public key a SubjectPublicKeyInfo has (RFC 3279, RFC 5480), and whether it is one of those
// in use here.

import PosternCore

public enum PublicKeyKind {
    case p256
    case p384
    /// Bits of the modulus.
    case rsa(bits: Int)
    /// Another curve or algorithm.
    case other

    /// `information` is the whole SubjectPublicKeyInfo.
    public init(_ information: UnsafeRawBufferPointer) throws(DERFault) {
        var outer = try DERElement.only(DERTag.sequence, in: information).reader
        var algorithm = try outer.next(DERTag.sequence).reader
        let identifier = try algorithm.next(DERTag.objectIdentifier).content
        let bits = try outer.next(DERTag.bitString).bits
        try outer.end()
        // 1.2.840.10045.2.1, id-ecPublicKey
        if identifier.equals([0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01]) {
            let curve = try algorithm.next(DERTag.objectIdentifier).content
            try algorithm.end()
            self = PublicKeyKind.curve(curve)
            return
        }
        // 1.2.840.113549.1.1.1, rsaEncryption
        guard identifier.equals([0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01]) else {
            self = .other
            return
        }
        guard try algorithm.next(DERTag.null).content.isEmpty else { throw .badValue }
        try algorithm.end()
        try StrictDER.check(bits)
        var numbers = try DERElement.only(DERTag.sequence, in: bits).reader
        let modulus = try numbers.next(DERTag.integer).content
        _ = try numbers.next(DERTag.integer)
        try numbers.end()
        self = .rsa(bits: PublicKeyKind.bits(ofInteger: modulus))
    }

    private static func curve(_ identifier: UnsafeRawBufferPointer) -> PublicKeyKind {
        // 1.2.840.10045.3.1.7 and 1.3.132.0.34
        if identifier.equals([0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]) { return .p256 }
        if identifier.equals([0x2B, 0x81, 0x04, 0x00, 0x22]) { return .p384 }
        return .other
    }

    private static func bits(ofInteger content: UnsafeRawBufferPointer) -> Int {
        var first = 0
        while first < content.count, content[first] == 0 { first += 1 }
        guard first < content.count else { return 0 }
        return (content.count - first) * 8 - content[first].leadingZeroBitCount
    }

    /// P-256, P-384, RSA of 2048 to 4096 bits: what identities may have too.
    public var isAccepted: Bool {
        switch self {
        case .p256, .p384: true
        case .rsa(let bits): bits >= 2048 && bits <= 4096
        case .other: false
        }
    }
}

extension Line {
    public mutating func append(_ kind: PublicKeyKind) {
        switch kind {
        case .p256: append("P-256")
        case .p384: append("P-384")
        case .rsa(let bits):
            append("RSA-")
            append(bits)
        case .other: append("other")
        }
    }
}
