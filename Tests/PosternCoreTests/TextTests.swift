// Text and the line that is built of it.

import PosternCore
import Testing

struct TextTests {
    @Test func literalsAndWordsOfCAreTheSameText() {
        let literal: Text = "응답"
        "응답".withCString { word in
            let text = Text(zeroTerminated: word)
            #expect(text == literal)
            #expect(text.count == 6)
            #expect(text.string == "응답")
        }
        #expect(literal.zeroTerminated[6] == 0)
        #expect(literal.bytes.count == 6)
    }

    @Test func textsDifferInLengthOrInAnyByte() {
        let text: Text = "echo"
        #expect(text == "echo")
        for other: Text in ["ech", "echoe", "ecHo", "Echo", "echO", ""] { #expect(!(text == other)) }
    }

    @Test func onlyTheEmptyTextIsEmpty() {
        #expect(("" as Text).isEmpty)
        #expect(("" as Text) == "")
        #expect(!(" " as Text).isEmpty)
        "".withCString { word in #expect(Text(zeroTerminated: word).isEmpty) }
    }
}

struct LineTests {
    @Test func numbersAreDecimal() {
        #expect(Line.with { line in line.append(0) } == "0")
        #expect(Line.with { line in line.append(-7) } == "-7")
        #expect(Line.with { line in line.append(Int64.min) } == "-9223372036854775808")
        #expect(Line.with { line in line.append(Int64.max) } == "9223372036854775807")
        #expect(Line.with { line in line.append(UInt64.max) } == "18446744073709551615")
        #expect(Line.with { line in line.append(-128 as Int) } == "-128")
        #expect(Line.with { line in line.append(UInt16(4_433)) } == "4433")
    }

    @Test func seededNumbersAreWhatSwiftPrints() {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<500 {
            let number = Int64(bitPattern: random.next()) >> Int64(random.number(0...63))
            #expect(Line.with { line in line.append(number) } == "\(number)")
        }
    }

    @Test(arguments: [
        (Int64(0), "0.000"), (1, "0.001"), (10, "0.010"), (99, "0.099"), (100, "0.100"), (999, "0.999"),
        (1_000, "1.000"), (61_005, "61.005"), (86_400_000, "86400.000"),
    ])
    func secondsHaveThreeDecimals(_ milliseconds: Int64, _ text: String) {
        #expect(Line.with { line in line.append(secondsOfMilliseconds: milliseconds) } == text)
    }

    @Test(arguments: [
        (Int32(-0x7280), "-0x7280"), (-0x50, "-0x0050"), (-1, "-0x0001"), (-0xABCD, "-0xABCD"),
        (-0x6E00, "-0x6E00"),
    ])
    func codesAreWrittenAsInTheLibrarysHeaders(_ code: Int32, _ text: String) {
        #expect(Line.with { line in line.append(libraryCode: code) } == text)
    }

    @Test func piecesAreAppendedInOrder() {
        var part = Line()
        part.append("b")
        part.append(1)
        let text = Line.with { line in
            line.append("a ")
            line.append(part)
            line.append(byte: UInt8(ascii: "!"))
            Array("응".utf8).withUnsafeBufferPointer { bytes in line.append(bytes) }
        }
        #expect(text == "a b1!응")
    }

    @Test func whatDoesNotFitIsCutAndTheLineStillEnds() {
        var line = Line()
        for index in 0..<2_000 { line.append(byte: UInt8(ascii: "a") + UInt8(index % 26)) }
        line.append("more")
        line.append(123)
        #expect(line.count == Limits.logLineBytes - 1)
        line.withTerminatedBytes { bytes in
            #expect(bytes.count == Limits.logLineBytes)
            #expect(bytes.last == UInt8(ascii: "\n"))
            for index in 0..<bytes.count - 1 where bytes[index] != UInt8(ascii: "a") + UInt8(index % 26) {
                Issue.record("byte \(index) is \(bytes[index])")
                return
            }
        }
    }

    @Test func aLineThatWasReadCanGrow() {
        var line = Line()
        line.append("one")
        line.withTerminatedBytes { bytes in #expect(bytes.count == 4) }
        line.append(" two")
        #expect(line.string == "one two")
    }

    @Test func anEmptyLineIsALineFeed() {
        var line = Line()
        line.withTerminatedBytes { bytes in #expect(Array(bytes) == [10]) }
    }
}
