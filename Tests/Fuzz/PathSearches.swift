// The search for a path among hostile certificates, with signatures that are good or bad as the input says: it ends,
// costs what it may, and trusts no path of which one is not good. The first byte says which of the documents are
// anchors, the second one which signatures are bad; then come certificates and lists, one behind the other.
// seeds: chains

import PosternCore
import PosternX509

nonisolated(unsafe) private var cost = 0
nonisolated(unsafe) private var failures = 0
nonisolated(unsafe) private var checks = 0

private struct Checker: SignatureChecker {
    let bad: UInt8

    func check(
        _ signed: SignedDocument, _ scheme: SignatureScheme, by publicKey: UnsafeRawBufferPointer
    ) -> SignatureStatus {
        checks += 1
        cost += (try? PublicKeyKind(publicKey))?.verificationCost ?? 0
        guard (signed.signature.last ?? 0) & bad == 0 else {
            failures += 1
            return .bad
        }
        return .good
    }

    func check(publicKey: UnsafeRawBufferPointer) -> SignatureStatus { .good }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func test(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard count > 2, let start else { return 0 }
    var chain: [UInt8] = []
    var anchors = StoredDocuments(), lists = StoredDocuments()
    var blocks: [UnsafeMutableRawPointer] = []
    var reader = DERReader(UnsafeRawBufferPointer(start: start + 2, count: count - 2))
    var index: UInt8 = 0
    while let document = try? reader.next().whole {
        let isAnchor = index < 8 && start[0] & 1 << index != 0
        index = min(index + 1, 8)
        guard isAnchor || (try? RevocationList(document)) != nil else {
            chain += document
            continue
        }
        blocks.append(.allocate(byteCount: StoredDocument.memoryBytes(for: document), alignment: 16))
        if isAnchor {
            anchors.append(document, to: blocks[blocks.count - 1])
        } else {
            lists.append(document, to: blocks[blocks.count - 1])
        }
    }
    for checksRevocation in [false, true] {
        (cost, failures, checks) = (0, 0, 0)
        chain.withUnsafeBytes { chain in
            let parameters = VerificationParameters(
                purpose: .any, time: 1_800_000_000, checksRevocation: checksRevocation)
            var search = PathSearch(
                chain, anchors: anchors, revocationLists: lists, parameters, Checker(bad: start[1]))
            guard let result = search.run() else { preconditionFailure("memory cannot run out") }
            precondition(cost <= Limits.verificationCost && result.count <= 11)
            precondition(checksRevocation || failures <= Limits.pathFailedSignatures)
            precondition(!result.isTrusted || checks - failures >= result.count - 1)
            var line = Line()
            for depth in 0..<result.count {
                line.append(result[depth].faults, of: result[depth].certificate, at: depth)
            }
        }
    }
    for block in blocks { block.deallocate() }
    return 0
}
