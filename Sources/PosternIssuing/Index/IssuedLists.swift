// The revocation lists that a file has already, held against the index: a new list must not say less than
// they do, because that would make revoked certificates valid again.

import PosternCore
import PosternLinux
import PosternTLS
import PosternX509

package struct IssuedLists {
    private let file: Text
    /// In DER, one behind the other; empty where the file holds no list.
    private let documents: UnsafeRawBufferPointer
    package var isEmpty: Bool { documents.isEmpty }

    /// The lists of a file that has to hold some.
    package init(_ file: Text, option: Text) throws(OperatorError) {
        self.file = file
        documents = try DocumentFile.documents(
            of: file, "CRL", option: option, .revocationLists, called: "revocation list",
            into: try DocumentFile.allocate(Limits.authorityFileBytes))
    }

    /// Those of a file that is to be replaced. One that holds something else is not ours to check.
    package init(replacing file: Text) throws(OperatorError) {
        guard File.exists(file) else {
            self.init(none: file)
            return
        }
        let memory = try DocumentFile.allocate(Limits.authorityFileBytes)
        let contents = try File.contents(of: file, "CRL", option: "--crl", into: memory).bytes
        let isList =
            contents.first == DERTag.sequence
            || PEMText.position(of: "-----BEGIN X509 CRL", in: contents) != nil
        TLSArena.release(memory)
        guard isList else {
            self.init(none: file)
            return
        }
        try self.init(file, option: "--crl")
    }

    private init(none file: Text) {
        self.file = file
        documents = UnsafeRawBufferPointer(start: nil, count: 0)
    }

    /// Throws unless the index has all that the lists have revoked. Returns their highest number, or 0.
    package func check(against index: IndexFile, _ issuer: borrowing Issuer) throws(OperatorError) -> UInt32
    {
        var missing = MissingSerials()
        var highest: UInt32 = 0
        var reader = DERReader(documents)
        while let list = try next(&reader) {
            guard hasSameBytes(list.issuer, issuer.certificate.subject) else {
                throw OperatorError(
                    usage: "list", file, "is another authority's, and would be lost; name another file")
            }
            highest = max(highest, try number(of: list))
            var entries = DERReader(list.entries)
            while let entry = try next(&entries, of: list) {
                if index.index.entry(serial: entry.serial)?.revocation == nil { missing.add(entry.serial) }
            }
        }
        guard missing.count == 0 else { throw OperatorError(missing, in: index.path, file) }
        return highest
    }

    /// Takes over what they have revoked. Returns how many that were not known, and the highest number.
    package func adopt(
        into index: inout IndexFile, _ issuer: borrowing Issuer
    ) throws(OperatorError) -> (entries: Int, number: UInt32) {
        var adopted = (entries: 0, number: UInt32(0))
        var reader = DERReader(documents)
        while let list = try next(&reader) {
            guard issuer.hasSigned(list) else {
                throw OperatorError { line in
                    line.append("list '")
                    line.append(file)
                    line.append("' was not signed by '")
                    line.append(issuer.file)
                    line.append("'; only a list of the same authority can be taken over")
                }
            }
            adopted.number = max(adopted.number, try number(of: list))
            var entries = DERReader(list.entries)
            while let entry = try next(&entries, of: list) {
                if try index.adopt(entry, file) { adopted.entries += 1 }
            }
        }
        return adopted
    }

    private func next(_ reader: inout DERReader) throws(OperatorError) -> RevocationList? {
        guard !reader.isEmpty else { return nil }
        do throws(DERError) {
            return try RevocationList(try reader.next().whole)
        } catch {
            throw unreadable
        }
    }

    private func next(
        _ entries: inout DERReader, of list: RevocationList
    ) throws(OperatorError) -> RevocationList.Entry? {
        do throws(DERError) {
            return try RevocationList.next(&entries)
        } catch {
            throw unreadable
        }
    }

    private var unreadable: OperatorError {
        OperatorError(
            usage: "list", file, "cannot be read, so nobody knows what it has revoked; name another file")
    }

    private func number(of list: RevocationList) throws(OperatorError) -> UInt32 {
        var value: UInt64 = 0
        guard let number = list.number else { return 0 }
        for byte in number {
            value = value &<< 8 | UInt64(widening: byte)
            guard value < UInt64(widening: UInt32.max), number[0] < 0x80 else {
                throw OperatorError(
                    usage: "list", file, "has a number above 4294967294, and an index counts no further")
            }
        }
        return UInt32(truncatingIfNeeded: value)
    }
}

/// Some of those that are missing, for a message.
private struct MissingSerials {
    private static let shown = 8

    private(set) var count = 0
    private var first = FixedList<8, UnsafeRawBufferPointer>()

    mutating func add(_ serial: UnsafeRawBufferPointer) {
        count += 1
        _ = first.append(serial)
    }

    func write(to line: inout Line) {
        for index in 0..<first.count {
            if index > 0 { line.append(", ") }
            line.append(serial: UnsafeRawBufferPointer(rebasing: first[index].prefix(21)))
        }
        guard count > first.count else { return }
        line.append(" and ")
        line.append(count - first.count)
        line.append(" more")
    }
}

extension OperatorError {
    fileprivate init(_ missing: MissingSerials, in index: Text, _ list: Text) {
        self.init { line in
            line.append("list '")
            line.append(list)
            line.append("' has revoked what index file '")
            line.append(index)
            line.append("' does not know as revoked: ")
            missing.write(to: &line)
            line.append("; restore the index, or take the list over with --adopt")
        }
    }
}
