// The two lists of clients: what a line may be, what is refused and with which number, and who is in them.

import PosternAuthorization
import PosternCore
import PosternX509
import Testing

@Suite struct PinListTests {
    static let hexadecimal = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"
    static let base64 = "ABEiM0RVZneImaq7zN3u/wARIjNEVWZ3iJmqu8zd7v8="
    static let pin: [UInt8] = {
        let half = (0..<16).map { UInt8($0 * 0x11) }
        return half + half
    }()

    /// The list that a text makes, or its fault.
    private func read<Result>(_ text: String, _ body: (PinList) -> Result) throws -> Result {
        let bytes = Array(text.utf8)
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        defer { memory.deallocate() }
        return try bytes.withUnsafeBytes { text in
            #expect(PinList.memoryBytes(for: text) <= memory.count)
            return body(try PinList(text, into: memory))
        }
    }

    private func fault(of text: String) -> (problem: ListError.Problem, line: Int)? {
        do {
            try read(text) { _ in }
            return nil
        } catch let fault as ListError {
            return (fault.problem, fault.lineNumber)
        } catch {
            return nil
        }
    }

    @Test(arguments: [
        hexadecimal, base64, "sha256:\(hexadecimal)", "sha256/\(base64)", "sha256//\(base64)",
        "SHA256 # none",
        stride(from: 0, to: 64, by: 2).map { hexadecimal.dropFirst($0).prefix(2) }.joined(separator: ":"),
    ])
    func everyWayToWriteAPin(line: String) throws {
        guard line != "SHA256 # none" else {
            #expect(fault(of: line)?.problem == .noPin)
            return
        }
        let isFound = try read("# keys\r\n\r\n \t\(line) \t# the board\r\n") { list in
            Self.pin.withUnsafeBytes { list.count == 1 && list.contains($0) }
        }
        #expect(isFound)
    }

    @Test func otherKeysAreNotInIt() throws {
        try read("\(Self.base64)\n\(String(repeating: "ab", count: 32))\n") { list in
            #expect(list.count == 2)
            for bit in 0..<256 {
                var other = Self.pin
                other[bit / 8] ^= 1 << (bit % 8)
                #expect(!other.withUnsafeBytes { list.contains($0) })
            }
            #expect(!Self.pin.dropLast().withUnsafeBytes { list.contains($0) })
            #expect([UInt8](repeating: 0xAB, count: 32).withUnsafeBytes { list.contains($0) })
        }
    }

    @Test(arguments: [
        "00", String(repeating: "g", count: 64), String(hexadecimal.dropLast()), hexadecimal + "0",
        String(base64.dropLast()), base64 + "=", String(base64.dropLast(2)) + "9=",
        "sha1:" + hexadecimal, hexadecimal + " " + hexadecimal, ":" + hexadecimal, hexadecimal + ":",
        "0:0" + hexadecimal.dropFirst(2), "00::" + hexadecimal.dropFirst(2), hexadecimal + "#comment",
        "sha256:",
    ])
    func badLinesAreNamed(line: String) {
        let found = fault(of: "# one\n\(Self.hexadecimal)\n\n\(line)\n\(Self.hexadecimal)\n")
        #expect(found?.problem == .noPin)
        #expect(found?.line == 4)
    }

    @Test(arguments: ["", "\n\n", "# nothing\n  # at all", "\u{FEFF}"])
    func aListMayBeEmpty(text: String) throws { #expect(try read(text) { $0.count } == 0) }

    @Test func aByteOrderMarkIsTakenOff() throws {
        #expect(try read("\u{FEFF}\(Self.hexadecimal)\n") { $0.count } == 1)
        #expect(fault(of: "\(Self.hexadecimal)\n\u{FEFF}\(Self.hexadecimal)\n")?.line == 2)
    }

    @Test func whatIsNoTextIsNamed() {
        #expect(fault(of: "a\0b\0c\0")?.problem == .holds(.utf16))
        #expect(fault(of: "\0a\0b")?.problem == .holds(.utf16))
    }
}

@Suite struct AllowListTests {
    private func read<Result>(_ text: String, _ body: (AllowList) -> Result) throws -> Result {
        let bytes = Array(text.utf8)
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count + 1, alignment: 1)
        defer { memory.deallocate() }
        return try bytes.withUnsafeBytes { text in
            #expect(AllowList.memoryBytes(for: text) <= memory.count)
            return body(try AllowList(text, into: memory))
        }
    }

    private func isAllowed(_ list: String, commonName: String) throws -> Bool {
        try read(list) { list in Array(commonName.utf8).withUnsafeBytes { list.allows(commonName: $0) } }
    }

    /// Whether a list allows an alternative name, given with the tag and content of its GeneralName.
    private func isAllowed(_ list: String, _ tag: UInt8, _ content: [UInt8]) throws -> Bool {
        let names = [0x30, UInt8(content.count + 2), tag, UInt8(content.count)] + content
        return try read(list) { list in
            names.withUnsafeBytes { names in
                do throws(DERError) {
                    return try list.allows(try PresentedNames(names))
                } catch {
                    return false
                }
            }
        }
    }

    @Test(arguments: [
        ("board.local", "board.local", true), ("board.local", "BOARD.local", true),
        ("board.local", "board.local.evil", false), ("board.local", "x.board.local", false),
        ("board.local", "board.loca", false), ("*.home", "a.home", true), ("*.home", "a.b.home", false),
        ("*.home", ".home", false), ("*.home", "home", false), ("*.home", "*.home", false),
        ("Alice Smith", "alice smith", true), ("Alice Smith", "Alice", false),
        ("aa:bb:cc:dd:ee:ff", "AA:BB:CC:DD:EE:FF", true), ("4711", "4711", true), ("김", "김", true),
        ("board.local", "", false), ("board.local", "board.local\0", false), ("a#b", "a#b", true),
    ])
    func commonNames(entry: String, name: String, expected: Bool) throws {
        #expect(try isAllowed("# who\nsomebody-else\n\(entry)  # yes\n", commonName: name) == expected)
    }

    @Test(arguments: [
        ("board.local", UInt8(0x82), "board.local", true), ("*.home", 0x82, "a.home", true),
        ("*.home", 0x82, "*.home", false), ("a.home", 0x82, "*.home", false),
        ("a@b.example", 0x81, "a@B.example", true), ("a@b.example", 0x81, "A@b.example", false),
        ("a@b.example", 0x82, "a@b.example", false), ("urn:uuid:1", 0x86, "urn:uuid:1", true),
        ("192.0.2.1", 0x87, "\u{C0}", false),
    ])
    func alternativeNames(entry: String, tag: UInt8, content: String, expected: Bool) throws {
        #expect(try isAllowed(entry, tag, Array(content.utf8)) == expected)
    }

    @Test func addresses() throws {
        #expect(try isAllowed("192.0.2.1", 0x87, [192, 0, 2, 1]))
        #expect(try !isAllowed("192.0.2.1", 0x87, [192, 0, 2, 2]))
        #expect(try isAllowed("::1", 0x87, [UInt8](repeating: 0, count: 15) + [1]))
    }

    @Test(arguments: [
        "*", "*.", "a.*", "a*.home", "*a.home", "**.home", "*.*.home", "*.home.", "192.0.2.300", "1.2",
        "bell\u{7}", String(repeating: "a", count: 254), "-----BEGIN CERTIFICATE-----",
    ])
    func badLinesAreNamed(line: String) {
        do {
            try read("one\n# two\n\(line)\nfour") { _ in }
            Issue.record("read without a fault")
        } catch {
            #expect((error as? ListError)?.problem == .noName)
            #expect((error as? ListError)?.lineNumber == 3)
        }
    }

    @Test func aListMayBeEmpty() throws { #expect(try read("# nobody\n") { $0.count } == 0) }

    @Test func aByteOrderMarkIsTakenOff() throws {
        #expect(try isAllowed("\u{FEFF}board.home\r\n", commonName: "board.home"))
        #expect(try isAllowed("\u{FEFF}# who\nboard.home", commonName: "board.home"))
        #expect(try !isAllowed("\u{FEFF}board.home", commonName: "\u{FEFF}board.home"))
    }
}
