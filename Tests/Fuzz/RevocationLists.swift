// A revocation list, and a request: taken apart to the last entry and extension.
// seeds: documents

import PosternCore
import PosternX509

@_cdecl("LLVMFuzzerTestOneInput")
public func test(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: start, count: count)
    _ = DocumentKind(bytes)
    var line = Line()
    if let list = try? RevocationList(bytes) {
        _ = list.isCurrent(at: 0)
        line.append(distinguishedName: list.issuer)
        var reader = DERReader(list.entries)
        while let entry = try? RevocationList.next(&reader) {
            line.append(hexadecimal: entry.serial)
            _ = try? list.entry(serial: entry.serial)
            if line.count > 512 { break }
        }
    }
    if let request = try? CertificateRequest(bytes) {
        line.append(distinguishedName: request.subject)
        let extensions = CertificateExtensions(request.extensions)
        if let names = extensions.alternativeNames, var reader = try? PresentedNames(names) {
            while let name = try? reader.next() { line.append(name) }
        }
    }
    return 0
}
