// The list of clients that are let in: names, one a line, of which a certificate must have one, as an
// alternative name or as its common name. An entry is what GeneralName reads, or any other text for a common
// name ("Alice Smith", a serial number); its first label may be a wildcard. It lives in memory of its owner
// and never changes.

import PosternCore
import PosternX509

public struct AllowList {
    /// The entries, each with a line feed behind it.
    private let entries: UnsafeRawBufferPointer
    public let count: Int

    /// Bytes of memory that the entries of a text need at most.
    public static func memoryBytes(for text: UnsafeRawBufferPointer) -> Int { text.count + 1 }

    /// Reads a file's contents into `memory`, of which the list is then a part.
    public init(
        _ text: UnsafeRawBufferPointer, into memory: UnsafeMutableRawBufferPointer
    ) throws(ListError) {
        try ListError.checkText(text)
        var reader = ListReader(text)
        var used = 0
        var count = 0
        while let entry = reader.next() {
            guard used + entry.count < memory.count, AllowList.isName(entry) else {
                throw ListError(problem: .noName, lineNumber: reader.lineNumber)
            }
            for byte in entry {
                memory[used] = byte
                used += 1
            }
            memory[used] = UInt8(ascii: "\n")
            used += 1
            count += 1
        }
        entries = UnsafeRawBufferPointer(rebasing: memory[..<used])
        self.count = count
    }

    /// Whether one of the alternative names of a certificate is in the list. Of more than
    /// `Limits.listedNames` the rest is not looked at: the cost is names times entries, and the peer chooses
    /// the names. Wildcards count in the list alone: a certificate for `*.home` is not the one for `a.home`.
    public func allows(_ names: PresentedNames) throws(DERError) -> Bool {
        // Decoded once, not for each entry. Behind a pointer: a subscript in a loop copies the whole array.
        var memory = InlineArray<64, PresentedName>(repeating: PresentedName.none)
        precondition(memory.count == Limits.listedNames, "room for as many as are looked at")
        var names = names
        var count = 0
        while count < memory.count, let name = try names.next() {
            memory[count] = name
            count += 1
        }
        return withUnsafePointer(to: memory) { memory in
            let first = UnsafeRawPointer(memory).assumingMemoryBound(to: PresentedName.self)
            return allows(UnsafeBufferPointer(start: first, count: count))
        }
    }

    private func allows(_ names: UnsafeBufferPointer<PresentedName>) -> Bool {
        var reader = ListReader(entries)
        while let entry = reader.next() {
            guard let wanted = GeneralName(entry) else { continue }
            let isDNS = wanted.tag == PresentedName.dnsTag
            for name in names where name.tag == wanted.tag {
                if isDNS ? NameSyntax.dnsName(entry, covers: name.content) : wanted.allows(name) {
                    return true
                }
            }
        }
        return false
    }

    /// Whether a common name is in the list: the same text regardless of the case of ASCII letters (RFC
    /// 5280, section 7.1), or covered by a wildcard.
    public func allows(commonName: UnsafeRawBufferPointer) -> Bool {
        var reader = ListReader(entries)
        while let entry = reader.next() {
            if NameSyntax.dnsName(entry, covers: commonName) { return true }
        }
        return false
    }

    // One line

    /// Bytes of an entry: what a DNS name has at most.
    private static let entryBytesMax = 253

    private static func isName(_ entry: UnsafeRawBufferPointer) -> Bool {
        // No name begins with a hyphen, but PEM does: a certificate or a key is no list.
        guard entry.count <= entryBytesMax, entry[0] != UInt8(ascii: "-") else { return false }
        if GeneralName(entry) != nil { return true }
        for byte in entry {
            guard !CommonName.isControl(byte), byte != UInt8(ascii: "*") else { return false }
        }
        // An address that is written wrong would never fit anything.
        return !CommonName.isMistakenAddress(entry)
    }
}
