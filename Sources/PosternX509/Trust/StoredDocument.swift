// A document of a trust store: a trust anchor or a revocation list. The header is followed by its DER, in
// memory of the store, which lives longer than every verification.

import PosternCore

public struct StoredDocument {
    public internal(set) var next: UnsafeMutablePointer<StoredDocument>?
    public let count: Int
    /// Of a revocation list: a public key in a store that has signed it, so that it need not be checked
    /// again, and what the check said.
    var checkedKey: UnsafeRawPointer?
    var checkedStatus = RevocationListStatus.good

    /// Whether a check has said that an authority of the same store has signed this list.
    public func isSigned(by authority: Certificate) -> Bool { checkedKey == authority.publicKey.baseAddress }

    /// Bytes of memory that a document takes.
    public static func memoryBytes(for der: UnsafeRawBufferPointer) -> Int {
        MemoryLayout<StoredDocument>.stride + der.count
    }
}

/// A list of them, in the order in which they were added.
public struct StoredDocuments {
    public private(set) var first: UnsafeMutablePointer<StoredDocument>?
    private var last: UnsafeMutablePointer<StoredDocument>?
    public private(set) var count = 0

    public init() {}

    /// Copies a document to `memory`, which has `StoredDocument.memoryBytes` and the alignment of a pointer.
    public mutating func append(_ der: UnsafeRawBufferPointer, to memory: UnsafeMutableRawPointer) {
        let node = memory.bindMemory(to: StoredDocument.self, capacity: 1)
        node.initialize(to: StoredDocument(count: der.count))
        UnsafeMutableRawBufferPointer(
            start: memory + MemoryLayout<StoredDocument>.stride, count: der.count
        ).copyMemory(from: der)
        if let last { last.pointee.next = node } else { first = node }
        last = node
        count += 1
    }

    /// Whether one of them is not among others.
    public func hasOthers(than others: StoredDocuments) -> Bool {
        var node = first
        while let current = node {
            if others.document(equalTo: current.der) == nil { return true }
            node = current.pointee.next
        }
        return false
    }

    /// The one with these very bytes.
    func document(equalTo der: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        var node = first
        while let current = node {
            if hasSameBytes(current.der, der) { return current.der }
            node = current.pointee.next
        }
        return nil
    }
}

extension UnsafeMutablePointer<StoredDocument> {
    public var der: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: UnsafeRawPointer(self) + MemoryLayout<StoredDocument>.stride, count: pointee.count)
    }
}
