// Documents in DER that are kept, each in a block of the arena. Public only because other modules must see
// how a TrustStore ends; nothing of it is for them.

import CMbedTLS
import PosternCore
import PosternX509

public struct DocumentList: ~Copyable {
    private(set) var documents = StoredDocuments()

    deinit {
        var node = documents.first
        while let current = node {
            node = current.pointee.next
            ctls_arena_release(current)
        }
    }

    var count: Int { documents.count }
    var first: UnsafeMutablePointer<StoredDocument>? { documents.first }

    /// False when the arena has no room.
    mutating func append(_ der: UnsafeRawBufferPointer) -> Bool {
        guard let block = ctls_arena_allocate(StoredDocument.memoryBytes(for: der)) else { return false }
        documents.append(der, to: block)
        return true
    }
}
