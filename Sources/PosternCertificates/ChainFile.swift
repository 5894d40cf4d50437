// A file with a certificate and perhaps those above it, of which the first is to be replaced. What was DER
// stays DER, what was PEM stays PEM.

import PosternCore
import PosternLinux
import PosternTLS
import PosternX509

struct ChainFile {
    let file: Text
    /// In DER, one behind the other, in memory of the arena that is not given back.
    let documents: UnsafeRawBufferPointer
    private let isDER: Bool

    init(_ file: Text) throws(OperatorFault) {
        self.file = file
        let memory = try DocumentFile.allocate(Limits.identityFileBytes)
        let contents = try DocumentFile.contents(
            of: file, "certificate", option: "--certificate", into: memory)
        isDER = contents.first == DERTag.sequence
        do throws(DocumentFault) {
            documents = try Documents.decode(contents, .certificates)
        } catch {
            throw OperatorFault(
                error, "certificate", file: file, holds: "certificate", option: "--certificate")
        }
    }

    /// The file's contents with another first certificate.
    func replaced(by first: UnsafeRawBufferPointer) throws(OperatorFault) -> UnsafeRawBufferPointer {
        guard !isDER else { return first }
        let memory = try DocumentFile.allocate(2 * Limits.identityFileBytes)
        var count = 0
        try append(first, to: memory, &count)
        var reader = DERReader(documents)
        _ = try? reader.next()
        while let other = try? reader.next() { try append(other.whole, to: memory, &count) }
        return UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(memory)[..<count])
    }

    private func append(
        _ der: UnsafeRawBufferPointer, to memory: UnsafeMutableRawBufferPointer, _ count: inout Int
    ) throws(OperatorFault) {
        let rest = UnsafeMutableRawBufferPointer(rebasing: memory[count...])
        guard let text = PEM.write(.certificate, der, into: rest) else {
            throw OperatorFault(issuing: .outOfMemory)
        }
        count += text.count
    }
}
