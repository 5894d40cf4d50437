// An IPv4 or IPv6 address as text (RFC 4291, section 2.2; RFC 5952) and as the bytes that certificates have.
// No zone, no leading zeros in IPv4, no brackets.

public struct IPAddress: Sendable, Equatable {
    /// IPv4 uses the first four; the others are zero.
    public private(set) var bytes = InlineArray<16, UInt8>(repeating: 0)
    /// 4 or 16; 0 for none.
    private var count = 0

    package init() {}

    public var isVersion6: Bool { count == 16 }

    /// Nil when the text is no address.
    public init?(_ text: UnsafeRawBufferPointer) {
        if text.position(of: UInt8(ascii: ":")) != nil {
            guard readVersion6(text) else { return nil }
        } else {
            guard readVersion4(text, at: 0) else { return nil }
            count = 4
        }
    }

    /// The 4 or 16 bytes of an address in a certificate; nil for any other count.
    public init?(bytes source: UnsafeRawBufferPointer) {
        guard source.count == 4 || source.count == 16 else { return nil }
        for index in 0..<source.count { bytes[index] = source[index] }
        count = source.count
    }

    /// `bytes` in network byte order; IPv4 uses the first four.
    init(isIPv6: Bool, bytes: InlineArray<16, UInt8>) {
        self.bytes = bytes
        count = isIPv6 ? 16 : 4
        if !isIPv6 { for index in 4..<16 { self.bytes[index] = 0 } }
    }

    /// The IPv4 address in an IPv4-mapped IPv6 address (RFC 4291, section 2.5.5.2); other addresses as they
    /// are.
    var unmapped: IPAddress {
        guard isVersion6, bytes[10] == 0xFF, bytes[11] == 0xFF else { return self }
        for index in 0..<10 where bytes[index] != 0 { return self }
        var last = InlineArray<16, UInt8>(repeating: 0)
        for index in 0..<4 { last[index] = bytes[12 + index] }
        return IPAddress(isIPv6: false, bytes: last)
    }

    /// An IPv6 address in any case, for what has no room for two families: an IPv4 address is mapped.
    var mapped: IPAddress {
        guard count == 4 else { return self }
        var last = InlineArray<16, UInt8>(repeating: 0)
        last[10] = 0xFF
        last[11] = 0xFF
        for index in 0..<4 { last[12 + index] = bytes[index] }
        return IPAddress(isIPv6: true, bytes: last)
    }

    /// 127.0.0.0/8 or ::1.
    public var isLoopback: Bool {
        guard isVersion6 else { return count == 4 && bytes[0] == 127 }
        for index in 0..<15 where bytes[index] != 0 { return false }
        return bytes[15] == 1
    }

    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withUnsafeBytes(of: bytes) { body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }

    public static func == (left: IPAddress, right: IPAddress) -> Bool {
        guard left.count == right.count else { return false }
        for index in 0..<16 where left.bytes[index] != right.bytes[index] { return false }
        return true
    }

    private mutating func readVersion4(_ text: UnsafeRawBufferPointer, at first: Int) -> Bool {
        var part = 0
        var digits = 0
        var value = 0
        for byte in text {
            if byte == UInt8(ascii: ".") {
                guard digits > 0, part < 3 else { return false }
                bytes[first + part] = UInt8(truncatingIfNeeded: value)
                part += 1
                digits = 0
                value = 0
                continue
            }
            guard NameSyntax.isDigit(byte), digits == 0 || value > 0 else { return false }
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
            digits += 1
            guard value <= 255 else { return false }
        }
        guard part == 3, digits > 0 else { return false }
        bytes[first + 3] = UInt8(truncatingIfNeeded: value)
        return true
    }

    private mutating func readVersion6(_ text: UnsafeRawBufferPointer) -> Bool {
        var written = 0
        var gap: Int?
        var index = 0
        if text.count >= 2, text[0] == UInt8(ascii: ":") {
            guard text[1] == UInt8(ascii: ":") else { return false }
            gap = 0
            index = 2
        }
        while index < text.count {
            let start = index
            while index < text.count, text[index] != UInt8(ascii: ":") { index += 1 }
            let group = UnsafeRawBufferPointer(rebasing: text[start..<index])
            if group.position(of: UInt8(ascii: ".")) != nil {
                guard index == text.count, written <= 12, readVersion4(group, at: written) else {
                    return false
                }
                written += 4
                break
            }
            guard written <= 14, readGroup(group, at: written) else { return false }
            written += 2
            guard index < text.count else { break }
            index += 1  // the colon
            guard index < text.count else { return false }
            if text[index] == UInt8(ascii: ":") {
                guard gap == nil else { return false }
                gap = written
                index += 1
            }
        }
        count = 16
        guard let gap else { return written == 16 }
        // Two colons stand for at least one group.
        guard written <= 14 else { return false }
        var expanded = InlineArray<16, UInt8>(repeating: 0)
        for index in 0..<gap { expanded[index] = bytes[index] }
        for index in gap..<written { expanded[16 - written + index] = bytes[index] }
        bytes = expanded
        return true
    }

    private mutating func readGroup(_ group: UnsafeRawBufferPointer, at first: Int) -> Bool {
        guard group.count >= 1, group.count <= 4 else { return false }
        var value = 0
        for byte in group {
            guard let digit = NameSyntax.hexadecimalValue(byte) else { return false }
            value = value &<< 4 | digit
        }
        bytes[first] = UInt8(truncatingIfNeeded: value &>> 8)
        bytes[first + 1] = UInt8(truncatingIfNeeded: value)
        return true
    }
}

extension Line {
    public mutating func append(_ address: IPAddress) {
        address.withBytes { bytes in
            if bytes.count == 4 {
                for index in 0..<4 {
                    if index > 0 { append(".") }
                    append(Int(bytes[index]))
                }
            } else if bytes.count == 16 {
                append(version6: bytes)
            }
        }
    }

    /// RFC 5952: the longest run of zero groups, the first of equals, becomes two colons.
    private mutating func append(version6 bytes: UnsafeRawBufferPointer) {
        var longest = 0..<0
        var index = 0
        while index < 8 {
            var end = index
            while end < 8, bytes[2 * end] == 0, bytes[2 * end + 1] == 0 { end += 1 }
            if end - index > max(longest.count, 1) { longest = index..<end }
            index = max(end, index + 1)
        }
        index = 0
        while index < 8 {
            if longest.contains(index) {
                append("::")
                index = longest.upperBound
                continue
            }
            if index > 0, index != longest.upperBound { append(":") }
            append(group: Int(bytes[2 * index]) &<< 8 | Int(bytes[2 * index + 1]))
            index += 1
        }
    }

    private mutating func append(group value: Int) {
        var shift = value >= 0x1000 ? 12 : value >= 0x100 ? 8 : value >= 0x10 ? 4 : 0
        while shift >= 0 {
            append(hexadecimalDigit: value &>> shift & 15)
            shift -= 4
        }
    }

    package mutating func append(hexadecimalDigit digit: Int) {
        let digit = UInt8(truncatingIfNeeded: digit)
        append(byte: digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    }
}
