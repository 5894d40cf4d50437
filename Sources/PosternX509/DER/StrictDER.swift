// Whether a tree of DER is written in the one way that ITU-T X.690, section 10 and 11, allows, down to its
// values. DERReader looks at tags and lengths of what it is asked for; this looks at everything.

import PosternCore

public enum StrictDER {
    /// Elements inside of elements. Names, the deepest, have six.
    private static let depthMax = 16

    /// Throws where a value is not allowed by its type, or could be written shorter.
    public static func check(_ bytes: UnsafeRawBufferPointer) throws(DERError) {
        try check(bytes, depth: 0)
    }

    private static func check(_ bytes: UnsafeRawBufferPointer, depth: Int) throws(DERError) {
        guard depth < depthMax else { throw .badValue }
        var reader = DERReader(bytes)
        while !reader.isEmpty {
            let element = try reader.next()
            let isConstructed = element.tag & 0x20 != 0
            if isConstructed {
                // Of the types without a context only SEQUENCE and SET are constructed in DER.
                guard element.tag & 0xC0 != 0 || element.tag == DERTag.sequence || element.tag == DERTag.set
                else { throw .badTag }
                try check(element.content, depth: depth + 1)
            } else if element.tag & 0xC0 == 0 {
                try check(value: element)
            }
        }
    }

    private static func check(value element: DERElement) throws(DERError) {
        let content = element.content
        let isRight: Bool
        switch element.tag {
        case DERTag.boolean: isRight = content.count == 1 && (content[0] == 0 || content[0] == 0xFF)
        case DERTag.integer, DERTag.enumerated: isRight = isShortestInteger(content)
        case DERTag.bitString: isRight = isBitString(content)
        case DERTag.null: isRight = content.isEmpty
        case DERTag.objectIdentifier: isRight = isObjectIdentifier(content)
        // A SEQUENCE or SET that is said to be primitive.
        case 0x10, 0x11: throw .badTag
        default: isRight = true
        }
        guard isRight else { throw .badValue }
    }

    /// At least one byte, and the first nine bits are not all the same.
    static func isShortestInteger(_ content: UnsafeRawBufferPointer) -> Bool {
        guard content.count >= 1 else { return false }
        guard content.count >= 2 else { return true }
        return content[0] == 0 ? content[1] >= 0x80 : content[0] != 0xFF || content[1] < 0x80
    }

    /// Unused bits are fewer than eight, and zero.
    private static func isBitString(_ content: UnsafeRawBufferPointer) -> Bool {
        guard content.count >= 1, content[0] < 8 else { return false }
        let unused = content[0]
        guard content.count >= 2 else { return unused == 0 }
        return content[content.count - 1] & (1 &<< unused &- 1) == 0
    }

    /// Numbers in base 128 without leading zeros, the last of them complete.
    private static func isObjectIdentifier(_ content: UnsafeRawBufferPointer) -> Bool {
        guard content.count >= 1, content[content.count - 1] < 0x80 else { return false }
        var isStart = true
        for byte in content {
            if isStart, byte == 0x80 { return false }
            isStart = byte < 0x80
        }
        return true
    }
}
