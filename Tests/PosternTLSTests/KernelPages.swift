// A kernel as far as the arena knows one: it takes whole pages back, as Linux does it, and pages may be of 4, 16 or
// 64 KiB. One at a time: C calls it without saying which.

import PosternTLS

enum KernelPages {
    nonisolated(unsafe) static var bytes = 4_096
    /// Memory is locked: nothing can be taken back.
    nonisolated(unsafe) static var isLocked = false
    /// Bytes that were taken back.
    nonisolated(unsafe) static var takenBytes = 0
    nonisolated(unsafe) static var calls = 0

    /// madvise(2) with MADV_DONTNEED: a start within a page is refused, a length within one is rounded up.
    static let discard: @convention(c) (UnsafeMutableRawPointer?, Int) -> Int32 = { start, count in
        KernelPages.calls += 1
        guard !isLocked, UInt(bitPattern: start!) % UInt(KernelPages.bytes) == 0 else { return -22 }
        let rounded = (count + KernelPages.bytes - 1) / KernelPages.bytes * KernelPages.bytes
        start!.initializeMemory(as: UInt8.self, repeating: 0, count: rounded)
        takenBytes += rounded
        return 0
    }

    /// Makes the first bytes of `memory` the arena of a kernel that has pages of `bytes` and says that it has pages of
    /// `said`.
    static func useArena(
        _ memory: UnsafeMutableRawBufferPointer, bytes: Int, said: Int? = nil, isLocked: Bool = false
    ) {
        Self.bytes = bytes
        Self.isLocked = isLocked
        memory.initializeMemory(as: UInt8.self, repeating: 0)
        TLSArena.use(
            memory.baseAddress!, count: memory.count, kernelPageBytes: said ?? bytes, discard: discard)
        takenBytes = 0
        calls = 0
    }
}
