// A chain of certificates: taken apart, held against the rules from the last to the first, and shown.
// seeds: documents

import PosternCore
import PosternX509

@_cdecl("LLVMFuzzerTestOneInput")
public func test(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: start, count: count)
    var rules = CertificateRules(purpose: .server, time: 1_800_000_000)
    var reader = DERReader(bytes)
    var depth = 9
    while let element = try? reader.next(), depth >= 0 {
        defer { depth -= 1 }
        guard let certificate = try? Certificate(element.whole) else { continue }
        let faults = rules.check(certificate, PathPosition(depth: depth, isAnchor: depth == 9))
        var line = Line()
        line.append(nameOf: certificate)
        faults.forEach { line.append($0, of: certificate.whole, at: depth) }
        _ = SignatureScheme(certificate.signed.algorithm)
        if let name = GeneralName("board.local") { _ = certificate.covers(name) }
        if let key = try? PublicKeyKind(certificate.publicKey) { line.append(key) }
    }
    return 0
}
