// Addresses, endpoints and networks as text and as bytes.

import PosternCore
import Testing

struct NetworkTests {
    private func parseEndpoint(_ text: String, port: UInt16 = 4433) throws -> IPEndpoint {
        let address = try #require(Array(text.utf8).withUnsafeBytes { IPAddress($0) })
        return IPEndpoint(address, port: port)
    }

    private func parse(_ text: String) -> Network? { Array(text.utf8).withUnsafeBytes { Network($0) } }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1:4433", false), ("2001:DB8::1", "[2001:db8::1]:4433", true),
        ("::ffff:192.0.2.1", "192.0.2.1:4433", false), ("::ffff:0:0:1", "[::ffff:0:0:1]:4433", true),
        ("::fffe:192.0.2.1", "[::fffe:c000:201]:4433", true),
        ("1::ffff:192.0.2.1", "[1::ffff:c000:201]:4433", true),
        ("::", "[::]:4433", true),
    ])
    func endpointsAreWrittenWithTheirPort(text: String, written: String, isIPv6: Bool) throws {
        let endpoint = try parseEndpoint(text)
        #expect(Line.with { endpoint.append(to: &$0) } == written)
        #expect(endpoint.isIPv6 == isIPv6)
        #expect(endpoint == IPEndpoint(isIPv6: isIPv6, bytes: endpoint.bytes, port: 4433))
    }

    @Test func endpointsDifferInFamilyAddressAndPort() throws {
        let one = try parseEndpoint("192.0.2.1")
        #expect(try one == parseEndpoint("::ffff:192.0.2.1"))
        #expect(try one != parseEndpoint("192.0.2.2"))
        #expect(try one != parseEndpoint("192.0.2.1", port: 1))
        #expect(try parseEndpoint("0.0.0.0") != parseEndpoint("::"))
        // What stands behind the four bytes of IPv4 does not count.
        #expect(
            IPEndpoint(isIPv6: false, bytes: InlineArray(repeating: 1), port: 1)
                == (try parseEndpoint("1.1.1.1", port: 1)))
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.255.0.3", true), ("126.0.0.1", false), ("::1", true), ("::", false),
        ("::2", false),
        ("1::1", false), ("::ffff:127.0.0.1", true), ("::ffff:10.0.0.1", false), ("0.0.0.0", false),
    ])
    func loopback(text: String, expected: Bool) throws {
        #expect(try parseEndpoint(text).isLoopback == expected)
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false),
        ("10.0.0.0/8", "::ffff:10.1.1.1", true),
        ("10.0.0.0/8", "a00::", false), ("0.0.0.0/0", "1.2.3.4", true), ("0.0.0.0/0", "::", false),
        ("::/0", "1.2.3.4", false), ("::/0", "fe80::1", true), ("::1", "::1", true), ("::1", "::2", false),
        ("192.0.2.128/25", "192.0.2.127", false), ("192.0.2.128/25", "192.0.2.128", true),
        ("192.0.2.3/32", "192.0.2.3", true), ("192.0.2.2/31", "192.0.2.4", false),
        ("fd00::/8", "fdff::1", true),
        ("fd00::/8", "fe00::1", false), ("2001:db8::/33", "2001:db8:7fff::", true),
        ("2001:db8::/33", "2001:db8:8000::", false), ("::ffff:10.0.0.0/104", "10.2.3.4", true),
        ("::ffff:10.0.0.0/104", "11.2.3.4", false), ("::ffff:0:0/96", "1.2.3.4", true),
        ("::ffff:10.0.0.1", "10.0.0.1", true), ("::ffff:0:0/95", "1.2.3.4", false),
    ])
    func contains(text: String, address: String, expected: Bool) throws {
        let network = try #require(parse(text))
        #expect(network.contains(try parseEndpoint(address)) == expected)
    }

    @Test(arguments: [
        "", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8 ", "10.0.0/8", "::/129", "::/1234",
        "home",
        "10.0.0.0/8/8", "10.0.0.0/0x8", "[::1]", "10.0.0.0:80",
    ])
    func otherTextIsNoNetwork(text: String) { #expect(parse(text) == nil) }

    @Test(arguments: [
        ("10.0.0.0/8", "10.0.0.0/8"), ("10.0.0.1/8", "10.0.0.0/8"), ("10.0.0.1", "10.0.0.1"),
        ("::1/128", "::1"),
        ("fd00::1/64", "fd00::/64"), ("0.0.0.1/0", "0.0.0.0/0"), ("192.0.2.129/25", "192.0.2.128/25"),
    ])
    func bitsBehindThePrefixAreSeen(text: String, right: String) throws {
        let network = try #require(parse(text))
        let written = Line.with { network.append(to: &$0) }
        #expect(network.hasHostBits == (written != right))
        #expect(Line.with { network.withoutHostBits.append(to: &$0) } == right)
    }

    @Test func aLiteralIsANetwork() throws {
        let network: Network = "fd00::/8"
        #expect(network.contains(try parseEndpoint("fd12::1")))
    }
}
