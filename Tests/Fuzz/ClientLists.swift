// Lists of clients, pins and names: whatever is in the file, it is a list or a fault with a line that exists,
// and both keep within the memory that they asked for.
// seed: 00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF # board
// seed: sha256/ABEiM0RVZneImaq7zN3u/wARIjNEVWZ3iJmqu8zd7v8=
// seed: *.home
// seed: Alice Smith
// seed: a@b.example # mail
// seed: 2001:db8::1

import PosternAuthorization
import PosternCore
import PosternX509

@_cdecl("LLVMFuzzerTestOneInput")
public func test(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let text = UnsafeRawBufferPointer(start: start, count: count)
    readPins(text)
    readNames(text)
    return 0
}

/// Exactly as much as a list asks for, so that a byte written too much is found.
private func withMemory(_ count: Int, _ body: (UnsafeMutableRawBufferPointer) -> Void) {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
    defer { memory.deallocate() }
    body(memory)
}

private func readPins(_ text: UnsafeRawBufferPointer) {
    withMemory(PinList.memoryBytes(for: text)) { memory in
        do throws(ListError) {
            let list = try PinList(text, into: memory)
            guard list.count > 0 else { return }
            let first = UnsafeRawBufferPointer(rebasing: list.pins[..<PinList.pinBytes])
            precondition(list.contains(first), "a pin is in its list")
        } catch {
            check(error, text)
        }
    }
}

private func readNames(_ text: UnsafeRawBufferPointer) {
    withMemory(AllowList.memoryBytes(for: text)) { memory in
        do throws(ListError) {
            let list = try AllowList(text, into: memory)
            _ = list.allows(commonName: text)
        } catch {
            check(error, text)
        }
    }
}

private func check(_ fault: ListError, _ text: UnsafeRawBufferPointer) {
    var lines = 1
    for byte in text where byte == UInt8(ascii: "\n") { lines += 1 }
    precondition((0...lines).contains(fault.lineNumber), "a fault names a line that there is")
}
