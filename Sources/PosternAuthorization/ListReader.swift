// A file with one entry a line, as an operator writes it: blanks around an entry do not count, and a # at
// the start of a line or behind a blank begins a comment. What an entry means, PinList and AllowList know.

import PosternCore
import PosternX509

struct ListReader {
    private var rest: UnsafeRawBufferPointer
    /// Of the line read last; the first one is 1.
    private(set) var lineNumber = 0

    /// A byte order mark, as Windows editors write it, is no part of the first entry.
    init(_ text: UnsafeRawBufferPointer) {
        let mark: InlineArray<3, UInt8> = [0xEF, 0xBB, 0xBF]
        let hasMark =
            text.count >= 3 && UnsafeRawBufferPointer(rebasing: text[..<3]).equals(mark)
        rest = hasMark ? UnsafeRawBufferPointer(rebasing: text[3...]) : text
    }

    /// The next entry that is not empty; nil at the end.
    mutating func next() -> UnsafeRawBufferPointer? {
        while !rest.isEmpty {
            lineNumber += 1
            let entry = ListReader.entry(of: takeLine())
            if !entry.isEmpty { return entry }
        }
        return nil
    }

    private mutating func takeLine() -> UnsafeRawBufferPointer {
        let end = rest.position(of: UInt8(ascii: "\n")) ?? rest.count
        let line = UnsafeRawBufferPointer(rebasing: rest[..<end])
        rest = UnsafeRawBufferPointer(rebasing: rest[min(end + 1, rest.count)...])
        return line
    }

    private static func entry(of line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var end = 0
        while end < line.count {
            if line[end] == UInt8(ascii: "#"), end == 0 || isBlank(line[end - 1]) { break }
            end += 1
        }
        while end > 0, isBlank(line[end - 1]) { end -= 1 }
        var start = 0
        while start < end, isBlank(line[start]) { start += 1 }
        return UnsafeRawBufferPointer(rebasing: line[start..<end])
    }

    /// A carriage return too: files come from other systems.
    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }
}

/// Why a list was refused, and the line that is to blame.
public struct ListError: Error, Sendable {
    public enum Problem: Sendable, Equatable {
        /// Not 32 bytes in hexadecimal or Base64.
        case noPin
        /// Neither a name of a certificate nor one leading wildcard label.
        case noName
        /// No text at all, but this.
        case holds(FileFormat)
    }

    public let problem: Problem
    public let lineNumber: Int

    /// Throws for what is no text in UTF-8.
    static func checkText(_ text: UnsafeRawBufferPointer) throws(ListError) {
        guard let format = FileFormat(text) ?? DocumentKind(text).map({ FileFormat($0) }) else { return }
        throw ListError(problem: .holds(format), lineNumber: 1)
    }
}
