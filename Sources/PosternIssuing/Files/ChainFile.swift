// A file with a certificate, of which the first one is to be replaced, and with whatever else is in it:
// those above it, its private key, comments. All of that stays. What was DER stays DER, what was PEM stays
// PEM. Its memory is given back with the value, so that a server may use it while it runs.

import PosternCore
import PosternLinux
import PosternTLS
import PosternX509

// Public as a type alone: other modules must see how a value ends.
public struct ChainFile: ~Copyable {
    package let file: Text
    /// In DER, one behind the other.
    package let documents: UnsafeRawBufferPointer
    private let memory: UnsafeMutableRawBufferPointer
    private let text: UnsafeMutableRawBufferPointer
    private let isDER: Bool
    package let keyCount: Int

    /// The file as it is, its documents, and the file as it will be, with a new key and a new certificate.
    private static let bytes = 4 * Limits.identityFileBytes

    package init(_ file: Text) throws(OperatorError) {
        guard !File.isStandardInput(file) else {
            throw OperatorError(
                usage: "certificate", file, "is standard input; name the file that is to be replaced")
        }
        let memory = try DocumentFile.allocate(ChainFile.bytes)
        let read: (text: UnsafeMutableRawBufferPointer, documents: UnsafeRawBufferPointer)
        do throws(OperatorError) {
            read = try ChainFile.read(file, into: memory)
        } catch {
            TLSArena.release(memory)
            throw error
        }
        self.file = file
        self.memory = memory
        text = read.text
        documents = read.documents
        isDER = read.text.first == DERTag.sequence
        keyCount = isDER ? 0 : PEMText.count(read.text).keys
    }

    deinit { TLSArena.release(memory) }

    /// The text, and in the second quarter of the memory its documents: decoding is done in place.
    private static func read(
        _ file: Text, into memory: UnsafeMutableRawBufferPointer
    ) throws(OperatorError) -> (text: UnsafeMutableRawBufferPointer, documents: UnsafeRawBufferPointer) {
        let quarter = Limits.identityFileBytes
        let text = try File.contents(
            of: file, "certificate", option: "--certificate",
            into: UnsafeMutableRawBufferPointer(rebasing: memory[..<quarter])
        ).bytes
        // With the zero byte behind the text.
        UnsafeMutableRawBufferPointer(rebasing: memory[quarter...])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[..<(text.count + 1)]))
        let copy = UnsafeMutableRawBufferPointer(rebasing: memory[quarter..<(quarter + text.count)])
        do throws(DocumentError) {
            return (text, try Documents<MbedTLS>.decode(copy, .certificates))
        } catch {
            throw OperatorError(
                error, "certificate", file: file, holds: "certificate", option: "--certificate")
        }
    }

    /// What a new version of the file is to others.
    package var content: NewFiles.Content { keyCount > 0 ? .secret : .open }

    /// The file's contents with another first certificate (in DER) and, if one is given, another private key
    /// (in PEM).
    package borrowing func replaced(
        by certificate: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer? = nil
    ) throws(OperatorError) -> UnsafeRawBufferPointer {
        guard !isDER else { return certificate }
        let output = UnsafeMutableRawBufferPointer(rebasing: memory[(2 * Limits.identityFileBytes)...])
        let old = UnsafeRawBufferPointer(text)
        var written = 0
        var read = 0
        var isReplaced = false
        var newKey = key
        // Every block is whole: the documents were decoded from the same text.
        var blocks = PEMText(text)
        while let block = try? blocks.next() {
            let isFirst = block.isCertificate && !isReplaced
            guard isFirst || block.isKey && newKey != nil else { continue }
            try ChainFile.append(old, read..<block.range.lowerBound, to: output, &written)
            read = block.range.upperBound
            if isFirst {
                let rest = UnsafeMutableRawBufferPointer(rebasing: output[written...])
                guard let made = PEM.write(.certificate, certificate, into: rest) else {
                    throw OperatorError(issuing: .outOfMemory)
                }
                written += made.count
                isReplaced = true
            } else if let key = newKey {
                try ChainFile.append(key, 0..<key.count, to: output, &written)
                newKey = nil
            }
        }
        try ChainFile.append(old, read..<text.count, to: output, &written)
        return UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(output)[..<written])
    }

    private static func append(
        _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, to memory: UnsafeMutableRawBufferPointer,
        _ count: inout Int
    ) throws(OperatorError) {
        guard count + range.count <= memory.count else { throw OperatorError(issuing: .outOfMemory) }
        UnsafeMutableRawBufferPointer(rebasing: memory[count...])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[range]))
        count += range.count
    }
}
