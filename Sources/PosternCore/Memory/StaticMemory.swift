// The memory that a server lives in: one block of zero bytes that the linker lays out (.bss), and a region
// from which its parts are cut at start. What is never touched costs no RAM.

/// Written once, at file scope of a port's Config.swift: `nonisolated(unsafe) var memory =
/// StaticMemory<1024>()`.
public struct StaticMemory<let pages: Int>: ~Copyable {
    private var storage = InlineArray<pages, InlineArray<512, UInt64>>(repeating: InlineArray(repeating: 0))

    public init() {}

    /// All of it. `self` must be a global or static variable: the region is used until the program ends.
    public mutating func region() -> MemoryRegion {
        let bytes = MemoryLayout<InlineArray<pages, InlineArray<512, UInt64>>>.size
        return withUnsafeMutablePointer(to: &storage) { storage in
            MemoryRegion(start: UnsafeMutableRawPointer(storage), count: bytes)
        }
    }
}

/// Zeroed memory not yet in use.
public struct MemoryRegion {
    /// How many of the pages that a StaticMemory counts in have `bytes`. These are not kernel pages.
    public static func pages(for bytes: Int) -> Int { (bytes + 4_095) / 4_096 }

    public private(set) var start: UnsafeMutableRawPointer
    public private(set) var count: Int

    public init(start: UnsafeMutableRawPointer, count: Int) {
        self.start = start
        self.count = count
    }

    /// Cuts off room for `count` values, all bytes zero, or returns nil when there is too little.
    public mutating func take<Value>(_ count: Int) -> UnsafeMutablePointer<Value>? {
        let alignment = MemoryLayout<Value>.alignment
        let padding = (alignment - Int(bitPattern: start) % alignment) % alignment
        let bytes = padding + count * MemoryLayout<Value>.stride
        guard bytes <= self.count else { return nil }
        let values = (start + padding).bindMemory(to: Value.self, capacity: count)
        start += bytes
        self.count -= bytes
        return values
    }
}
