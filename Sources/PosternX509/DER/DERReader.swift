// DER (ITU-T X.690, section 10) read in place: elements one after the other, and strictly: one-byte tags,
// definite lengths in the fewest bytes. Everything that comes from a file or a peer and that we read
// ourselves goes through here. It copies nothing; what it returns points into the bytes it was given.

public struct DERReader {
    public private(set) var rest: UnsafeRawBufferPointer

    public init(_ bytes: UnsafeRawBufferPointer) { rest = bytes }

    public var isEmpty: Bool { rest.isEmpty }

    /// The tag of the next element; nil at the end.
    public var nextTag: UInt8? { rest.first }

    /// The next element, whatever its tag is.
    @inline(never)
    public mutating func next() throws(DERError) -> DERElement {
        guard rest.count >= 2 else { throw .truncated }
        guard rest[0] & 0x1F != 0x1F else { throw .badTag }
        var length = Int(rest[1])
        var headerBytes = 2
        if length >= 0x80 {
            let lengthBytes = length & 0x7F
            // Four bytes would reach 4 GiB; no certificate or list here is larger than 16 MiB.
            guard lengthBytes >= 1, lengthBytes <= 3 else { throw .badLength }
            guard rest.count >= 2 + lengthBytes else { throw .truncated }
            length = 0
            for index in 0..<lengthBytes { length = length &<< 8 | Int(rest[2 + index]) }
            let fewest = length < 0x80 ? 0 : length < 0x100 ? 1 : length < 0x1_0000 ? 2 : 3
            guard lengthBytes == fewest else { throw .badLength }
            headerBytes += lengthBytes
        }
        guard rest.count - headerBytes >= length else { throw .truncated }
        let whole = UnsafeRawBufferPointer(rebasing: rest[..<(headerBytes + length)])
        let element = DERElement(
            tag: rest[0], content: UnsafeRawBufferPointer(rebasing: whole[headerBytes...]), whole: whole)
        rest = UnsafeRawBufferPointer(rebasing: rest[(headerBytes + length)...])
        return element
    }

    /// The next element, which must have this tag.
    @inline(never)
    public mutating func next(_ tag: UInt8) throws(DERError) -> DERElement {
        guard nextTag == tag else { throw isEmpty ? .truncated : .badTag }
        return try next()
    }

    /// The next element if it has this tag.
    @inline(never)
    public mutating func optional(_ tag: UInt8) throws(DERError) -> DERElement? {
        nextTag == tag ? try next() : nil
    }

    /// Nothing may be left.
    public func end() throws(DERError) {
        guard isEmpty else { throw .trailingBytes }
    }
}

public struct DERElement {
    public let tag: UInt8
    public let content: UnsafeRawBufferPointer
    /// Tag, length and content.
    public let whole: UnsafeRawBufferPointer

    /// Reads the elements inside.
    public var reader: DERReader { DERReader(content) }
}

public enum DERError: Error, Sendable {
    case truncated
    case badTag
    /// An indefinite length, one not written in the fewest bytes, or one of more than 16 MiB.
    case badLength
    case trailingBytes
    /// A value that its type does not allow, or that is not encoded in the one right way.
    case badValue
}

/// Tags of ITU-T X.680, with the class and constructed bits.
public enum DERTag {
    public static let boolean: UInt8 = 0x01
    public static let integer: UInt8 = 0x02
    public static let bitString: UInt8 = 0x03
    public static let octetString: UInt8 = 0x04
    public static let null: UInt8 = 0x05
    public static let objectIdentifier: UInt8 = 0x06
    public static let enumerated: UInt8 = 0x0A
    public static let utf8String: UInt8 = 0x0C
    public static let numericString: UInt8 = 0x12
    public static let printableString: UInt8 = 0x13
    public static let teletexString: UInt8 = 0x14
    public static let ia5String: UInt8 = 0x16
    public static let utcTime: UInt8 = 0x17
    public static let generalizedTime: UInt8 = 0x18
    public static let visibleString: UInt8 = 0x1A
    public static let universalString: UInt8 = 0x1C
    public static let bmpString: UInt8 = 0x1E
    public static let sequence: UInt8 = 0x30
    public static let set: UInt8 = 0x31

    /// [number], primitive: implicit tagging of a simple type.
    public static func context(_ number: UInt8) -> UInt8 { 0x80 | number }
    /// [number], constructed: explicit tagging, or implicit tagging of a SEQUENCE.
    public static func contextConstructed(_ number: UInt8) -> UInt8 { 0xA0 | number }
}

/// Whether two pieces of memory hold the same bytes; not for secrets.
@inline(never)
public func hasSameBytes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    guard left.count == right.count else { return false }
    for index in 0..<left.count where left[index] != right[index] { return false }
    return true
}
