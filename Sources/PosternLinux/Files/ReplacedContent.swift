// What a file holds that would be lost if another one took its place: a private key, or what an authority
// has issued and revoked. Called before a file is replaced; it only reads.

import CLinux
import PosternCore

struct ReplacedContent {
    private static let keyWords: Text = "PRIVATE KEY-----"
    private static let indexWords: Text = "postern-index "

    private let descriptor: Int32

    /// An open file.
    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// Keys are looked for to the end of the file, wherever they stand; an index begins with its words.
    func checkLoss(to file: NewFile) throws(CallError) {
        var buffer = InlineArray<4096, UInt8>(repeating: 0)
        let found = withUnsafeMutableBytes(of: &buffer) { buffer -> Int32 in
            var kept = 0
            var isStart = true
            while isStart || file.content.isOpen {
                let got = clinux_read(descriptor, buffer.baseAddress! + kept, buffer.count - kept)
                guard got > 0 else { return 0 }
                let piece = UnsafeRawBufferPointer(rebasing: buffer[..<(kept + Int(got))])
                if isStart, Self.isIndex(piece), !Self.isIndex(file.bytes) { return SystemError.holdsIndex }
                if file.content.isOpen, Self.hasKey(piece, isStart: isStart) { return SystemError.holdsKey }
                // The words may lie across two pieces.
                kept = min(piece.count, Self.keyWords.count)
                buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: piece.suffix(kept)))
                isStart = false
            }
            return 0
        }
        try check(found)
    }

    private static func isIndex(_ bytes: UnsafeRawBufferPointer) -> Bool { bytes.hasText(indexWords, at: 0) }

    /// A private key in whatever form. PKCS#1, PKCS#8, SEC1 and PKCS#12 begin with a version, which no
    /// certificate, request or list does.
    private static func hasKey(_ bytes: UnsafeRawBufferPointer, isStart: Bool) -> Bool {
        for index in 0..<bytes.count where bytes.hasText(keyWords, at: index) { return true }
        guard isStart, bytes.count >= 6, bytes[0] == 0x30 else { return false }
        let header = bytes[1] < 0x80 ? 2 : 2 + Int(bytes[1] & 0x7F)
        return header < bytes.count && header <= 6 && bytes[header] == 0x02
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func hasText(_ text: Text, at start: Int) -> Bool {
        guard text.count <= count - start else { return false }
        for index in 0..<text.count where self[start + index] != text.start[index] { return false }
        return true
    }
}
