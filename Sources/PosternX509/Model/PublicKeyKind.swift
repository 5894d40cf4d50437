// Which kind of public key a SubjectPublicKeyInfo has (RFC 3279, RFC 5480), and whether it is one of those
// in use here. A peer chooses its key, so what a signature check would cost is bounded here, before any
// library sees the key. Whether a point is on its curve is left to the library.

import PosternCore

public enum PublicKeyKind: Equatable {
    case p256
    case p384
    /// Bits of the modulus. The exponent is an odd number of 65537 and up, in 32 bits.
    case rsa(bits: Int)
    /// RSA with the exponent 3: only trust anchors may still have it.
    case rsaWithExponent3(bits: Int)
    /// A number or a point that no key of its algorithm has, or an exponent that is not taken.
    case damaged
    /// Another curve or algorithm.
    case other

    /// `information` is the whole SubjectPublicKeyInfo.
    public init(_ information: UnsafeRawBufferPointer) throws(DERError) {
        var outer = try DERElement.only(DERTag.sequence, in: information).reader
        var algorithm = try outer.next(DERTag.sequence).reader
        let identifier = try algorithm.next(DERTag.objectIdentifier).content
        let bits = try outer.next(DERTag.bitString).bits
        try outer.end()
        // 1.2.840.10045.2.1, id-ecPublicKey
        if identifier.equals([0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01]) {
            // Curves that are written out have no identifier here.
            guard algorithm.nextTag == DERTag.objectIdentifier else {
                self = .other
                return
            }
            let curve = try algorithm.next(DERTag.objectIdentifier).content
            try algorithm.end()
            self = PublicKeyKind.curve(curve, point: bits)
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
        let exponent = try numbers.next(DERTag.integer).content
        try numbers.end()
        self = PublicKeyKind.rsa(modulus: modulus, exponent: exponent)
    }

    /// A point is written without compression (RFC 5480, section 2.2): 4 and its two coordinates.
    private static func curve(
        _ identifier: UnsafeRawBufferPointer, point: UnsafeRawBufferPointer
    ) -> PublicKeyKind {
        let kind: PublicKeyKind
        let coordinateBytes: Int
        // 1.2.840.10045.3.1.7 and 1.3.132.0.34
        if identifier.equals([0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]) {
            kind = .p256
            coordinateBytes = 32
        } else if identifier.equals([0x2B, 0x81, 0x04, 0x00, 0x22]) {
            kind = .p384
            coordinateBytes = 48
        } else {
            return .other
        }
        return point.count == 1 + 2 * coordinateBytes && point[0] == 4 ? kind : .damaged
    }

    /// Contents of the two INTEGERs, in DER.
    private static func rsa(
        modulus: UnsafeRawBufferPointer, exponent: UnsafeRawBufferPointer
    ) -> PublicKeyKind {
        let exponentBytesMax = 5
        guard isPositiveAndOdd(modulus), isPositiveAndOdd(exponent), exponent.count <= exponentBytesMax
        else { return .damaged }
        var value: UInt64 = 0
        for byte in exponent { value = value &<< 8 | UInt64(widening: byte) }
        let bits = bits(ofInteger: modulus)
        if value == 3 { return .rsaWithExponent3(bits: bits) }
        return value >= 65_537 && value <= UInt64(widening: UInt32.max) ? .rsa(bits: bits) : .damaged
    }

    private static func isPositiveAndOdd(_ content: UnsafeRawBufferPointer) -> Bool {
        content.count >= 1 && content[0] < 0x80 && content[content.count - 1] & 1 == 1
    }

    private static func bits(ofInteger content: UnsafeRawBufferPointer) -> Int {
        var first = 0
        while first < content.count, content[first] == 0 { first += 1 }
        guard first < content.count else { return 0 }
        return (content.count - first) * 8 - content[first].leadingZeroBitCount
    }

    public static let rsaBitsMin = 2048

    /// P-256, P-384, RSA of 2048 to 4096 bits: what identities may have too.
    public var isAccepted: Bool {
        switch self {
        case .p256, .p384: true
        case .rsa(let bits): bits >= PublicKeyKind.rsaBitsMin && bits <= 4096
        case .rsaWithExponent3, .damaged, .other: false
        }
    }

    /// The same for the key of a trust anchor.
    public var isAcceptedOfAnchor: Bool {
        if case .rsaWithExponent3(let bits) = self { return PublicKeyKind.rsa(bits: bits).isAccepted }
        return isAccepted
    }

    /// What one signature check with an accepted key costs, in the unit of `Limits.verificationCost`.
    public var verificationCost: Int {
        switch self {
        case .p256: Limits.verificationCostOfP256
        case .p384: Limits.verificationCostOfP384
        case .rsa(let bits), .rsaWithExponent3(let bits):
            bits <= 2048 ? Limits.verificationCostOfRSA2048 : Limits.verificationCostOfRSA4096
        case .damaged, .other: 0
        }
    }
}

extension Line {
    public mutating func append(_ kind: PublicKeyKind) {
        switch kind {
        case .p256: append("P-256")
        case .p384: append("P-384")
        case .rsa(let bits), .rsaWithExponent3(let bits):
            append("RSA-")
            append(bits)
        case .damaged: append("damaged")
        case .other: append("other")
        }
    }
}
