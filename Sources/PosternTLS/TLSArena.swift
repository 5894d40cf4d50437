// The memory of Mbed TLS, and of whoever needs some for a moment before the server runs.

import CMbedTLS

public enum TLSArena {
    public struct Usage: Sendable {
        public let totalBytes: Int
        public let usedBytes: Int
        public let peakBytes: Int
        public let failures: UInt32
    }

    /// Makes zeroed memory the arena, before anything else of this module. `discard` gives whole pages back
    /// to the kernel, whose pages have `kernelPageBytes`.
    public static func use(
        _ start: UnsafeMutableRawPointer, count: Int, kernelPageBytes: Int, discard: ctls_discard
    ) {
        ctls_arena_use(start, count, kernelPageBytes, discard)
    }

    /// The memory with which the arena can hand out `count` bytes.
    public static func bytes(toHandOut count: Int) -> Int { ctls_arena_bytes(count) }

    public static func allocate(_ count: Int) -> UnsafeMutableRawBufferPointer? {
        guard let start = ctls_arena_allocate(count) else { return nil }
        return UnsafeMutableRawBufferPointer(start: start, count: count)
    }

    /// Wipes the memory and takes it back.
    public static func release(_ memory: UnsafeMutableRawBufferPointer) {
        ctls_arena_release(memory.baseAddress)
    }

    public static var usage: Usage {
        let usage = ctls_arena_read_usage()
        return Usage(
            totalBytes: usage.total_bytes, usedBytes: usage.used_bytes,
            peakBytes: usage.peak_bytes, failures: usage.failures)
    }
}
