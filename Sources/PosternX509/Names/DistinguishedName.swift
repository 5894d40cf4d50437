// Names of issuers and subjects (RFC 5280, section 4.1.2.4): compared, and taken apart.

import PosternCore

public enum DistinguishedName {
    /// Attributes of one relative name. Real ones have one or two; comparing costs the square of it.
    private static let setMax = 8

    /// Whether two Names, each a whole SEQUENCE, are the same: attribute by attribute, text regardless of
    /// string type, ASCII case and blanks. Bytes that are not a valid Name equal nothing.
    public static func isSame(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        if hasSameBytes(left, right) { return true }
        return compare(left, right, isPrefix: false) == .same
    }

    /// Whether a name is in the subtree below another (RFC 5280, section 4.2.1.10).
    static func match(_ name: UnsafeRawBufferPointer, below subtree: UnsafeRawBufferPointer) -> NameMatch {
        compare(subtree, name, isPrefix: true)
    }

    private static func compare(
        _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer, isPrefix: Bool
    ) -> NameMatch {
        do throws(DERError) {
            var left = try attributes(of: left)
            var right = try attributes(of: right)
            var match = NameMatch.same
            while !left.isEmpty {
                guard !right.isEmpty else { return .different }
                switch compare(sets: try left.next(DERTag.set), try right.next(DERTag.set)) {
                case .same: break
                case .different: return .different
                case .unclear: match = .unclear
                }
            }
            return isPrefix || right.isEmpty ? match : .different
        } catch {
            return .unclear
        }
    }

    /// Reads the relative names of a Name.
    private static func attributes(of name: UnsafeRawBufferPointer) throws(DERError) -> DERReader {
        try DERElement.only(DERTag.sequence, in: name).reader
    }

    /// Sets are sorted by their bytes, which depend on string types: each attribute is looked for.
    private static func compare(sets left: DERElement, _ right: DERElement) -> NameMatch {
        do throws(DERError) {
            let count = try self.count(of: left)
            guard try self.count(of: right) == count else { return .different }
            guard count <= setMax else { return hasSameBytes(left.whole, right.whole) ? .same : .unclear }
            var match = NameMatch.same
            var leftAttributes = left.reader
            while !leftAttributes.isEmpty {
                let wanted = try leftAttributes.next(DERTag.sequence)
                var found = NameMatch.different
                var rightAttributes = right.reader
                while !rightAttributes.isEmpty, found != .same {
                    switch try compare(attributes: wanted, try rightAttributes.next(DERTag.sequence)) {
                    case .same: found = .same
                    case .unclear: found = .unclear
                    case .different: break
                    }
                }
                if found == .different { return .different }
                if found == .unclear { match = .unclear }
            }
            return match
        } catch {
            return .unclear
        }
    }

    private static func count(of set: DERElement) throws(DERError) -> Int {
        var reader = set.reader
        var count = 0
        while !reader.isEmpty {
            _ = try reader.next()
            count += 1
        }
        return count
    }

    private static func compare(
        attributes left: DERElement, _ right: DERElement
    ) throws(DERError) -> NameMatch {
        var left = left.reader
        var right = right.reader
        guard
            hasSameBytes(
                try left.next(DERTag.objectIdentifier).content,
                try right.next(DERTag.objectIdentifier).content)
        else { return .different }
        return AttributeText.compare(try left.next(), try right.next())
    }

    // Form

    /// Whether it is a Name: relative names of at least one attribute each, whose strings are of their type.
    static func isWellFormed(_ name: UnsafeRawBufferPointer) -> Bool {
        do throws(DERError) {
            var sets = try attributes(of: name)
            while !sets.isEmpty {
                var set = try sets.next(DERTag.set).reader
                guard !set.isEmpty else { return false }
                while !set.isEmpty {
                    var pair = try set.next(DERTag.sequence).reader
                    guard try !pair.next(DERTag.objectIdentifier).content.isEmpty,
                        AttributeText.isValid(try pair.next()), pair.isEmpty
                    else { return false }
                }
            }
            return true
        } catch {
            return false
        }
    }

    // Attributes

    /// 1.2.840.113549.1.9.1
    static func isEmailAddress(_ identifier: UnsafeRawBufferPointer) -> Bool {
        identifier.equals([0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x01])
    }

    /// 2.5.4.3
    static func isCommonName(_ identifier: UnsafeRawBufferPointer) -> Bool {
        identifier.equals([0x55, 0x04, 0x03])
    }

    /// Calls `body` with each attribute, until it returns false. A Name that cannot be read has none behind
    /// the place where it breaks.
    static func forEachAttribute(
        of name: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer, DERElement) -> Bool
    ) {
        do throws(DERError) {
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

    /// The common name, in UTF-8; empty where there is none, or none whose bytes are UTF-8 whatever string
    /// type says so: the bytes of a BMPString for other letters may well read "root".
    public static func commonName(of name: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var found = UnsafeRawBufferPointer(start: nil, count: 0)
        forEachAttribute(of: name) { identifier, value in
            guard isCommonName(identifier) else { return true }
            if AttributeText.isUTF8(value) { found = value.content }
            return false
        }
        return found
    }
}
