// Where the blocks of a PEM file are, so that one can be replaced and everything else stays as it was: keys,
// other certificates, comments. Used by what renews a certificate. Looks at labels alone, decodes nothing.

import PosternCore
import PosternX509

public struct PEMBlockRange {
    /// From the first dash to the end of the last line.
    public let range: Range<Int>
    public let isCertificate: Bool
    /// A private key, in whatever form.
    public let isKey: Bool
}

public struct PEMBlocks {
    private let text: UnsafeRawBufferPointer
    private var position = 0

    public init(_ text: UnsafeRawBufferPointer) { self.text = text }

    /// The next block; nil behind the last one that is complete.
    public mutating func next() -> PEMBlockRange? {
        guard let begin = PEMBlocks.find("-----BEGIN ", in: text, from: position),
            let labelEnd = PEMBlocks.find("-----", in: text, from: begin + 11),
            let end = PEMBlocks.find("-----END ", in: text, from: labelEnd),
            var last = PEMBlocks.find("-----", in: text, from: end + 9).map({ $0 + 5 })
        else { return nil }
        while last < text.count, text[last] != UInt8(ascii: "\n"), text[last] <= 0x20 { last += 1 }
        if last < text.count, text[last] == UInt8(ascii: "\n") { last += 1 }
        position = last
        let label = UnsafeRawBufferPointer(rebasing: text[(begin + 11)..<labelEnd])
        let keyWords: Text = "PRIVATE KEY"
        let tail = UnsafeRawBufferPointer(rebasing: label.suffix(keyWords.count))
        return PEMBlockRange(
            range: begin..<last,
            isCertificate: PEMBlocks.isWord(label, "CERTIFICATE")
                || PEMBlocks.isWord(label, "X509 CERTIFICATE"),
            isKey: PEMBlocks.isWord(tail, keyWords))
    }

    /// How many private keys, and how many certificates, are in a text.
    public static func count(_ text: UnsafeRawBufferPointer) -> (keys: Int, certificates: Int) {
        var blocks = PEMBlocks(text)
        var count = (keys: 0, certificates: 0)
        while let block = blocks.next() {
            count.keys += block.isKey ? 1 : 0
            count.certificates += block.isCertificate ? 1 : 0
        }
        return count
    }

    private static func isWord(_ bytes: UnsafeRawBufferPointer, _ word: Text) -> Bool {
        hasSameBytes(bytes, UnsafeRawBufferPointer(word.bytes))
    }

    /// Where a word begins, at or after `first`.
    public static func find(_ word: Text, in text: UnsafeRawBufferPointer, from first: Int = 0) -> Int? {
        var start = first
        while start + word.count <= text.count {
            if isWord(UnsafeRawBufferPointer(rebasing: text[start..<(start + word.count)]), word) {
                return start
            }
            start += 1
        }
        return nil
    }
}
