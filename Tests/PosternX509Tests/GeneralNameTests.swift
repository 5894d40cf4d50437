// Names as operators write them: which kind each is, what is refused, and what covers what (RFC 9525).

import PosternCore
import PosternX509
import Testing

/// Calls `body` with the name that `text` is, or nil.
private func withName<Result>(_ text: String, _ body: (GeneralName?) throws -> Result) rethrows -> Result {
    try Array(text.utf8).withUnsafeBytes { try body(GeneralName($0)) }
}

private func presented(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
    [0x30, UInt8(content.count + 2), tag, UInt8(content.count)] + content
}

private func covers(_ tag: UInt8, _ content: [UInt8], _ name: String) throws -> Bool {
    try presented(tag, content).withUnsafeBytes { names in
        try withName(name) { try PresentedNames(names).cover(#require($0)) }
    }
}

@Suite struct GeneralNameTests {
    @Test(
        arguments: [
            ("localhost", .dnsName), ("board.local", .dnsName), ("BOARD-1.Example.ORG", .dnsName),
            ("1.2.3.example", .dnsName), ("xn--bcher-kva.example", .dnsName), ("3com.com", .dnsName),
            ("my_board.local", .dnsName), ("_x", .dnsName), ("x_", .dnsName),
            ("_sip._tcp.example", .dnsName),
            ("*._tcp.example", .wildcard), ("a@my_host.local", .email), ("https://my_board/x", .uri),
            ("*.example.org", .wildcard), ("*.local", .wildcard),
            ("192.0.2.1", .address4), ("0.0.0.0", .address4), ("255.255.255.255", .address4),
            ("::1", .address6), ("::", .address6), ("fe80::1:2", .address6), ("1:2:3:4:5:6:7:8", .address6),
            ("::ffff:192.0.2.1", .address6), ("1::", .address6), ("1:2:3:4:5:6:7::", .address6),
            ("a@example.org", .email), ("first.last+tag@example.org", .email),
            ("https://example.org/x?y#z", .uri), ("spiffe://example.org/board", .uri),
            ("urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6", .uri), ("https://[::1]:8443/", .uri),
            ("ldap://user@example.org:389/", .uri), ("mailto:a@example.org", .uri),
        ] as [(String, GeneralName.Kind)])
    func kinds(text: String, kind: GeneralName.Kind) {
        withName(text) { #expect($0?.kind == kind) }
    }

    @Test(arguments: [
        "", ".", "a..b", ".a", "a.", "-a", "a-", "a b", "b\u{FC}cher.example", "256.1.1.1", "1.2.3",
        "1.2.3.4.5",
        "01.2.3.4", "1.2.3.", "1234", "*", "*.", "*.*", "f*.example.org", "a.*.org", "**.org", "*.192.0.2.1",
        ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "12345::",
        "::1%eth0",
        "fe80::1%eth0", "[::1]", "::1.2.3", "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", ":1::", "1:",
        "@", "@a", "a@", "a b@c", ".a@b", "a.@b", "a..b@c", "a@b@c", "a@-b", "\"a\"@b.c",
        "DNS:board.local", "dns:a", "IP:192.0.2.1", "email:a@b.c", "URI:urn:x:y",
        "localhost:4433", "example.org:443", "//example.org", "http:", "https:///path",
        "https://exa mple.org",
        "https://example.org/%zz", "https://example.org/%a", "http:/path", "https://-a/", "https://[::1/",
        "1a://b",
        "a\u{0}b", "example.org\u{0}", "example.org\n",
        String(repeating: "a", count: 64) + ".org", String(repeating: "abcdefg.", count: 32) + "org",
    ])
    func refused(text: String) {
        withName(text) { #expect($0 == nil, "\(text)") }
    }

    @Test(
        arguments: [
            ("192.0.2.1", [192, 0, 2, 1]),
            ("::1", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
            ("::", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            ("2001:db8::a:b", [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xa, 0, 0xb]),
            ("1::", [0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            ("1:2:3:4:5:6:7:8", [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]),
            ("::2:3:4:5:6:7:8", [0, 0, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]),
            ("1:2:3::8", [0, 1, 0, 2, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8]),
            ("::ffff:192.0.2.1", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1]),
            ("board.local", Array("board.local".utf8)),
        ] as [(String, [UInt8])])
    func contentsAreThoseOfCertificates(text: String, bytes: [UInt8]) throws {
        try withName(text) { name in
            let name = try #require(name)
            #expect(name.withContent { Array($0) } == bytes)
        }
    }

    @Test(arguments: [
        ("2001:DB8:0:0:0:0:A:B", "2001:db8::a:b"), ("::", "::"), ("::1", "::1"), ("1::", "1::"),
        ("1:0:0:2:0:0:0:3", "1:0:0:2::3"), ("1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"),
        ("0:0:1:2:3:4:0:0", "::1:2:3:4:0:0"),
        ("192.0.2.10", "192.0.2.10"),
    ])
    func addressesAreShownInTheShortestForm(text: String, shown: String) throws {
        let address = try #require(Array(text.utf8).withUnsafeBytes { IPAddress($0) })
        var line = Line()
        line.append(address)
        #expect(line.withTerminatedBytes { String(decoding: $0, as: UTF8.self) } == shown + "\n")
    }

    @Test(
        arguments: [
            ("board.local", "board.local", true), ("board.local", "BOARD.LOCAL", true),
            ("board.local", "board.local.org", false), ("board.local", "aboard.local", false),
            ("*.example.org", "a.example.org", true), ("*.EXAMPLE.org", "a.example.ORG", true),
            ("*.example.org", "example.org", false), ("*.example.org", "a.b.example.org", false),
            ("*.example.org", "*.example.org", true), ("a.example.org", "*.example.org", false),
            ("f*.example.org", "foo.example.org", false), ("*", "localhost", false),
            ("*.", "localhost", false),
            ("a.*.org", "a.b.org", false), ("*.org", "example.org", true), ("192.0.2.1", "192.0.2.1", false),
            ("board.local\u{0}.org", "board.local", false),
        ])
    func dnsNames(pattern: String, name: String, expected: Bool) throws {
        #expect(try covers(PresentedName.dnsTag, Array(pattern.utf8), name) == expected)
    }

    @Test func otherNames() throws {
        #expect(try covers(PresentedName.addressTag, [192, 0, 2, 1], "192.0.2.1"))
        #expect(try !covers(PresentedName.addressTag, [192, 0, 2, 2], "192.0.2.1"))
        #expect(try covers(PresentedName.addressTag, [UInt8](repeating: 0, count: 15) + [1], "::1"))
        #expect(try !covers(PresentedName.dnsTag, Array("*.0.2.1".utf8), "192.0.2.1"))
        #expect(try covers(PresentedName.emailTag, Array("a@EXAMPLE.org".utf8), "a@example.org"))
        #expect(try !covers(PresentedName.emailTag, Array("A@example.org".utf8), "a@example.org"))
        #expect(try covers(PresentedName.uriTag, Array("urn:x:y".utf8), "urn:x:y"))
        #expect(try !covers(PresentedName.uriTag, Array("board.local".utf8), "board.local"))
    }

    @Test(
        arguments: [
            ("*.devices.example", "a.devices.example", true),
            ("*.devices.example", "a.b.devices.example", false),
            ("a.devices.example", "*.devices.example", false),
            ("*.devices.example", "*.devices.example", true),
            ("*.devices.example", "*.DEVICES.example", true),
            ("*.devices.example", "*.a.devices.example", false),
            ("*.example", "*.devices.example", false),
            ("A.example", "a.EXAMPLE", true),
            ("a.example", "b.example", false),
        ])
    func listsAllow(entry: String, presentedName: String, expected: Bool) throws {
        try presented(PresentedName.dnsTag, Array(presentedName.utf8)).withUnsafeBytes { bytes in
            var names = try PresentedNames(bytes)
            let presented = try #require(try names.next())
            withName(entry) { #expect($0?.allows(presented) == expected) }
        }
    }
}
