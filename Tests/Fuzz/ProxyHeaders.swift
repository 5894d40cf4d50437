// The first bytes of a connection as a PROXY header: read, refused, or too few; and what a header says is said again
// by one of ours.
// seed-hex: 50524f58592054435036203a3a3120323030313a6462383a3a3220343731312034340d0a
// seed-hex: 50524f585920554e4b4e4f574e0d0a
// seed-hex: 0d0a0d0a000d0a515549540a20000000
// seed-hex: 0d0a0d0a000d0a515549540a211100137f0000017f000001c32e1bbd030004337faee2
// seed-hex: 0d0a0d0a000d0a515549540a2121002420010db800000000000000000000000120010db8000000000000000000000002126701bb

import PosternCore

@_cdecl("LLVMFuzzerTestOneInput")
public func test(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: start, count: count)
    switch ProxyHeader.read(bytes) {
    case .malformed: break
    case .incomplete(let needed):
        precondition(needed > count && needed <= Limits.proxyHeaderBytes, "more is needed, and not too much")
    case .complete(let length, let addresses):
        precondition(length >= 15 && length <= min(count, Limits.proxyHeaderBytes), "a header is a part")
        checkPrefixes(of: bytes, length)
        if let addresses { writeAgain(addresses, .version1) }
        if let addresses { writeAgain(addresses, .version2) }
    }
    return 0
}

/// Where a header is complete, no part of it is, and none is refused.
private func checkPrefixes(of bytes: UnsafeRawBufferPointer, _ length: Int) {
    for count in 0..<length {
        guard
            case .incomplete(let needed) = ProxyHeader.read(
                UnsafeRawBufferPointer(rebasing: bytes[..<count]))
        else { preconditionFailure("a part of a header is taken or refused") }
        precondition(needed > count && needed <= length, "never waits for more than there will be")
    }
}

private func writeAgain(_ addresses: ProxyHeader.Addresses, _ version: ForwardConfig.SendProxy) {
    let facts = ProxyHeader.Facts(
        source: addresses.source, destination: addresses.destination, version: "TLSv1.3", cipher: "X")
    var bytes = [UInt8](repeating: 0, count: ProxyHeader.writtenBytesMax)
    var span = bytes.mutableSpan
    let count = ProxyHeader.write(facts, as: version, to: &span)
    let again = bytes.withUnsafeBytes { ProxyHeader.read(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    precondition(again == .complete(length: count, addresses: addresses), "it says the same")
}
