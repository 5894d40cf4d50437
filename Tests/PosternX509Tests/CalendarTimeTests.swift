// Moments by calendar and in seconds: known pairs, every day of 800 years, what is no moment, and how they are
// written.

import PosternCore
import PosternX509
import Testing

struct CalendarTimeTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59Z"), (951_782_400, "2000-02-29T00:00:00Z"),
            (1_704_067_199, "2023-12-31T23:59:59Z"), (2_524_607_999, "2049-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"), (CalendarTime.lastSeconds, "9999-12-31T23:59:59Z"),
        ] as [(Int64, String)])
    func knownMoments(seconds: Int64, text: String) {
        #expect(text.withCString { CalendarTime(Text(zeroTerminated: $0))?.seconds } == seconds)
        var line = Line()
        line.append(CalendarTime(seconds: seconds))
        #expect(written(&line) == text)
    }

    @Test func everyDayOf800YearsComesBack() {
        for day in -146_097..<146_097 as Range<Int64> {
            let seconds = day * 86_400 + 3_661
            let time = CalendarTime(seconds: seconds)
            guard time.seconds == seconds, time.hour == 1, time.minute == 1, time.second == 1 else {
                Issue.record("day \(day) does not come back")
                return
            }
        }
    }

    @Test(arguments: [
        "", "2024", "2023-02-29", "2100-02-29", "2024-13-01", "2024-00-10", "2024-04-31",
        "2024-01-01T24:00:00Z",
        "2024-01-01T00:60:00Z", "2024-01-01T00:00:00", "2024-01-01 00:00:00Z", "2024-1-1", "02024-01-01",
    ])
    func noMoment(_ text: String) {
        #expect(text.withCString { CalendarTime(Text(zeroTerminated: $0)) == nil })
    }

    @Test func aDayAloneIsItsFirstSecond() {
        #expect(CalendarTime("2024-02-29")?.seconds == 1_709_164_800)
    }

    @Test func timesOfCertificates() {
        #expect(encoded("2049-12-31T23:59:59Z") == [0x17, 13] + Array("491231235959Z".utf8))
        #expect(encoded("2050-01-01T00:00:00Z") == [0x18, 15] + Array("20500101000000Z".utf8))
        #expect(encoded("1969-12-31T00:00:00Z") == [0x17, 13] + Array("691231000000Z".utf8))
    }

    private func encoded(_ text: Text) -> [UInt8] {
        var memory = [UInt8](repeating: 0, count: 32)
        return memory.withUnsafeMutableBytes { memory in
            var writer = DERWriter(memory)
            if let time = CalendarTime(text) { writer.time(time) }
            return Array(writer.bytes)
        }
    }

    private func written(_ line: inout Line) -> String {
        line.withTerminatedBytes { String(decoding: $0.dropLast(), as: UTF8.self) }
    }
}
