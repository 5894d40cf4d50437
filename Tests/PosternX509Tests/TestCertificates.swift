// Certificates for tests of paths, written by hand: signed with keys that a checker of the tests understands,
// so that a test counts what is checked and no library is needed.

import PosternCore
import PosternX509

func der(_ tag: UInt8, _ parts: [UInt8]...) -> [UInt8] {
    let content = parts.flatMap { $0 }
    let length = content.count
    if length < 0x80 { return [tag, UInt8(length)] + content }
    if length < 0x100 { return [tag, 0x81, UInt8(length)] + content }
    return [tag, 0x82, UInt8(length >> 8), UInt8(length & 0xFF)] + content
}

func name(_ common: String, _ tag: UInt8 = DERTag.utf8String) -> [UInt8] {
    name([([0x55, 0x04, 0x03], tag, Array(common.utf8))])
}

/// Attributes, each a relative name of its own: identifier, tag and content of the value.
func name(_ attributes: [([UInt8], UInt8, [UInt8])]) -> [UInt8] {
    der(0x30, attributes.flatMap { der(0x31, der(0x30, der(0x06, $0.0), der($0.1, $0.2))) })
}

/// One of 2.5.29.x.
func standardExtension(_ number: UInt8, _ value: [UInt8], critical: Bool = true) -> [UInt8] {
    der(0x30, der(0x06, [0x55, 0x1D, number]), critical ? [0x01, 0x01, 0xFF] : [], der(0x04, value))
}

let authorityExtensions: [[UInt8]] = [
    standardExtension(19, der(0x30, [0x01, 0x01, 0xFF])),
    standardExtension(15, [0x03, 0x02, 0x01, 0x06]),
]

func dnsNames(_ names: String...) -> [UInt8] {
    standardExtension(17, der(0x30, names.flatMap { der(0x82, Array($0.utf8)) }), critical: false)
}

/// A name and a key. The key is no real point, which only a library would notice.
struct Owner {
    var name: [UInt8]
    var publicKey: [UInt8]

    init(_ common: String, key: UInt8) {
        name = PosternX509Tests.name(common)
        let curve: [UInt8] = [
            0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01,
            0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07,
        ]
        publicKey = der(
            0x30, der(0x30, curve), der(0x03, [0, 4] + [UInt8](repeating: key, count: 64)))
    }

    /// What a certificate of this owner looks like when `issuer` signs it.
    func certificate(
        by issuer: Owner, serial: UInt8, extensions: [[UInt8]] = authorityExtensions,
        until: String = "400101000000Z", forged: Bool = false
    ) -> [UInt8] {
        let algorithm = der(0x30, [0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02])
        let validity = der(
            0x30, der(0x17, Array("200101000000Z".utf8)), der(0x17, Array(until.utf8)))
        let content = der(
            0x30, der(0xA0, [0x02, 0x01, 0x02]), der(0x02, [serial]), algorithm, issuer.name, validity,
            name, publicKey, der(0xA3, der(0x30, extensions.flatMap { $0 })))
        let signature = forged ? [0xEE] : issuer.publicKey.suffix(1)
        return der(0x30, content, algorithm, der(0x03, [0] + signature))
    }
}

/// A signature is the last byte of the signer's key.
struct CountingChecker: SignatureChecker {
    final class Counts {
        var good = 0
        var bad = 0
    }

    let counts = Counts()

    func check(
        _ signed: SignedDocument, _ scheme: SignatureScheme, by publicKey: UnsafeRawBufferPointer
    ) -> SignatureStatus {
        let isGood = signed.signature.last == publicKey.last
        if isGood { counts.good += 1 } else { counts.bad += 1 }
        return isGood ? .good : .bad
    }

    func check(publicKey: UnsafeRawBufferPointer) -> SignatureStatus { .good }
}

/// What came out of a search, as far as tests ask.
struct Outcome {
    var isTrusted: Bool
    var faults: [CertificateFaults]
    var goodChecks: Int
    var badChecks: Int
    var path: [[UInt8]]
}

/// Verifies a chain, the leaf first.
func verify(
    _ chain: [[UInt8]], anchors: [[UInt8]], lists: [[UInt8]] = [], purpose: CertificatePurpose = .any,
    time: Int64 = 1_700_000_000, intermediatesMax: Int = Limits.pathIntermediates
) -> Outcome {
    var memory: [UnsafeMutableRawPointer] = []
    defer { for block in memory { block.deallocate() } }
    func store(_ documents: [[UInt8]]) -> StoredDocuments {
        var stored = StoredDocuments()
        for document in documents {
            document.withUnsafeBytes { bytes in
                let block = UnsafeMutableRawPointer.allocate(
                    byteCount: StoredDocument.memoryBytes(for: bytes), alignment: 16)
                memory.append(block)
                stored.append(bytes, to: block)
            }
        }
        return stored
    }
    let checker = CountingChecker()
    return chain.flatMap { $0 }.withUnsafeBytes { bytes in
        var search = PathSearch(
            bytes, anchors: store(anchors), revocationLists: store(lists),
            VerificationParameters(
                purpose: purpose, time: time, intermediatesMax: intermediatesMax,
                checksRevocation: !lists.isEmpty), checker)
        guard let result = search.run() else { fatalError("no memory is needed") }
        let depths = 0..<result.count
        return Outcome(
            isTrusted: result.isTrusted, faults: depths.map { result[$0].faults },
            goodChecks: checker.counts.good, badChecks: checker.counts.bad,
            path: depths.map { Array(result[$0].certificate) })
    }
}
