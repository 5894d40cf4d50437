// Documents in DER that are kept, each in a block of the library's memory. Public only because other
// modules must see how a TrustStore ends; nothing of it is for them.

import PosternCore

public struct DocumentList<Library: CertificateLibrary>: ~Copyable {
    private(set) var documents = StoredDocuments()

    deinit {
        var node = documents.first
        while let current = node {
            node = current.pointee.next
            Library.release(current)
        }
    }

    var count: Int { documents.count }
    var first: UnsafeMutablePointer<StoredDocument>? { documents.first }

    /// False when there is no memory.
    mutating func append(_ der: UnsafeRawBufferPointer) -> Bool {
        guard let block = Library.allocate(StoredDocument.memoryBytes(for: der)) else { return false }
        documents.append(der, to: block)
        return true
    }
}
