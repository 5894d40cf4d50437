// The index of an authority: refused with a line, or taken; what is taken can be changed, and read again.
// with: PosternIssuing/Index/IssuedIndex.swift
// with: PosternIssuing/Index/IssuedIndexLines.swift
// seed: postern-index 1\ncrl-number 3\n0123ab 2027-12-26T11:07:57Z valid board.local\n
// seed: postern-index 1\ncrl-number 0\n01 2027-12-26T11:07:57Z revoked 2026-11-24T08:00:00Z keyCompromise a b\n

import PosternCore
import PosternX509

@_cdecl("LLVMFuzzerTestOneInput")
public func test(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count + 1_024, alignment: 8)
    defer { memory.deallocate() }
    memory.copyMemory(from: UnsafeRawBufferPointer(start: start, count: count))
    do throws(IssuedIndexError) {
        var index = try IssuedIndex(memory, count: count)
        precondition(index.bytes.count == count, "what is taken is not changed")
        let before = index.entryCount
        let serial: InlineArray<3, UInt8> = [0x7F, 0x10, 0x01]
        try withUnsafeBytes(of: serial) { serial throws(IssuedIndexError) in
            try index.add(serial: serial, notAfter: 0, name: UnsafeRawBufferPointer(start: nil, count: 0))
            try index.revoke(serial: serial, at: 0, .superseded)
            precondition(index.entry(serial: serial) != nil, "what was added is there")
        }
        if index.listNumber < UInt32.max { _ = try index.takeListNumber(above: 0) }
        let again = try IssuedIndex(memory, count: index.bytes.count)
        precondition(
            again.entryCount == before + 1 && again.listNumber == index.listNumber, "it is read again")
    } catch {
        precondition(error.line >= 0)
    }
    return 0
}
