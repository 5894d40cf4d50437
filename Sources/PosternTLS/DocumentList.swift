// Documents in DER that are kept, each in a block of the arena. Public only because other modules must see
// how a TrustStore ends; nothing of it is for them.

import CMbedTLS
import PosternCore
import PosternX509

public struct DocumentList: ~Copyable {
    struct Node {
        fileprivate(set) var next: UnsafeMutablePointer<Node>?
        let count: Int
        /// A public key that has signed this one, in memory that lives as long as the list: it need not be
        /// checked again.
        var checkedKey: UnsafeRawPointer?
    }

    private(set) var count = 0
    private(set) var first: UnsafeMutablePointer<Node>?
    private var last: UnsafeMutablePointer<Node>?

    deinit {
        var node = first
        while let current = node {
            node = current.pointee.next
            ctls_arena_release(current)
        }
    }

    /// False when the arena has no room.
    mutating func append(_ der: UnsafeRawBufferPointer) -> Bool {
        let header = MemoryLayout<Node>.stride
        guard let block = ctls_arena_allocate(header + der.count) else { return false }
        let node = block.bindMemory(to: Node.self, capacity: 1)
        node.initialize(to: Node(next: nil, count: der.count, checkedKey: nil))
        UnsafeMutableRawBufferPointer(start: block + header, count: der.count).copyMemory(from: der)
        if let last { last.pointee.next = node } else { first = node }
        last = node
        count += 1
        return true
    }
}

extension UnsafeMutablePointer<DocumentList.Node> {
    var der: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: UnsafeRawPointer(self) + MemoryLayout<DocumentList.Node>.stride, count: pointee.count)
    }
}
