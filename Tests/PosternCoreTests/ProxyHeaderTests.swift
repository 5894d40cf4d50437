// PROXY headers: bytes written by hand from the specification and bytes that HAProxy 2.6 sent, read and written.

import PosternCore
import Testing

struct ProxyHeaderTests {
    static let signature = "0d0a0d0a000d0a515549540a"
    /// From 192.0.2.1:4711 to 198.51.100.2:443.
    static let addresses4 = "c0000201c6336402126701bb"
    /// From [2001:db8::1]:4711 to [2001:db8::2]:443.
    static let addresses6 = "20010db800000000000000000000000120010db8000000000000000000000002126701bb"

    static func bytes(_ hexadecimal: String) -> [UInt8] {
        let digits = Array(hexadecimal.utf8).map { UInt8(String(UnicodeScalar($0)), radix: 16)! }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    static func read(_ bytes: [UInt8]) -> ProxyHeader.Reading {
        bytes.withUnsafeBytes { ProxyHeader.read($0) }
    }

    /// "192.0.2.1:4711 198.51.100.2:443", "none" for those of the socket, "incomplete", or "malformed".
    static func summary(_ bytes: [UInt8], length: Int) -> String {
        switch read(bytes) {
        case .incomplete: return "incomplete"
        case .malformed: return "malformed"
        case .complete(let count, let addresses):
            #expect(count == length)
            guard let addresses else { return "none" }
            return Line.with { line in
                addresses.source.append(to: &line)
                line.append(" ")
                addresses.destination.append(to: &line)
            }
        }
    }

    private static let both4 = "192.0.2.1:4711 198.51.100.2:443"
    private static let both6 = "[2001:db8::1]:4711 [2001:db8::2]:443"
    private static let longest = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"

    static let lines: [(String, String)] = [
        ("PROXY TCP4 192.0.2.1 198.51.100.2 4711 443\r\n", both4),
        ("PROXY TCP6 2001:db8::1 2001:DB8:0:0::2 4711 443\r\n", both6),
        ("PROXY TCP6 ::ffff:192.0.2.1 ::ffff:c633:6402 4711 443\r\n", both4),
        (
            "PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n",
            "255.255.255.255:65535 255.255.255.255:65535"
        ),
        ("PROXY TCP6 \(longest) \(longest) 65535 0\r\n", "[\(longest)]:65535 [\(longest)]:0"),
        ("PROXY UNKNOWN\r\n", "none"), ("PROXY UNKNOWN \(longest) \(longest) 65535 65535\r\n", "none"),
        ("PROXY UNKNOWN \r \n anything\r\n", "none"),
        // Sent by HAProxy 2.6 with send-proxy.
        ("PROXY TCP4 127.0.0.1 127.0.0.1 35818 7102\r\n", "127.0.0.1:35818 127.0.0.1:7102"),
    ]

    static let headers: [(String, String)] = [
        (signature + "2111000c" + addresses4, both4), (signature + "21210024" + addresses6, both6),
        // LOCAL, with whatever behind it.
        (signature + "20000000", "none"), (signature + "2011000c" + addresses4, "none"),
        (signature + "20ff0001aa", "none"),
        // An unspecified family or transport, with whatever behind it; datagrams; local sockets.
        (signature + "21000000", "none"), (signature + "21000003ffffff", "none"),
        (signature + "21010001ff", "none"),
        (signature + "21100001ff", "none"), (signature + "2112000c" + addresses4, "none"),
        (signature + "21220024" + addresses6, "none"),
        (signature + "213100d8" + String(repeating: "61", count: 216), "none"),
        // NOOP, a type of nobody, an empty one.
        (signature + "21110018" + addresses4 + "040002ffff" + "e00001aa" + "050000", both4),
        // Sent by HAProxy 2.6 with send-proxy-v2 and its checksum, and with send-proxy-v2-ssl-cn.
        (signature + "211100137f0000017f000001c32e1bbd030004337faee2", "127.0.0.1:49966 127.0.0.1:7101"),
        (
            signature
                + "211100557f0000017f000001dbdc1bbf03000453315acd010008687474702f312e310200096c6f63616c686f7374"
                + "2000280100000000210007544c5376312e33230016544c535f4145535f3235365f47434d5f534841333834",
            "127.0.0.1:56284 127.0.0.1:7103"
        ),
    ]

    static let malformed: [[UInt8]] =
        [
            "GET / HTTP/1.1\r\n", "proxy TCP4 192.0.2.1 198.51.100.2 4711 443\r\n",
            "PROXY  TCP4 192.0.2.1 198.51.100.2 4711 443\r\n",
            "PROXY TCP4  192.0.2.1 198.51.100.2 4711 443\r\n",
            "PROXY TCP4 192.0.2.1 198.51.100.2 4711 443 \r\n", "PROXY TCP4 192.0.2.1 198.51.100.2 4711\r\n",
            "PROXY TCP4 192.0.2.1 198.51.100.2 04711 443\r\n",
            "PROXY TCP4 192.0.2.1 198.51.100.2 4711 00\r\n",
            "PROXY TCP4 192.0.2.1 198.51.100.2 65536 443\r\n",
            "PROXY TCP4 192.0.2.1 198.51.100.2 -1 443\r\n",
            "PROXY TCP4 192.0.02.1 198.51.100.2 4711 443\r\n",
            "PROXY TCP4 2001:db8::1 2001:db8::2 4711 443\r\n",
            "PROXY TCP6 192.0.2.1 198.51.100.2 4711 443\r\n",
            "PROXY TCP6 2001:db8::1 198.51.100.2 4711 443\r\n",
            "PROXY TCP4 192.0.2.1 198.51.100.2 4711 443\n\r\n",
            "PROXY TCP4 192.0.2.1 198.51.100.2 4711 \r\n",
            "PROXY UDP4 192.0.2.1 198.51.100.2 4711 443\r\n", "PROXY TCP5 ", "PROXY UNKNOWNX\r\n",
            "PROXY UNKNOWN\n\r\n",
            "PROXY TCP4 192.0.2.1 198.51.100.2 +711 443\r\n",
            "PROXY TCP6 2001:db8::1%1 2001:db8::2 4711 443\r\n",
            "PROXY UNKNOWN " + String(repeating: "a", count: 92) + "\r\n", "\u{16}\u{3}\u{1}",
        ].map { Array($0.utf8) }
        + [
            // Another signature, version, command, family and transport.
            "0d0a0d0a000d0a515549540b", signature + "11", signature + "31", signature + "22",
            signature + "2f",
            signature + "2141000c" + addresses4, signature + "2113000c" + addresses4,
            signature + "21f1000c" + addresses4,
            // Shorter than the addresses, longer than a header may be.
            signature + "2111000b" + addresses4, signature + "21210023" + addresses6, signature + "213100d7",
            signature + "21110209", signature + "20000209", signature + "2111ffff",
            // What stands behind the addresses ends too early or too late.
            signature + "2111000d" + addresses4 + "04", signature + "2111000e" + addresses4 + "0400",
            signature + "2111000f" + addresses4 + "040001", signature + "21110010" + addresses4 + "040002ff",
            signature + "2112000f" + addresses4 + "040001",
            // A checksum of another length, twice, wrong in its first and its last bit.
            signature + "21110012" + addresses4 + "030003337fae",
            signature + "2111000f" + addresses4 + "030000",
            signature + "2111001a7f0000017f000001c32e1bbd030004337faee2030004337faee2",
            signature + "211100137f0000017f000001c32e1bbd030004b37faee2",
            signature + "211100137f0000017f000001c32e1bbd030004337faee3",
            signature + "211100137f0000017f000001c32e1bbc030004337faee2",
        ].map(bytes)

    @Test(arguments: lines)
    func linesAreRead(line: String, expected: String) { check(Array(line.utf8), expected) }

    @Test(arguments: headers)
    func headersAreRead(header: String, expected: String) { check(ProxyHeaderTests.bytes(header), expected) }

    /// Whole, with bytes behind it, and cut at every byte: what is needed then is more, and never too much.
    private func check(_ header: [UInt8], _ expected: String) {
        #expect(ProxyHeaderTests.summary(header, length: header.count) == expected)
        let following: [UInt8] = [0x16, 0x0D, 0x0A, 0x0D, 0x0A]
        #expect(ProxyHeaderTests.summary(header + following, length: header.count) == expected)
        for count in 0..<header.count {
            guard case .incomplete(let needed) = ProxyHeaderTests.read(Array(header[..<count])) else {
                Issue.record("cut at \(count)")
                continue
            }
            #expect((count + 1...header.count).contains(needed))
        }
    }

    @Test(arguments: malformed)
    func otherBytesAreRefused(bytes: [UInt8]) { #expect(ProxyHeaderTests.read(bytes) == .malformed) }

    @Test func theLongestHeaderIsTaken() {
        let value = 520 - 12 - 3
        let header =
            ProxyHeaderTests.bytes(ProxyHeaderTests.signature + "21110208" + ProxyHeaderTests.addresses4)
            + [4, UInt8(value >> 8), UInt8(value & 0xFF)] + [UInt8](repeating: 0, count: value)
        #expect(header.count == 536)
        check(header, ProxyHeaderTests.both4)
    }

    @Test func aLineEndsWithin107Bytes() {
        let start = Array("PROXY UNKNOWN ".utf8)
        let whole = start + [UInt8](repeating: 0x61, count: 105 - start.count) + [0x0D, 0x0A]
        check(whole, "none")
        #expect(ProxyHeaderTests.read(Array(whole[..<106]) + [0x61]) == .malformed)
    }
}
