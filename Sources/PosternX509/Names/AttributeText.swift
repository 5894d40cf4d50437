// The text of an attribute in a Name, whatever string type it was written in, and how two texts are
// compared (RFC 5280, section 7.1; RFC 4518): transcoded, ASCII letters folded, blanks squeezed. Other
// letters are not folded: where they differ, it is not clear whether the texts are the same.

import PosternCore

/// Whether two names, or parts of them, are the same.
enum NameMatch {
    case same
    case different
    /// They differ in characters that only full string preparation could compare.
    case unclear
}

/// The characters of one string, in order.
struct AttributeText {
    private let tag: UInt8
    private let bytes: UnsafeRawBufferPointer
    /// Of the next character.
    private var position = 0
    /// Cleared by what is no character of the string's type.
    private(set) var isValid = true

    /// Nil for a value of no string type.
    init?(_ value: DERElement) {
        guard AttributeText.isText(value.tag) else { return nil }
        tag = value.tag
        bytes = value.content
    }

    static func isText(_ tag: UInt8) -> Bool {
        switch tag {
        case DERTag.utf8String, DERTag.numericString, DERTag.printableString, DERTag.teletexString,
            DERTag.ia5String, DERTag.visibleString, DERTag.universalString, DERTag.bmpString:
            true
        default: false
        }
    }

    /// Whether the bytes of a string are also its text in UTF-8: not those of wider characters, nor of
    /// letters beyond ASCII in TeletexString.
    static func isUTF8(_ value: DERElement) -> Bool {
        switch value.tag {
        case DERTag.universalString, DERTag.bmpString: return false
        case DERTag.utf8String: return isValid(value)
        default:
            for byte in value.content where byte >= 0x80 { return false }
            return isText(value.tag)
        }
    }

    /// Whether a string is one of its type from end to end.
    static func isValid(_ value: DERElement) -> Bool {
        guard var text = AttributeText(value) else { return true }
        while text.next() != nil {}
        return text.isValid
    }

    /// The next character (a Unicode scalar); nil at the end, and where the string is not valid.
    mutating func next() -> UInt32? {
        guard position < bytes.count else { return nil }
        switch tag {
        case DERTag.utf8String: return nextOfUTF8()
        case DERTag.bmpString: return next(bytes: 2)
        case DERTag.universalString: return next(bytes: 4)
        // In use as Latin 1, which nobody can tell from the real T.61.
        case DERTag.teletexString: return next(bytes: 1)
        default: return check(next(bytes: 1)) { $0 < 0x80 }
        }
    }

    private mutating func next(bytes count: Int) -> UInt32? {
        guard bytes.count - position >= count else { return fail() }
        var scalar: UInt32 = 0
        for index in 0..<count { scalar = scalar &<< 8 | UInt32(bytes[position + index]) }
        position += count
        return check(scalar) { $0 < 0x11_0000 && !($0 >= 0xD800 && $0 < 0xE000) }
    }

    private mutating func nextOfUTF8() -> UInt32? {
        let start = position
        let length = bytes.withMemoryRebound(to: UInt8.self) { UTF8Text.lengthOfScalar(in: $0, at: start) }
        guard length > 0 else { return fail() }
        var scalar = length == 1 ? UInt32(bytes[start]) : UInt32(bytes[start]) & (0x7F &>> UInt32(length))
        for index in 1..<max(length, 1) { scalar = scalar &<< 6 | UInt32(bytes[start + index] & 0x3F) }
        position += length
        return scalar
    }

    private mutating func check(_ scalar: UInt32?, _ isRight: (UInt32) -> Bool) -> UInt32? {
        guard let scalar, isRight(scalar) else { return fail() }
        return scalar
    }

    private mutating func fail() -> UInt32? {
        isValid = false
        position = bytes.count
        return nil
    }

    /// Copies a text of ASCII alone; nil where it is none, or longer than `memory`.
    static func copyASCII(
        of value: DERElement, to memory: UnsafeMutableRawBufferPointer
    ) -> UnsafeRawBufferPointer? {
        guard var text = AttributeText(value) else { return nil }
        var count = 0
        while let scalar = text.next() {
            guard scalar < 0x80, count < memory.count else { return nil }
            memory[count] = UInt8(truncatingIfNeeded: scalar)
            count += 1
        }
        guard text.isValid else { return nil }
        return UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(memory)[..<count])
    }

    // Comparing

    static func compare(_ left: DERElement, _ right: DERElement) -> NameMatch {
        if hasSameBytes(left.whole, right.whole) { return .same }
        guard let leftText = AttributeText(left), let rightText = AttributeText(right) else {
            return .different
        }
        var leftFolded = FoldedText(leftText)
        var rightFolded = FoldedText(rightText)
        var isSame = true
        while isSame {
            let character = leftFolded.next()
            isSame = character == rightFolded.next()
            if character == nil { break }
        }
        // What is behind the first difference, for characters that are not plain.
        while leftFolded.next() != nil {}
        while rightFolded.next() != nil {}
        guard leftFolded.isValid, rightFolded.isValid else { return .unclear }
        if isSame { return .same }
        return leftFolded.isPlain && rightFolded.isPlain ? .different : .unclear
    }
}

/// A text as it is compared.
private struct FoldedText {
    private var text: AttributeText
    private var hasStarted = false
    private var waiting: UInt32?
    /// All characters so far were printable ones of ASCII, or blanks.
    private(set) var isPlain = true

    init(_ text: AttributeText) { self.text = text }

    var isValid: Bool { text.isValid }

    /// The next character; blanks at both ends are left out, others become one.
    mutating func next() -> UInt32? {
        if let character = waiting {
            waiting = nil
            return character
        }
        var hasBlank = false
        while let scalar = text.next() {
            if scalar == 0x20 || (scalar >= 0x09 && scalar <= 0x0D) {
                hasBlank = true
                continue
            }
            if scalar < 0x20 || scalar >= 0x7F { isPlain = false }
            let isCapital = scalar >= 0x41 && scalar <= 0x5A
            let folded = isCapital ? scalar | 0x20 : scalar
            guard hasBlank, hasStarted else {
                hasStarted = true
                return folded
            }
            waiting = folded
            return 0x20
        }
        return nil
    }
}
