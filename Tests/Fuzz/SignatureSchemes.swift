// An AlgorithmIdentifier with whatever parameters, those of RSASSA-PSS above all: what is taken has bounds, and is
// taken with no byte less.
// seed-hex: 300a06082a8648ce3d040302
// seed-hex: 300d06092a864886f70d01010b0500
// seed-hex: 304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d0101
// seed-hex: 303c06092a864886f70d01010a302fa00f300d06096086480165030402010500a11c301a06092a864886f70d010108

import PosternCore
import PosternX509

@_cdecl("LLVMFuzzerTestOneInput")
public func test(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    // A whole one of RSASSA-PSS is longer than a line of seeds: the input's end may be that of one.
    let end: [UInt8] = [
        0x08, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0xA2,
        0x03, 0x02, 0x01, 0x20,
    ]
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    for bytes in [input, input + end, input + end.dropFirst()] {
        bytes.withUnsafeBytes { bytes in
            var line = Line()
            line.append(signatureAlgorithm: bytes)
            guard let scheme = SignatureScheme(bytes) else { return }
            if case .rsaPSS(let saltBytes) = scheme.kind {
                precondition(saltBytes >= 32 && saltBytes <= 478 && scheme.goes(with: .rsa(bits: 2048)))
            }
            precondition(scheme.goes(with: .p256) == (scheme.kind == .ecdsa))
            precondition(SignatureScheme(UnsafeRawBufferPointer(rebasing: bytes.dropLast())) == nil)
        }
    }
    return 0
}
