// DER read and written: every length form, and what is refused.

import PosternCore
import PosternX509
import Testing

@Suite struct DERTests {
    @Test(arguments: [0, 1, 127, 128, 255, 256, 65_535, 65_536])
    func whatIsWrittenIsReadAgain(length: Int) throws {
        let content = [UInt8](repeating: 0xA5, count: length)
        var memory = [UInt8](repeating: 0, count: length + 16)
        try memory.withUnsafeMutableBytes { memory in
            var writer = DERWriter(memory)
            writer.constructed(DERTag.sequence) { inner in
                content.withUnsafeBytes { inner.primitive(DERTag.octetString, $0) }
            }
            #expect(!writer.hasOverflown)
            var reader = DERReader(writer.bytes)
            var inner = try reader.next(DERTag.sequence).reader
            try reader.end()
            let element = try inner.next(DERTag.octetString)
            try inner.end()
            #expect(Array(element.content) == content)
        }
    }

    @Test func writingPastTheEndIsNoticed() {
        for room in 0..<12 {
            var memory = [UInt8](repeating: 0, count: room)
            memory.withUnsafeMutableBytes { memory in
                var writer = DERWriter(memory)
                writer.constructed(DERTag.sequence) { $0.unsignedInteger(0xFFFF_FFFF) }
                #expect(writer.hasOverflown == (room < 9))
            }
        }
    }

    @Test(
        arguments: [
            ([0x30], DERError.truncated), ([0x30, 0x01], .truncated), ([0x30, 0x82, 0x01], .truncated),
            ([0x1F, 0x01, 0x00], .badTag), ([0x30, 0x80, 0x00, 0x00], .badLength),
            ([0x30, 0x81, 0x01, 0x00], .badLength), ([0x30, 0x82, 0x00, 0x01, 0x00], .badLength),
            ([0x30, 0x84, 0x00, 0x00, 0x00, 0x01, 0x00], .badLength),
        ] as [([UInt8], DERError)])
    func badEncodingsAreRefused(bytes: [UInt8], fault: DERError) {
        bytes.withUnsafeBytes { bytes in
            var reader = DERReader(bytes)
            do throws(DERError) {
                _ = try reader.next()
                Issue.record("read without a fault")
            } catch {
                #expect(error == fault)
            }
        }
    }

    @Test(
        arguments: [(0, [2, 1, 0]), (127, [2, 1, 127]), (128, [2, 2, 0, 128]), (256, [2, 2, 1, 0])]
            as [(UInt32, [UInt8])])
    func integersHaveTheFewestBytes(value: UInt32, expected: [UInt8]) {
        var memory = [UInt8](repeating: 0, count: 16)
        memory.withUnsafeMutableBytes { memory in
            var writer = DERWriter(memory)
            writer.unsignedInteger(value)
            #expect(Array(writer.bytes) == expected)
        }
    }
}
