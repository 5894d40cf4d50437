// Numbers of things as people write them: one of them is not several.

extension Line {
    /// 1 connection, 2 connections. The plural of `noun` ends in s.
    public mutating func append(_ count: UInt64, of noun: Text) {
        append(count)
        append(" ")
        append(noun)
        if count != 1 { append("s") }
    }

    public mutating func append(_ count: Int, of noun: Text) { append(UInt64(widening: count), of: noun) }

    /// 12 days left; for what has ended, expired 3 days ago.
    public mutating func append(secondsLeft seconds: Int64) {
        let secondsPerDay: UInt64 = 86_400
        let days = seconds.magnitude / secondsPerDay
        guard seconds < 0 else {
            append(days, of: "day")
            return append(" left")
        }
        append("expired ")
        if days == 0 { append("less than a day") } else { append(days, of: "day") }
        append(" ago")
    }
}
