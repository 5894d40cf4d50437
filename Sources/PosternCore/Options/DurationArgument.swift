// A duration of the command line: a whole number with its unit. A number alone is refused, since nobody
// remembers which option counts in what.

public enum DurationArgument {
    private static let units: InlineArray<4, (name: Text, milliseconds: UInt64)> = [
        ("ms", 1), ("s", 1_000), ("min", 60_000), ("h", 3_600_000),
    ]

    /// Milliseconds of 500ms, 90s, 10min, 2h, or 0; nil for everything else, and for what is longer than
    /// `most`.
    public static func milliseconds(_ text: Text, upTo most: Int) -> Int? {
        if text == "0" { return 0 }
        var digits = 0
        while digits < text.count, NameSyntax.isDigit(text.start[digits]) { digits += 1 }
        let unit = Text(zeroTerminated: text.zeroTerminated + digits)
        for index in units.indices where units[index].name == unit {
            let factor = units[index].milliseconds
            guard let count = text.number(ofFirst: digits, upTo: UInt64(widening: most) / factor) else {
                return nil
            }
            return Int(narrowing: count * factor)
        }
        return nil
    }
}

extension OptionArgument {
    /// Milliseconds of a duration of at most `most`; 0 is `0` alone, without a unit.
    @inline(never)
    public func milliseconds(upTo most: Int) throws(OperatorError) -> Int {
        if let milliseconds = DurationArgument.milliseconds(text, upTo: most) { return milliseconds }
        throw OperatorError { line in
            append(to: &line)
            if text.number(upTo: .max) != nil {
                line.append("has no unit; write ")
            } else {
                line.append("is not a duration of at most ")
                line.append(most / 3_600_000)
                line.append("h; write ")
            }
            line.append("90s, 10min, 2h or 500ms, or 0 for never")
        }
    }
}
