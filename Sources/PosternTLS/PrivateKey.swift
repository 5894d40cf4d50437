// A private key on its own: made or read, written, and what it signs. The memory is the arena's and is wiped
// with the key.

import CMbedTLS
import PosternCore
import PosternX509

public enum KeyType: Sendable {
    case p256
    case p384
    case rsa2048
    case rsa3072
    case rsa4096

    public static func named(_ name: Text) -> KeyType? {
        if name == "p256" { return .p256 }
        if name == "p384" { return .p384 }
        if name == "rsa2048" { return .rsa2048 }
        if name == "rsa3072" { return .rsa3072 }
        return name == "rsa4096" ? .rsa4096 : nil
    }

    fileprivate var kind: ctls_key_kind {
        switch self {
        case .p256: CTLS_KEY_P256
        case .p384: CTLS_KEY_P384
        case .rsa2048, .rsa3072, .rsa4096: CTLS_KEY_RSA
        }
    }

    fileprivate var bits: UInt32 {
        switch self {
        case .p256: 256
        case .p384: 384
        case .rsa2048: 2_048
        case .rsa3072: 3_072
        case .rsa4096: 4_096
        }
    }
}

public struct PrivateKey: ~Copyable {
    private let handle: OpaquePointer

    public init(generating type: KeyType) throws(IdentityError) {
        var handle: OpaquePointer?
        let status = ctls_key_generate(&handle, type.kind, type.bits)
        guard let handle else { throw IdentityError(status) }
        self.handle = handle
    }

    /// Of the contents of a file: PKCS#1, SEC1 or PKCS#8 in PEM or DER. Where a public key is given
    /// (SubjectPublicKeyInfo), the private key has to belong to it. The contents are overwritten.
    public init(
        _ contents: UnsafeMutableRawBufferPointer, of publicKey: UnsafeRawBufferPointer? = nil
    ) throws(IdentityError) {
        let der = try KeyText.decode(contents)
        var handle: OpaquePointer?
        let status = ctls_key_parse(
            &handle, der.baseAddress?.assumingMemoryBound(to: UInt8.self), der.count, acceptOwnKey,
            publicKey?.baseAddress?.assumingMemoryBound(to: UInt8.self), publicKey?.count ?? 0)
        guard let handle else { throw IdentityError(status) }
        self.handle = handle
    }

    deinit { ctls_key_free(handle) }

    /// How it signs.
    public var algorithm: SignatureAlgorithm {
        switch ctls_key_get_kind(handle) {
        case CTLS_KEY_P256: .ecdsaWithSHA256
        case CTLS_KEY_P384: .ecdsaWithSHA384
        default: .rsaWithSHA256
        }
    }

    /// Writes its public half, a SubjectPublicKeyInfo in DER, to memory of `derBytesMax` and returns it.
    public borrowing func publicKey(
        into memory: UnsafeMutableRawBufferPointer
    ) throws(IdentityError) -> UnsafeRawBufferPointer {
        precondition(memory.count >= PrivateKey.derBytesMax, "room for any key")
        let count = ctls_key_write_public(handle, memory.baseAddress?.assumingMemoryBound(to: UInt8.self))
        guard count > 0 else { throw .outOfMemory }
        return UnsafeRawBufferPointer(rebasing: memory[..<count])
    }

    /// Room for any key in DER.
    public static let derBytesMax = 2_560

    /// Writes it as PKCS#8 (RFC 5208): the one form that every tool reads, whatever kind of key it is.
    public borrowing func write(
        to writer: inout DERWriter, publicKey: UnsafeRawBufferPointer
    ) throws(IdentityError) {
        guard let memory = TLSArena.allocate(PrivateKey.derBytesMax) else { throw .outOfMemory }
        defer { TLSArena.release(memory) }
        let count = ctls_key_write_private(handle, memory.baseAddress?.assumingMemoryBound(to: UInt8.self))
        guard count > 0 else { throw .outOfMemory }
        var fields = DERReader(publicKey)
        guard var outer = try? fields.next().reader, let algorithm = try? outer.next() else {
            throw .keyUnreadable
        }
        writer.constructed(DERTag.sequence) { fields in
            fields.unsignedInteger(UInt32(0))
            fields.append(algorithm.whole)
            fields.primitive(DERTag.octetString, UnsafeRawBufferPointer(rebasing: memory[..<count]))
        }
        guard !writer.hasOverflown else { throw .outOfMemory }
    }

    /// Writes a signed object: what `content` writes, the algorithm, the signature over the former.
    public borrowing func sign(
        to writer: inout DERWriter, _ content: (inout DERWriter) -> Void
    ) throws(IdentityError) {
        var signature = InlineArray<512, UInt8>(repeating: 0)
        var signatureCount = 0
        writer.constructed(DERTag.sequence) { fields in
            let first = fields.count
            content(&fields)
            let signed = UnsafeRawBufferPointer(rebasing: fields.bytes[first...])
            signatureCount = withUnsafeMutableBytes(of: &signature) { signature in
                ctls_key_sign(
                    handle, signed.baseAddress?.assumingMemoryBound(to: UInt8.self), signed.count,
                    signature.baseAddress?.assumingMemoryBound(to: UInt8.self))
            }
            fields.append(algorithm)
            withUnsafeBytes(of: signature) {
                fields.bitString(UnsafeRawBufferPointer(rebasing: $0[..<signatureCount]))
            }
        }
        guard signatureCount > 0, !writer.hasOverflown else { throw .outOfMemory }
    }
}

/// Which private keys are taken, of identities too; called by the library's side for each that it reads.
func acceptOwnKey(_ kind: ctls_key_kind, _ bits: UInt32) -> ctls_identity_status {
    let isWeak: Bool
    switch kind {
    case CTLS_KEY_P256, CTLS_KEY_P384: return CTLS_IDENTITY_OK
    case CTLS_KEY_RSA:
        guard !PublicKeyKind.rsa(bits: Int(bits)).isAccepted else { return CTLS_IDENTITY_OK }
        isWeak = bits < PublicKeyKind.rsaBitsMin
    case CTLS_KEY_OTHER_CURVE: isWeak = bits < 256
    default: isWeak = false
    }
    return isWeak ? CTLS_IDENTITY_KEY_WEAK : CTLS_IDENTITY_KEY_UNSUPPORTED
}

extension PrivateKey {
    /// What stands for a public key (SubjectPublicKeyInfo in DER) in certificates.
    public static func identifier(
        of publicKey: UnsafeRawBufferPointer
    ) throws(IdentityError) -> KeyIdentifier {
        var outer = DERReader(publicKey)
        guard var fields = try? outer.next(DERTag.sequence).reader, (try? fields.next()) != nil,
            let bits = try? fields.next(DERTag.bitString).content, bits.count > 1
        else { throw .keyUnreadable }
        var digest = InlineArray<32, UInt8>(repeating: 0)
        let result = withUnsafeMutableBytes(of: &digest) { digest in
            // The first byte counts unused bits.
            ctls_sha256(
                bits.baseAddress?.assumingMemoryBound(to: UInt8.self).advanced(by: 1), bits.count - 1,
                digest.baseAddress?.assumingMemoryBound(to: UInt8.self))
        }
        guard result == 0 else { throw .outOfMemory }
        var identifier = KeyIdentifier(repeating: 0)
        for index in 0..<20 { identifier[index] = digest[index] }
        return identifier
    }
}

public enum RandomNumbers {
    /// A serial number: 128 random bits. As a positive integer it takes at most 17 of the 20 bytes that RFC
    /// 5280, section 4.1.2.2 allows.
    public static func serial() throws(IdentityError) -> InlineArray<16, UInt8> {
        var serial = InlineArray<16, UInt8>(repeating: 0)
        let result = withUnsafeMutableBytes(of: &serial) { bytes in
            ctls_random_fill(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
        }
        guard result == 0 else { throw .outOfMemory }
        return serial
    }
}

public enum PEM {
    public enum Label {
        case certificate
        case request
        case privateKey
        case revocationList

        fileprivate var text: Text {
            switch self {
            case .certificate: "CERTIFICATE"
            case .request: "CERTIFICATE REQUEST"
            case .privateKey: "PRIVATE KEY"
            case .revocationList: "X509 CRL"
            }
        }
    }

    /// Writes DER as PEM to `memory` and returns the text; nil when it does not fit.
    public static func write(
        _ label: Label, _ der: UnsafeRawBufferPointer, into memory: UnsafeMutableRawBufferPointer
    ) -> UnsafeRawBufferPointer? {
        let count = ctls_pem_write(
            label.text.zeroTerminated, der.baseAddress?.assumingMemoryBound(to: UInt8.self), der.count,
            memory.baseAddress?.assumingMemoryBound(to: CChar.self), memory.count)
        return count > 0 ? UnsafeRawBufferPointer(rebasing: memory[..<count]) : nil
    }
}
