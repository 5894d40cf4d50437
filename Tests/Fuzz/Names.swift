// A name as an operator writes one, and as a certificate presents it: what is taken for a name must be shown
// and covered by itself.
// seed: board.local
// seed: *.example.org
// seed: 192.0.2.1
// seed: 2001:db8::1
// seed: ::ffff:192.0.2.1
// seed: a.b+c@example.org
// seed: https://user@[::1]:443/x?y#z
// seed: urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6

import PosternCore
import PosternX509

@_cdecl("LLVMFuzzerTestOneInput")
public func test(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: start, count: count)
    guard count < 400, let name = GeneralName(bytes) else { return 0 }
    var memory = InlineArray<512, UInt8>(repeating: 0)
    withUnsafeMutableBytes(of: &memory) { memory in
        var writer = DERWriter(memory)
        writer.constructed(DERTag.sequence) { inner in
            name.withContent { inner.primitive(name.tag, $0) }
        }
        guard var names = try? PresentedNames(writer.bytes), let presented = try? names.next() else {
            fatalError("a name is not read as it was written")
        }
        precondition(name.isCovered(by: presented), "a name does not cover itself")
        var line = Line()
        line.append(presented)
        precondition(line.count > 0, "a name is not shown")
    }
    return 0
}
