// The index of an authority: what it has issued and revoked, and the number of its last revocation list. A
// text file, read strictly, changed in memory of the caller's and rewritten as a whole:
//
//   postern-index 1
//   crl-number 3
//   19e8f85682 2027-12-26T11:07:57Z valid board.local
//   7a01c3 2027-12-26T11:07:57Z revoked 2026-11-24T08:00:00Z keyCompromise gate.local

import PosternCore
import PosternX509

package struct IssuedIndex {
    /// One certificate.
    package struct Entry {
        /// In hexadecimal digits, two a byte, without leading zeros.
        package let serial: UnsafeRawBufferPointer
        package let notAfter: Int64
        package let revocation: (time: Int64, reason: RevocationReason)?
        /// Its common name.
        package let name: UnsafeRawBufferPointer
    }

    private static let header: Text = "postern-index 1"
    private static let numberWord: Text = "crl-number "

    private let memory: UnsafeMutableRawBufferPointer
    private var count: Int
    package private(set) var listNumber: UInt32 = 0
    package private(set) var entryCount = 0
    package private(set) var revokedCount = 0

    /// An empty one. `memory` has room for what it is to become, and for a longer second line.
    package init(emptyIn memory: UnsafeMutableRawBufferPointer) throws(IssuedIndexError) {
        self.memory = memory
        count = 0
        var line = Line()
        line.append(IssuedIndex.header)
        try replace(0..<0, with: &line)
        line = Line()
        line.append(IssuedIndex.numberWord)
        line.append(listNumber)
        try replace(count..<count, with: &line)
    }

    /// Of a file's contents, the first `count` bytes of `memory`. Every line is looked at.
    package init(
        _ memory: UnsafeMutableRawBufferPointer, count: Int
    ) throws(IssuedIndexError) {
        self.memory = memory
        self.count = count
        var lines = IndexLines(UnsafeRawBufferPointer(rebasing: memory[..<count]))
        guard let header = try lines.next(), header.isText(IssuedIndex.header) else {
            throw IssuedIndexError(line: 1, "is not the first line of an index")
        }
        guard let second = try lines.next(), let number = IssuedIndex.number(second) else {
            throw IssuedIndexError(line: 2, "is not 'crl-number' and a number")
        }
        listNumber = number
        while let line = try lines.next() {
            guard let entry = Entry(line) else {
                throw IssuedIndexError(line: lines.number, Entry.hint)
            }
            entryCount += 1
            if entry.revocation != nil { revokedCount += 1 }
        }
    }

    /// The file's contents.
    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[..<count]) }

    package func forEach(_ body: (Entry) -> Void) {
        var lines = entryLines
        while let line = try? lines.next() {
            if let entry = Entry(line) { body(entry) }
        }
    }

    /// The certificate with this serial number, big-endian.
    package func entry(serial: UnsafeRawBufferPointer) -> Entry? {
        var found: Entry?
        var lines = entryLines
        // The last one counts. Only the lines of this serial number are taken apart.
        while let line = try? lines.next() {
            if Entry.begins(line, with: serial) { found = Entry(line) }
        }
        return found
    }

    package mutating func add(
        serial: UnsafeRawBufferPointer, notAfter: Int64, name: UnsafeRawBufferPointer
    ) throws(IssuedIndexError) {
        var line = Line()
        line.append(serial: serial)
        line.append(" ")
        line.append(CalendarTime(seconds: notAfter))
        line.append(" valid ")
        line.append(entryName: name)
        try IssuedIndex.check(&line)
        try replace(count..<count, with: &line)
        entryCount += 1
    }

    /// Marks a certificate that is there.
    package mutating func revoke(
        serial: UnsafeRawBufferPointer, at time: Int64, _ reason: RevocationReason
    ) throws(IssuedIndexError) {
        var lines = entryLines
        while true {
            let first = count - lines.rest.count
            guard let text = try lines.next(), let entry = Entry(text) else { return }
            guard entry.hasSerial(serial) else { continue }
            var line = Line()
            line.append(serial: serial)
            line.append(" ")
            line.append(CalendarTime(seconds: entry.notAfter))
            line.append(" revoked ")
            line.append(CalendarTime(seconds: time))
            line.append(" ")
            line.append(reason.name)
            line.append(" ")
            line.append(entryName: entry.name)
            try IssuedIndex.check(&line)
            try replace(first..<(count - lines.rest.count), with: &line)
            revokedCount += 1
            return
        }
    }

    /// The number for a new revocation list.
    package mutating func takeListNumber(above least: UInt32) throws(IssuedIndexError) -> UInt32 {
        let last = max(listNumber, least)
        guard last < UInt32.max else { throw IssuedIndexError(line: 2, "has the largest number there is") }
        listNumber = last + 1
        var line = Line()
        line.append(IssuedIndex.numberWord)
        line.append(listNumber)
        let first = IssuedIndex.header.count + 1
        try replace(first..<(count - entryLines.rest.count), with: &line)
        return listNumber
    }

    private var entryLines: IndexLines {
        var lines = IndexLines(bytes)
        _ = try? lines.next()
        _ = try? lines.next()
        return lines
    }

    /// What is written must be what is read: a serial number, a time or a name can be anything.
    private static func check(_ line: inout Line) throws(IssuedIndexError) {
        let isEntry = line.withTerminatedBytes { bytes in
            let text = UnsafeRawBufferPointer(bytes)
            return Entry(UnsafeRawBufferPointer(rebasing: text[..<(text.count - 1)])) != nil
        }
        guard isEntry else { throw .unusable }
    }

    /// Puts a line where others were.
    private mutating func replace(_ range: Range<Int>, with line: inout Line) throws(IssuedIndexError) {
        let grown = count - range.count + line.count + 1
        guard grown <= memory.count, let start = memory.baseAddress else { throw IssuedIndexError() }
        let rest = start + range.upperBound
        (start + range.lowerBound + line.count + 1).copyMemory(
            from: rest, byteCount: count - range.upperBound)
        line.withTerminatedBytes { bytes in
            guard let text = bytes.baseAddress else { return }
            (start + range.lowerBound).copyMemory(from: text, byteCount: bytes.count)
        }
        count = grown
    }

    private static func number(_ line: UnsafeRawBufferPointer) -> UInt32? {
        let word = numberWord.count
        guard line.count > word, line.count <= word + 10,
            UnsafeRawBufferPointer(rebasing: line[..<word]).isText(numberWord)
        else { return nil }
        var value: UInt64 = 0
        for byte in line[word...] {
            guard NameSyntax.isDigit(byte) else { return nil }
            value = value * 10 + UInt64(widening: byte - UInt8(ascii: "0"))
        }
        return value <= UInt64(widening: UInt32.max) ? UInt32(truncatingIfNeeded: value) : nil
    }
}
