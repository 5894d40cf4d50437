// How a document that somebody else made is signed (RFC 4055, RFC 5758): every AlgorithmIdentifier whose
// signatures are checked. What is not here is not taken. Our own signatures are SignatureAlgorithm's.

import PosternCore

public struct SignatureScheme: Equatable, Sendable {
    public enum Hash: Sendable {
        case sha256
        case sha384
        case sha512

        var bytes: Int {
            switch self {
            case .sha256: 32
            case .sha384: 48
            case .sha512: 64
            }
        }
    }

    public enum Kind: Equatable, Sendable {
        case ecdsa
        /// PKCS #1 version 1.5.
        case rsa
        /// RSASSA-PSS; MGF1 has the same hash.
        case rsaPSS(saltBytes: Int)
    }

    public let kind: Kind
    public let hash: Hash

    /// Salts of RSASSA-PSS are as long as the hash or, where a tool takes the most there is room for, up to
    /// what RSA-4096 has beside it.
    private static let saltBytesMax = 478

    /// Nil for an AlgorithmIdentifier (its whole SEQUENCE) of any other algorithm, or with parameters that
    /// its algorithm does not have.
    public init?(_ identifier: UnsafeRawBufferPointer) {
        do throws(DERError) {
            try StrictDER.check(identifier)
            var fields = try DERElement.only(DERTag.sequence, in: identifier).reader
            let algorithm = try fields.next(DERTag.objectIdentifier).content
            guard let last = algorithm.last else { return nil }
            // 1.2.840.10045.4.3.x, without parameters
            if SignatureScheme.has(algorithm, [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03] as InlineArray) {
                guard let hash = SignatureScheme.hash(last, first: 2), fields.isEmpty else { return nil }
                self.init(kind: .ecdsa, hash: hash)
                return
            }
            // 1.2.840.113549.1.1.x
            let isRSA = SignatureScheme.has(
                algorithm, [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01] as InlineArray)
            guard isRSA else { return nil }
            let pss: UInt8 = 10
            if last == pss {
                guard let scheme = try SignatureScheme.pss(&fields) else { return nil }
                self = scheme
                return
            }
            // NULL is asked for, and its absence must be accepted (RFC 4055, section 5).
            _ = try fields.optional(DERTag.null)
            guard let hash = SignatureScheme.hash(last, first: 11), fields.isEmpty else { return nil }
            self.init(kind: .rsa, hash: hash)
        } catch {
            return nil
        }
    }

    private init(kind: Kind, hash: Hash) {
        self.kind = kind
        self.hash = hash
    }

    /// Whether an identifier is this one and one number more.
    private static func has<let length: Int>(
        _ identifier: UnsafeRawBufferPointer, _ arc: InlineArray<length, UInt8>
    ) -> Bool {
        identifier.count == length + 1
            && UnsafeRawBufferPointer(rebasing: identifier[..<length]).equals(arc)
    }

    private static func hash(_ number: UInt8, first: UInt8) -> Hash? {
        switch number &- first {
        case 0: .sha256
        case 1: .sha384
        case 2: .sha512
        default: nil
        }
    }

    /// RSASSA-PSS-params (RFC 4055, section 3.1). Defaults mean SHA-1 and are not taken.
    private static func pss(_ fields: inout DERReader) throws(DERError) -> SignatureScheme? {
        var parameters = try fields.next(DERTag.sequence).reader
        guard fields.isEmpty, let hashField = try parameters.explicit(0, DERTag.sequence),
            let maskField = try parameters.explicit(1, DERTag.sequence),
            let salt = try parameters.explicit(2, DERTag.integer)?.content, parameters.isEmpty,
            let hash = try hash(hashField)
        else { return nil }
        var mask = maskField.reader
        // 1.2.840.113549.1.1.8, id-mgf1
        guard
            try mask.next(DERTag.objectIdentifier).content.equals(
                [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x08]),
            try self.hash(try mask.next(DERTag.sequence)) == hash, mask.isEmpty
        else { return nil }
        var saltBytes = 0
        guard salt.count <= 2, salt[0] < 0x80 else { return nil }
        for byte in salt { saltBytes = saltBytes &<< 8 | Int(byte) }
        guard saltBytes >= hash.bytes, saltBytes <= saltBytesMax else { return nil }
        return SignatureScheme(kind: .rsaPSS(saltBytes: saltBytes), hash: hash)
    }

    /// The AlgorithmIdentifier of a hash, with or without NULL (RFC 4055, section 2.1).
    private static func hash(_ identifier: DERElement) throws(DERError) -> Hash? {
        var fields = identifier.reader
        let algorithm = try fields.next(DERTag.objectIdentifier).content
        _ = try fields.optional(DERTag.null)
        // 2.16.840.1.101.3.4.2.x
        guard fields.isEmpty,
            has(algorithm, [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02] as InlineArray)
        else { return nil }
        return hash(algorithm[algorithm.count - 1], first: 1)
    }

    /// Whether a key can have made such a signature at all: Mbed TLS goes by the key and does not ask.
    public func goes(with key: PublicKeyKind) -> Bool {
        switch key {
        case .p256, .p384: kind == .ecdsa
        case .rsa, .rsaWithExponent3: kind != .ecdsa
        case .damaged, .other: false
        }
    }

    /// As RFC 5758 and RFC 4055 name them.
    var name: Text {
        switch kind {
        case .ecdsa: name("ecdsa-with-SHA256", "ecdsa-with-SHA384", "ecdsa-with-SHA512")
        case .rsa: name("sha256WithRSAEncryption", "sha384WithRSAEncryption", "sha512WithRSAEncryption")
        case .rsaPSS: name("RSASSA-PSS with SHA-256", "RSASSA-PSS with SHA-384", "RSASSA-PSS with SHA-512")
        }
    }

    private func name(_ sha256: Text, _ sha384: Text, _ sha512: Text) -> Text {
        switch hash {
        case .sha256: sha256
        case .sha384: sha384
        case .sha512: sha512
        }
    }
}
