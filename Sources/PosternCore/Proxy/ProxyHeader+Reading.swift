// Reads a PROXY header that a balancer has sent. Strict: who may send one is trusted with addresses, and
// what is not exactly a header is refused at the first byte that shows it.

extension ProxyHeader {
    /// Who a balancer says is connected, and to which address of its own.
    public struct Addresses: Sendable, Equatable {
        public let source: IPEndpoint
        public let destination: IPEndpoint
    }

    public enum Reading: Sendable, Equatable {
        /// No header is complete before so many bytes are there, from its first one on.
        case incomplete(needed: Int)
        /// The header has `length` bytes; the connection's own follow. Nil: the addresses of the socket
        /// count, since the balancer itself is the client (LOCAL), or does not know (UNKNOWN, UNSPEC,
        /// another transport).
        case complete(length: Int, addresses: Addresses?)
        case malformed
    }

    /// Reads the first bytes of a connection. Bytes beyond Limits.proxyHeaderBytes are never needed.
    public static func read(_ bytes: UnsafeRawBufferPointer) -> Reading {
        guard let first = bytes.first else { return .incomplete(needed: 1) }
        return first == signature[0] ? readVersion2(bytes) : readLine(bytes)
    }

    // Version 1

    private static func readLine(_ bytes: UnsafeRawBufferPointer) -> Reading {
        let unknown: Text = "PROXY UNKNOWN"
        let version4: Text = "PROXY TCP4 "
        let version6: Text = "PROXY TCP6 "
        guard agree(bytes, unknown) || agree(bytes, version4) || agree(bytes, version6) else {
            return .malformed
        }
        // The shortest line.
        let least = unknown.count + 2
        guard bytes.count >= least else { return .incomplete(needed: least) }
        guard let end = endOfLine(bytes) else {
            if bytes.count >= lineBytesMax { return .malformed }
            return .incomplete(needed: bytes.count + (bytes[bytes.count - 1] == carriageReturn ? 1 : 2))
        }
        let length = end + 2
        if agree(bytes, unknown) {
            // Whatever else stands in the line.
            guard end == unknown.count || bytes[unknown.count] == space else { return .malformed }
            return .complete(length: length, addresses: nil)
        }
        let words = UnsafeRawBufferPointer(rebasing: bytes[version4.count..<end])
        guard let addresses = addresses(words, areIPv6: agree(bytes, version6)) else { return .malformed }
        return .complete(length: length, addresses: addresses)
    }

    /// Whether one is the beginning of the other.
    private static func agree(_ bytes: UnsafeRawBufferPointer, _ text: Text) -> Bool {
        for index in 0..<min(bytes.count, text.count) where bytes[index] != text.start[index] {
            return false
        }
        return true
    }

    private static let space = UInt8(ascii: " ")
    private static let carriageReturn = UInt8(ascii: "\r")
    private static let lineFeed = UInt8(ascii: "\n")

    private static func endOfLine(_ bytes: UnsafeRawBufferPointer) -> Int? {
        for index in 0..<(min(bytes.count, lineBytesMax) - 1)
        where bytes[index] == carriageReturn && bytes[index + 1] == lineFeed { return index }
        return nil
    }

    /// Two addresses and two ports with a space between each.
    private static func addresses(_ words: UnsafeRawBufferPointer, areIPv6: Bool) -> Addresses? {
        var rest = words
        guard let source = address(nextWord(&rest), isIPv6: areIPv6),
            let destination = address(nextWord(&rest), isIPv6: areIPv6),
            let sourcePort = port(nextWord(&rest)), let destinationPort = port(rest)
        else { return nil }
        return Addresses(
            source: IPEndpoint(source, port: sourcePort),
            destination: IPEndpoint(destination, port: destinationPort))
    }

    /// What stands before the next space; `rest` is then what stands behind it. Nil without a space.
    private static func nextWord(_ rest: inout UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard let end = rest.position(of: space) else { return nil }
        let word = UnsafeRawBufferPointer(rebasing: rest[..<end])
        rest = UnsafeRawBufferPointer(rebasing: rest[(end + 1)...])
        return word
    }

    private static func address(_ word: UnsafeRawBufferPointer?, isIPv6: Bool) -> IPAddress? {
        guard let word, let address = IPAddress(word), address.isVersion6 == isIPv6 else { return nil }
        return address
    }

    /// Without leading zeros.
    private static func port(_ word: UnsafeRawBufferPointer?) -> UInt16? {
        guard let word, word.count >= 1, word.count <= 5, word.count == 1 || word[0] != UInt8(ascii: "0")
        else { return nil }
        var value = 0
        for byte in word {
            guard NameSyntax.isDigit(byte) else { return nil }
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return UInt16(exactly: value)
    }

    // Version 2

    private static func readVersion2(_ bytes: UnsafeRawBufferPointer) -> Reading {
        for index in 0..<min(bytes.count, 12) where bytes[index] != signature[index] { return .malformed }
        if bytes.count > 12 {
            guard bytes[12] == version2 | localCommand || bytes[12] == version2 | proxyCommand else {
                return .malformed
            }
        }
        guard bytes.count >= fixedBytes else { return .incomplete(needed: fixedBytes) }
        let length = fixedBytes + number(bytes, at: 14)
        let isLocal = bytes[12] == version2 | localCommand
        // Of LOCAL, the family and all that follows is ignored (section 2.2).
        let addressBytes = isLocal ? 0 : addressBytes(family: bytes[13])
        guard let addressBytes, length <= Limits.proxyHeaderBytes, length >= fixedBytes + addressBytes else {
            return .malformed
        }
        guard bytes.count >= length else { return .incomplete(needed: length) }
        let header = UnsafeRawBufferPointer(rebasing: bytes[..<length])
        // Without addresses nothing says where they would end and anything else begins.
        guard addressBytes > 0 else { return .complete(length: length, addresses: nil) }
        guard hasValidFields(header, from: fixedBytes + addressBytes) else { return .malformed }
        return .complete(length: length, addresses: addresses(header))
    }

    /// How many bytes the addresses have; nil for a family or transport that is none.
    private static func addressBytes(family: UInt8) -> Int? {
        guard family & 0x0F <= 2, family &>> 4 <= 3 else { return nil }
        guard family & 0x0F != 0 else { return 0 }
        switch family &>> 4 {
        case 1: return 12
        case 2: return 36
        case 3: return 216
        default: return 0
        }
    }

    private static func number(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Int {
        Int(bytes[index]) &<< 8 | Int(bytes[index + 1])
    }

    /// Those of TCP; a service on a stream has no use for others.
    private static func addresses(_ header: UnsafeRawBufferPointer) -> Addresses? {
        let family = header[13]
        guard family == tcpOverIPv4 || family == tcpOverIPv6 else { return nil }
        let count = family == tcpOverIPv4 ? 4 : 16
        let ports = fixedBytes + 2 * count
        return Addresses(
            source: endpoint(header, at: fixedBytes, count: count, port: ports),
            destination: endpoint(header, at: fixedBytes + count, count: count, port: ports + 2))
    }

    private static func endpoint(
        _ header: UnsafeRawBufferPointer, at first: Int, count: Int, port: Int
    ) -> IPEndpoint {
        var bytes = InlineArray<16, UInt8>(repeating: 0)
        for index in 0..<count { bytes[index] = header[first + index] }
        return IPEndpoint(
            isIPv6: count == 16, bytes: bytes, port: UInt16(truncatingIfNeeded: number(header, at: port)))
    }

    /// Whether what stands behind the addresses ends with the header, and a checksum among it is right.
    private static func hasValidFields(_ header: UnsafeRawBufferPointer, from start: Int) -> Bool {
        var index = start
        var checksum: Int?
        while index < header.count {
            guard index + 3 <= header.count else { return false }
            let value = index + 3
            let count = number(header, at: index + 1)
            guard value + count <= header.count else { return false }
            if header[index] == Kind.crc32c {
                guard count == 4, checksum == nil else { return false }
                checksum = value
            }
            index = value + count
        }
        guard let checksum else { return true }
        let high = UInt32(truncatingIfNeeded: number(header, at: checksum))
        let low = UInt32(truncatingIfNeeded: number(header, at: checksum + 2))
        return crc32c(header, hole: checksum) == high &<< 16 | low
    }
}
