// What the machine is called.

import CLinux
import PosternCore

public enum MachineNames {
    /// Calls `body` with the host name; empty when there is none.
    public static func withHostName(_ body: (UnsafeRawBufferPointer) -> Void) {
        var name = InlineArray<256, CChar>(repeating: 0)
        withUnsafeMutableBytes(of: &name) { name in
            let count = clinux_host_name(name.baseAddress?.assumingMemoryBound(to: CChar.self), name.count)
            body(UnsafeRawBufferPointer(rebasing: name[..<max(Int(count), 0)]))
        }
    }

    /// Calls `body` with the 4 or 16 bytes of each lasting address by which others can reach the machine.
    public static func forEachAddress(_ body: (UnsafeRawBufferPointer) -> Void) {
        var addresses = InlineArray<24, clinux_machine_address>(repeating: clinux_machine_address())
        withUnsafeMutableBytes(of: &addresses) { memory in
            let first = memory.baseAddress?.assumingMemoryBound(to: clinux_machine_address.self)
            let count = clinux_machine_addresses(first, 24)
            let stride = MemoryLayout<clinux_machine_address>.stride
            for index in 0..<count {
                // The bytes come first and then their count.
                let start = index * stride
                let bytes = Int(memory[start + 16])
                body(UnsafeRawBufferPointer(rebasing: memory[start..<(start + bytes)]))
            }
        }
    }
}
