// The lines of an index of issued certificates: read strictly, and written.

import PosternCore
import PosternX509

/// Which line is wrong, and in which way; line 0 when nothing is, but the index has outgrown its memory or
/// cannot hold what it should.
package struct IssuedIndexError: Error {
    package let line: Int
    package let problem: Text

    init(line: Int, _ problem: Text) {
        self.line = line
        self.problem = problem
    }

    /// No room.
    init() { self.init(line: 0, "") }

    /// A certificate that no line can stand for.
    static var unusable: IssuedIndexError {
        IssuedIndexError(line: 0, "cannot hold this certificate; its serial number must have 1 to 20 bytes")
    }
}

struct IndexLines {
    private(set) var rest: UnsafeRawBufferPointer
    /// Of the line that was read last, from 1.
    private(set) var number = 0

    init(_ bytes: UnsafeRawBufferPointer) { rest = bytes }

    /// The next line without its end; nil behind the last.
    mutating func next() throws(IssuedIndexError) -> UnsafeRawBufferPointer? {
        guard !rest.isEmpty else { return nil }
        number += 1
        var end = 0
        while end < rest.count, rest[end] != UInt8(ascii: "\n") { end += 1 }
        guard end < rest.count else { throw IssuedIndexError(line: number, "does not end") }
        let line = UnsafeRawBufferPointer(rebasing: rest[..<end])
        rest = UnsafeRawBufferPointer(rebasing: rest[(end + 1)...])
        return line
    }
}

extension IssuedIndex.Entry {
    static let hint: Text =
        "is not a certificate: a serial number, an end, 'valid' or 'revoked' with time and reason, a name"

    /// Nil when the line is malformed.
    init?(_ line: UnsafeRawBufferPointer) {
        var words = line
        guard line.count < Limits.logLineBytes, let serial = words.takeWord(),
            IssuedIndex.Entry.isSerial(serial), let end = words.takeWord().flatMap(CalendarTime.init),
            let state = words.takeWord()
        else { return nil }
        if state.isText("revoked") {
            guard let time = words.takeWord().flatMap(CalendarTime.init),
                let reason = words.takeWord().flatMap(RevocationReason.named)
            else { return nil }
            revocation = (time.seconds, reason)
        } else {
            guard state.isText("valid") else { return nil }
            revocation = nil
        }
        // The name is the rest and may have spaces.
        guard !words.isEmpty else { return nil }
        for byte in words where byte < 0x20 || byte == 0x7F { return nil }
        self.serial = serial
        notAfter = end.seconds
        name = words
    }

    static let nameBytesMax = 256

    /// Whether this is its name, as far as an index has it.
    package func hasName(_ other: UnsafeRawBufferPointer) -> Bool {
        hasSameBytes(name, UnsafeRawBufferPointer(rebasing: other.prefix(IssuedIndex.Entry.nameBytesMax)))
    }

    package func hasSerial(_ magnitude: UnsafeRawBufferPointer) -> Bool {
        serial.count == 2 * magnitude.withoutLeadingZeros.count
            && IssuedIndex.Entry.begins(serial, with: magnitude)
    }

    /// Whether the first digits of a line are those of this serial number.
    static func begins(_ line: UnsafeRawBufferPointer, with magnitude: UnsafeRawBufferPointer) -> Bool {
        let bytes = magnitude.withoutLeadingZeros
        guard line.count >= 2 * bytes.count else { return false }
        for index in 0..<bytes.count where line.byte(at: index) != bytes[index] { return false }
        return line.count == 2 * bytes.count || line[2 * bytes.count] == UInt8(ascii: " ")
    }

    /// Writes the serial number's bytes to memory with room for 20 and returns them.
    package func serialBytes(into memory: UnsafeMutableRawBufferPointer) -> UnsafeRawBufferPointer {
        let count = serial.count / 2
        for index in 0..<count { memory[index] = serial.byte(at: index) ?? 0 }
        return UnsafeRawBufferPointer(rebasing: memory[..<count])
    }

    /// RFC 5280, section 4.1.2.2: 1 to 20 bytes, not zero.
    private static func isSerial(_ digits: UnsafeRawBufferPointer) -> Bool {
        guard digits.count >= 2, digits.count <= 40, digits.count % 2 == 0, digits.byte(at: 0) != 0 else {
            return false
        }
        for byte in digits {
            let isLetter = byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "f")
            guard isLetter || NameSyntax.isDigit(byte) else { return false }
        }
        return true
    }
}

extension RevocationReason {
    fileprivate static func named(_ name: UnsafeRawBufferPointer) -> RevocationReason? {
        for number in 0...10 as ClosedRange<UInt8> {
            if let reason = RevocationReason(rawValue: number), name.isText(reason.name) { return reason }
        }
        return nil
    }
}

extension Line {
    /// A serial number as the index has it.
    @inline(never)
    package mutating func append(serial magnitude: UnsafeRawBufferPointer) {
        append(hexadecimal: magnitude.withoutLeadingZeros)
    }

    /// A name cut so that its line stays short, without what is not text; a dash for none.
    mutating func append(entryName name: UnsafeRawBufferPointer) {
        if name.isEmpty { append("-") }
        for byte in name.prefix(IssuedIndex.Entry.nameBytesMax) {
            append(byte: byte < 0x20 || byte == 0x7F ? UInt8(ascii: "?") : byte)
        }
    }
}

extension UnsafeRawBufferPointer {
    func isText(_ text: Text) -> Bool { hasSameBytes(self, UnsafeRawBufferPointer(text.bytes)) }

    /// The bytes up to the next space, which goes too; nil when there is none or nothing before it.
    fileprivate mutating func takeWord() -> UnsafeRawBufferPointer? {
        var end = 0
        while end < count, self[end] != UInt8(ascii: " ") { end += 1 }
        guard end > 0, end < count else { return nil }
        let word = UnsafeRawBufferPointer(rebasing: self[..<end])
        self = UnsafeRawBufferPointer(rebasing: self[(end + 1)...])
        return word
    }

    /// The byte that two hexadecimal digits stand for.
    fileprivate func byte(at index: Int) -> UInt8? {
        guard let high = NameSyntax.hexadecimalValue(self[2 * index]),
            let low = NameSyntax.hexadecimalValue(self[2 * index + 1])
        else { return nil }
        return UInt8(high &<< 4 | low)
    }

    fileprivate var withoutLeadingZeros: UnsafeRawBufferPointer {
        var first = 0
        while first < count, self[first] == 0 { first += 1 }
        return UnsafeRawBufferPointer(rebasing: self[first...])
    }
}
