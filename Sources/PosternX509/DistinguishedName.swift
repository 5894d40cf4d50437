// Names of issuers and subjects (RFC 5280, section 4.1.2.4): compared, and taken apart.

import PosternCore

public enum DistinguishedName {
    /// Whether two Names, each a whole SEQUENCE, are the same: attribute by attribute, text regardless of
    /// case. What is no Name is the same as nothing else.
    public static func isSame(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        if hasSameBytes(left, right) { return true }
        return compare(left, right, isPrefix: false)
    }

    /// Whether a name lies in the subtree below another (RFC 5280, section 4.2.1.10).
    public static func isName(
        _ name: UnsafeRawBufferPointer, below subtree: UnsafeRawBufferPointer
    ) -> Bool { compare(subtree, name, isPrefix: true) }

    private static func compare(
        _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer, isPrefix: Bool
    ) -> Bool {
        do throws(DERFault) {
            var left = try attributes(of: left)
            var right = try attributes(of: right)
            while !left.isEmpty {
                guard !right.isEmpty else { return false }
                guard isSameSet(try left.next(DERTag.set), try right.next(DERTag.set)) else { return false }
            }
            return isPrefix || right.isEmpty
        } catch {
            return false
        }
    }

    /// Reads the relative names of a Name.
    private static func attributes(of name: UnsafeRawBufferPointer) throws(DERFault) -> DERReader {
        try DERElement.only(DERTag.sequence, in: name).reader
    }

    /// Sets of several attributes are sorted in DER, so they are compared in their order.
    private static func isSameSet(_ left: DERElement, _ right: DERElement) -> Bool {
        do throws(DERFault) {
            var left = left.reader
            var right = right.reader
            while !left.isEmpty, !right.isEmpty {
                var leftPair = try left.next(DERTag.sequence).reader
                var rightPair = try right.next(DERTag.sequence).reader
                guard
                    hasSameBytes(
                        try leftPair.next(DERTag.objectIdentifier).content,
                        try rightPair.next(DERTag.objectIdentifier).content),
                    isSameValue(try leftPair.next(), try rightPair.next())
                else { return false }
            }
            return left.isEmpty && right.isEmpty
        } catch {
            return false
        }
    }

    private static func isSameValue(_ left: DERElement, _ right: DERElement) -> Bool {
        if hasSameBytes(left.whole, right.whole) { return true }
        return isText(left.tag) && isText(right.tag)
            && NameSyntax.isSameIgnoringCase(left.content, right.content)
    }

    private static func isText(_ tag: UInt8) -> Bool {
        tag == DERTag.utf8String || tag == DERTag.printableString || tag == DERTag.ia5String
    }

    /// 1.2.840.113549.1.9.1
    static func isEmailAddress(_ identifier: UnsafeRawBufferPointer) -> Bool {
        identifier.equals([0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x01])
    }

    /// Calls `body` with each attribute, until it returns false. A Name that cannot be read has none behind
    /// the place where it breaks.
    static func forEachAttribute(
        of name: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer, DERElement) -> Bool
    ) {
        do throws(DERFault) {
            var sets = try attributes(of: name)
            while !sets.isEmpty {
                var set = try sets.next(DERTag.set).reader
                while !set.isEmpty {
                    var pair = try set.next(DERTag.sequence).reader
                    let identifier = try pair.next(DERTag.objectIdentifier).content
                    guard body(identifier, try pair.next()) else { return }
                }
            }
        } catch {}
    }

    /// The common name; empty where there is none.
    public static func commonName(of name: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var found = UnsafeRawBufferPointer(start: nil, count: 0)
        forEachAttribute(of: name) { identifier, value in
            guard identifier.equals([0x55, 0x04, 0x03]) else { return true }
            found = value.content
            return false
        }
        return found
    }

    /// Calls `body` with each e-mail address in it, an old place for them.
    static func forEachEmail(of name: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
        forEachAttribute(of: name) { identifier, value in
            if isEmailAddress(identifier) { body(value.content) }
            return true
        }
    }
}
