// Files of certificates and keys before anything is decoded: PEM blocks, what a file is that is none, keys
// in DER.
// seeds: documents
// seed: -----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----
// seed: -----BEGIN EC PRIVATE KEY----- \nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END EC PRIVATE KEY-----\t
// seed: -----BEGIN TRUSTED CERTIFICATE----------END TRUSTED CERTIFICATE-----

import PosternCore
import PosternX509

@_cdecl("LLVMFuzzerTestOneInput")
public func test(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: start, count: count)
    // Exactly as much as there is, so that a byte read or written too much is found.
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
    defer { copy.deallocate() }
    copy.copyMemory(from: bytes)
    if let format = FileFormat(UnsafeRawBufferPointer(copy)) { precondition(format.name.count > 0) }
    _ = PrivateKeyForm(UnsafeRawBufferPointer(copy))
    var text = PEMText(copy)
    var end = 0
    while let block = try? text.next() {
        precondition(
            block.range.lowerBound >= end && block.range.upperBound <= count, "one behind the other")
        end = block.range.upperBound
        let format = FileFormat(block)
        let base64 = block.compact()
        precondition(base64.count <= block.body.count, "nothing is added")
        _ = format
    }
    return 0
}
