// Untrusted text in lines and in JSON: what a terminal gets is UTF-8 without control characters.

import Foundation
import PosternCore
import Testing

/// Bytes, and what becomes of them in a line.
private let foreign: [([UInt8], String)] = [
    (Array("a b~".utf8), "a b~"),
    (
        Array("\u{A0}\u{7FF}\u{800}\u{FFFF}\u{10000}\u{10FFFF}".utf8),
        "\u{A0}\u{7FF}\u{800}\u{FFFF}\u{10000}\u{10FFFF}"
    ),
    ([0x00, 0x1B, 0x0A, 0x7F], "????"),
    // Control characters beyond ASCII: a terminal may obey U+009B as it does ESC [.
    ([0xC2, 0x80, 0xC2, 0x9B], "????"),
    // Longer than they need to be, surrogates, beyond the last character, never in UTF-8.
    ([0xC0, 0xAF], "??"), ([0xE0, 0x9F, 0xBF], "???"), ([0xF0, 0x8F, 0xBF, 0xBF], "????"),
    ([0xED, 0xA0, 0x80], "???"), ([0xF4, 0x90, 0x80, 0x80], "????"), ([0xF5, 0xFF], "??"),
    // Cut, and a rest without its beginning.
    ([0xE2, 0x82], "??"), ([0xE2, 0x41], "?A"), ([0x80, 0x41], "?A"),
]

@Suite struct ForeignTextTests {
    @Test(arguments: foreign)
    func whatIsNoTextBecomesQuestionMarks(bytes: [UInt8], shown: String) {
        let line = Line.with { line in bytes.withUnsafeBufferPointer { line.append(foreign: $0) } }
        #expect(line == shown)
    }

    @Test(arguments: 0..<4)
    func aCharacterThatDoesNotFitIsLeftOutWhole(before: Int) {
        var line = Line()
        for _ in 0..<(1023 - before) { line.append("a") }
        let text = Array("\u{10FFFF}".utf8)
        text.withUnsafeBufferPointer { line.append(foreign: $0) }
        let shown = line.withTerminatedBytes { String(validating: $0, as: UTF8.self) }
        #expect(shown == String(repeating: "a", count: 1023 - before) + "\n")
    }
}

@Suite struct JSONTextTests {
    private func quoted(_ bytes: [UInt8]) -> String {
        var json: [UInt8] = []
        bytes.withUnsafeBufferPointer { text in JSONText.quote(text) { json.append($0) } }
        return String(decoding: json, as: UTF8.self)
    }

    @Test func signsOfJSONAreEscaped() {
        #expect(quoted(Array(#"a "b" \c/"#.utf8)) == #""a \"b\" \\c/""#)
        #expect(quoted([0x00, 0x1F, 0x7F]) == #""\u0000\u001f\u007f""#)
        #expect(quoted([0xC2, 0x9B, 0x41, 0xFF]) == #""\ufffd\ufffdA\ufffd""#)
        #expect(quoted([]) == #""""#)
    }

    @Test(arguments: foreign)
    func anotherReaderTakesIt(bytes: [UInt8], shown: String) throws {
        let json = Data("[\(quoted(bytes))]".utf8)
        let read = try #require(try JSONSerialization.jsonObject(with: json) as? [String])
        // What is text is kept, all else is one sign a byte here as there.
        #expect(read.first?.unicodeScalars.count == shown.unicodeScalars.count)
        if shown == String(decoding: bytes, as: UTF8.self) { #expect(read == [shown]) }
    }
}
