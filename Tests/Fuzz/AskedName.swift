// The name that a client asks for, compared with those of a certificate, which stand in front of it: nothing is read
// behind it, a name is found as it stands, and what is found is one of the certificate's.
// seed: board.local board.local
// seed: *.example.org x.example.org
// seed: board.local *.example.org .example.org
// seed: *.local *.local

import PosternCore
import PosternX509

@_cdecl("LLVMFuzzerTestOneInput")
public func test(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard count < 400 else { return 0 }
    let words = UnsafeRawBufferPointer(start: start, count: count).split(separator: UInt8(ascii: " "))
    guard let asked = words.last else { return 0 }
    var memory = [UInt8](repeating: 0, count: 2048)
    memory.withUnsafeMutableBytes { memory in
        var writer = DERWriter(memory)
        writer.constructed(DERTag.sequence) { inner in
            for word in words.dropLast() {
                inner.primitive(PresentedName.dnsTag, UnsafeRawBufferPointer(rebasing: word))
            }
        }
        // A copy: AddressSanitizer knows where it ends.
        Array(asked).withUnsafeBytes { asked in
            guard let names = try? PresentedNames(writer.bytes) else {
                fatalError("what was written is not read")
            }
            let found = names.dnsName(for: asked)
            let isThere = words.dropLast().contains { $0.elementsEqual(asked) }
            precondition(found != nil || !isThere, "a name does not cover itself")
            precondition(
                found.map { found in words.contains { $0.elementsEqual(found) } } ?? true,
                "a name of nobody's")
        }
    }
    return 0
}
