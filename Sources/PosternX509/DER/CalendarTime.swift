// A moment in UTC by calendar and clock, and the same in seconds since 1970: in certificates, on the command
// line and in what is printed. Proleptic Gregorian calendar, years 0 to 9999, no leap seconds.

import PosternCore

public struct CalendarTime {
    public var year: Int
    /// 1 to 12.
    public var month: Int
    /// 1 to 31.
    public var day: Int
    public var hour = 0
    public var minute = 0
    public var second = 0

    public static let secondsPerDay: Int64 = 86_400
    /// 9999-12-31T23:59:59Z, the last moment that a certificate can name (RFC 5280, section 4.1.2.5).
    public static let lastSeconds: Int64 = 253_402_300_799
    /// 0000-01-01T00:00:00Z.
    private static let firstSeconds: Int64 = -62_167_219_200
    /// Days from 0000-03-01 to 1970-01-01.
    private static let daysToEpoch = 719_468

    /// Of seconds since 1970; moments outside of the years 0 to 9999 become the first or the last one.
    public init(seconds: Int64) {
        let time = min(max(seconds, CalendarTime.firstSeconds), CalendarTime.lastSeconds)
        var days = Int(narrowing: time / CalendarTime.secondsPerDay)
        var rest = Int(narrowing: time % CalendarTime.secondsPerDay)
        if rest < 0 {
            rest += 86_400
            days -= 1
        }
        hour = rest / 3600
        minute = rest / 60 % 60
        second = rest % 60
        // Years start in March, so that leap days come last: 400 years have 146,097 days.
        days += CalendarTime.daysToEpoch
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// Nil when the calendar or the clock has no such moment.
    public init?(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
        guard year >= 0, year <= 9999, month >= 1, month <= 12, day >= 1, hour >= 0, hour < 24,
            minute >= 0, minute < 60, second >= 0, second < 60,
            day <= CalendarTime.days(ofMonth: month, year)
        else { return nil }
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
    }

    /// 2024-01-01T00:00:00Z, or 2024-01-01 for its first second.
    public init?(_ text: Text) { self.init(UnsafeRawBufferPointer(text.bytes)) }

    public init?(_ bytes: UnsafeRawBufferPointer) {
        let form: Text = "0000-00-00T00:00:00Z"
        guard bytes.count == 10 || bytes.count == form.count else { return nil }
        for index in 0..<bytes.count {
            let isDigit = bytes[index] >= UInt8(ascii: "0") && bytes[index] <= UInt8(ascii: "9")
            let wanted = form.start[index]
            guard wanted == UInt8(ascii: "0") ? isDigit : bytes[index] == wanted else { return nil }
        }
        let hasClock = bytes.count > 10
        self.init(
            year: CalendarTime.number(bytes, 0, 4), month: CalendarTime.number(bytes, 5, 2),
            day: CalendarTime.number(bytes, 8, 2), hour: hasClock ? CalendarTime.number(bytes, 11, 2) : 0,
            minute: hasClock ? CalendarTime.number(bytes, 14, 2) : 0,
            second: hasClock ? CalendarTime.number(bytes, 17, 2) : 0)
    }

    /// Since 1970.
    public var seconds: Int64 {
        let yearFromMarch = month <= 2 ? year - 1 : year
        let era = (yearFromMarch >= 0 ? yearFromMarch : yearFromMarch - 399) / 400
        let yearOfEra = yearFromMarch - era * 400
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        let days =
            era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
            - CalendarTime.daysToEpoch
        return Int64(widening: days) * CalendarTime.secondsPerDay
            + Int64(widening: (hour * 60 + minute) * 60 + second)
    }

    private static func days(ofMonth month: Int, _ year: Int) -> Int {
        if month == 2 { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28 }
        return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31
    }

    /// The value of decimal digits.
    private static func number(_ digits: UnsafeRawBufferPointer, _ first: Int, _ count: Int) -> Int {
        var value = 0
        for index in first..<(first + count) { value = value * 10 + Int(digits[index] - UInt8(ascii: "0")) }
        return value
    }
}

extension Line {
    /// 2024-01-01T00:00:00Z
    public mutating func append(_ time: CalendarTime) {
        append(time.year, digits: 4)
        append("-")
        append(time.month, digits: 2)
        append("-")
        append(time.day, digits: 2)
        append("T")
        append(time.hour, digits: 2)
        append(":")
        append(time.minute, digits: 2)
        append(":")
        append(time.second, digits: 2)
        append("Z")
    }

    private mutating func append(_ number: Int, digits: Int) {
        var divisor = digits == 4 ? 1000 : 10
        while divisor > 0 {
            append(byte: UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10))
            divisor /= 10
        }
    }
}

extension DERWriter {
    /// UTCTime up to the end of 2049, GeneralizedTime from then on (RFC 5280, section 4.1.2.5).
    public mutating func time(_ time: CalendarTime) {
        let isShort = time.year >= 1950 && time.year < 2050
        constructed(isShort ? DERTag.utcTime : DERTag.generalizedTime) { content in
            if !isShort { content.append(decimal: time.year / 100) }
            content.append(decimal: time.year % 100)
            content.append(decimal: time.month)
            content.append(decimal: time.day)
            content.append(decimal: time.hour)
            content.append(decimal: time.minute)
            content.append(decimal: time.second)
            content.append(UInt8(ascii: "Z"))
        }
    }

    private mutating func append(decimal number: Int) {
        append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / 10))
        append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10))
    }
}
