// PROXY headers that are written: byte for byte as the specification has them, and as they are read.

import PosternCore
import Testing

struct ProxyHeaderWritingTests {
    private static func endpoint(_ text: String, _ port: UInt16) -> IPEndpoint {
        IPEndpoint(Array(text.utf8).withUnsafeBytes { IPAddress($0) }!, port: port)
    }

    private static let source4 = endpoint("192.0.2.1", 4711)
    private static let destination4 = endpoint("198.51.100.2", 443)
    private static let source6 = endpoint("2001:db8::1", 4711)
    private static let destination6 = endpoint("2001:db8::2", 443)

    private static func facts(_ source: IPEndpoint?, _ destination: IPEndpoint?) -> ProxyHeader.Facts {
        ProxyHeader.Facts(source: source, destination: destination, version: "TLSv1.2", cipher: "X")
    }

    /// The names are those of the facts where they are given.
    private func write(
        _ facts: ProxyHeader.Facts, as version: ForwardConfig.SendProxy, protocolName: [UInt8]? = nil,
        serverName: [UInt8]? = nil, commonName: [UInt8]? = nil
    ) -> [UInt8] {
        func with(_ bytes: [UInt8]?, _ body: (UnsafeRawBufferPointer?) -> [UInt8]) -> [UInt8] {
            bytes.map { $0.withUnsafeBytes { body($0) } } ?? body(nil)
        }
        return with(protocolName) { protocolName in
            with(serverName) { serverName in
                with(commonName) { commonName in
                    var facts = facts
                    facts.applicationProtocol = protocolName
                    facts.serverName = serverName
                    facts.commonName = commonName
                    // What was in the buffer before does not count.
                    var bytes = [UInt8](repeating: 0xAA, count: ProxyHeader.writtenBytesMax)
                    var span = bytes.mutableSpan
                    let count = ProxyHeader.write(facts, as: version, to: &span)
                    return Array(bytes[..<count])
                }
            }
        }
    }

    static let lines: [(IPEndpoint?, IPEndpoint?, String)] = [
        (source4, destination4, "PROXY TCP4 192.0.2.1 198.51.100.2 4711 443\r\n"),
        (source6, destination6, "PROXY TCP6 2001:db8::1 2001:db8::2 4711 443\r\n"),
        (source4, destination6, "PROXY TCP6 ::ffff:c000:201 2001:db8::2 4711 443\r\n"),
        (source6, destination4, "PROXY TCP6 2001:db8::1 ::ffff:c633:6402 4711 443\r\n"),
        (nil, destination4, "PROXY UNKNOWN\r\n"), (source6, nil, "PROXY UNKNOWN\r\n"),
    ]

    @Test(arguments: lines)
    func linesAreWritten(source: IPEndpoint?, destination: IPEndpoint?, expected: String) {
        let facts = ProxyHeaderWritingTests.facts(source, destination)
        #expect(write(facts, as: .version1, serverName: Array("a".utf8)) == Array(expected.utf8))
        #expect(write(facts, as: .never).isEmpty)
        expectRead(write(facts, as: .version1), facts)
    }

    static let headers: [(IPEndpoint?, IPEndpoint?, String)] = [
        (
            source4, destination6,
            "2121004100000000000000000000ffffc000020120010db8000000000000000000000002126701bb2000130100000001210007"
                + "544c5376312e322300015803000410cd9d64"
        ),
        (nil, nil, "2000001d2000130100000001210007544c5376312e3223000158030004b9b60893"),
    ]

    @Test(arguments: headers)
    func headersAreWritten(source: IPEndpoint?, destination: IPEndpoint?, expected: String) {
        let facts = ProxyHeaderWritingTests.facts(source, destination)
        let written = write(facts, as: .version2)
        #expect(written == ProxyHeaderTests.bytes(ProxyHeaderTests.signature + expected))
        expectRead(written, facts)
    }

    @Test(arguments: [(ProxyHeader.ClientCertificate.ofConnection, "07"), (.ofSession, "05")])
    func whatTLSKnowsIsSaid(certificate: ProxyHeader.ClientCertificate, bits: String) {
        var facts = ProxyHeaderWritingTests.facts(
            ProxyHeaderWritingTests.source4, ProxyHeaderWritingTests.destination4)
        facts.version = "TLSv1.3"
        facts.cipher = "TLS_AES_128_GCM_SHA256"
        facts.certificate = certificate
        let written = write(
            facts, as: .version2, protocolName: Array("mqtt".utf8), serverName: Array("www.home".utf8),
            commonName: Array("ada".utf8))
        let expected = ProxyHeaderTests.bytes(
            ProxyHeaderTests.signature + "21110056" + ProxyHeaderTests.addresses4
                + "0100046d717474" + "0200087777772e686f6d65" + "20002e" + bits + "00000000"
                + "210007544c5376312e33" + "220003616461"
                + "230016544c535f4145535f3132385f47434d5f534841323536"
                + "030004")
        #expect(Array(written.dropLast(4)) == expected)
        if certificate == .ofConnection { #expect(Array(written.suffix(4)) == [0xB2, 0x61, 0x6B, 0x47]) }
        expectRead(written, facts)
    }

    @Test func aNameThatNobodyHasVerifiedIsNotSaid() {
        let facts = ProxyHeaderWritingTests.facts(
            ProxyHeaderWritingTests.source4, ProxyHeaderWritingTests.destination4)
        #expect(write(facts, as: .version2, commonName: Array("ada".utf8)) == write(facts, as: .version2))
    }

    @Test func theLongestNamesFillTheRoomAndLongerOnesAreLeftOut() {
        func name(_ count: Int) -> [UInt8] { [UInt8](repeating: 0x61, count: count) }
        func text(_ count: Int) -> Text {
            let start = UnsafeMutablePointer<CChar>.allocate(capacity: count + 1)
            start.initialize(repeating: 0x61, count: count)
            start[count] = 0
            return Text(zeroTerminated: start)
        }
        var facts = ProxyHeaderWritingTests.facts(
            ProxyHeaderWritingTests.source4, ProxyHeaderWritingTests.destination6)
        facts.certificate = .ofConnection
        facts.version = text(8)
        facts.cipher = text(64)
        let longest = write(
            facts, as: .version2, protocolName: name(255), serverName: name(255), commonName: name(256))
        #expect(longest.count == ProxyHeader.writtenBytesMax)
        facts.version = text(9)
        facts.cipher = text(65)
        let least = write(
            facts, as: .version2, protocolName: name(256), serverName: name(256), commonName: name(257))
        #expect(least.count == 16 + 36 + 3 + 5 + 3 + 4)
        expectRead(least, facts)
    }

    @Test func randomAddressesComeBack() {
        var generator = SeededGenerator(seed: 13)
        for _ in 0..<2_000 {
            var ends: [IPEndpoint] = []
            for _ in 0..<2 {
                var bytes = InlineArray<16, UInt8>(repeating: 0)
                for index in 0..<16 { bytes[index] = .random(in: 0...255, using: &generator) }
                ends.append(
                    IPEndpoint(
                        isIPv6: .random(using: &generator), bytes: bytes,
                        port: .random(in: 0...65_535, using: &generator)))
            }
            let facts = ProxyHeaderWritingTests.facts(ends[0], ends[1])
            expectRead(write(facts, as: .version1), facts)
            expectRead(write(facts, as: .version2), facts)
        }
    }

    private func expectRead(_ header: [UInt8], _ facts: ProxyHeader.Facts) {
        guard case .complete(header.count, let addresses) = ProxyHeaderTests.read(header) else {
            Issue.record("what was written is not read")
            return
        }
        guard let source = facts.source, let destination = facts.destination else {
            #expect(addresses == nil)
            return
        }
        #expect(addresses?.source == source)
        #expect(addresses?.destination == destination)
    }
}
