// The lines of a help text that describe one option, wrapped to a terminal of 80 columns.

public enum OptionHelp {
    private static let textColumn = 29
    private static let columns = 79

    /// Calls `write` with each line.
    public static func lines<Target>(of row: OptionRow<Target>, _ write: (inout Line) -> Void) {
        lines(letter: row.letter, name: row.name, argument: row.argument, help: row.help, write)
    }

    @inline(never)
    private static func lines(
        letter: UInt8, name: Text, argument: Text, help: Text, _ write: (inout Line) -> Void
    ) {
        var line = head(letter, name, argument)
        if line.count > textColumn - 2 {
            write(&line)
            line = Line()
        }
        var start = 0
        while start < help.count {
            var end = start
            while end < help.count, help.start[end] != UInt8(ascii: " ") { end += 1 }
            let isFirst = line.count <= textColumn
            if !isFirst, line.count + 1 + end - start > columns {
                write(&line)
                line = Line()
            }
            if line.count > textColumn {
                line.append(" ")
            } else {
                while line.count < textColumn { line.append(" ") }
            }
            line.append(UnsafeBufferPointer(rebasing: help.bytes[start..<end]))
            start = end + 1
        }
        write(&line)
    }

    ///   -l, --listen ADDRESS:PORT
    private static func head(_ letter: UInt8, _ name: Text, _ argument: Text) -> Line {
        var line = Line()
        line.append("  ")
        if letter != 0 {
            line.append("-")
            line.append(byte: letter)
            line.append(", ")
        } else {
            line.append("    ")
        }
        line.append("--")
        line.append(name)
        if !argument.isEmpty {
            line.append(" ")
            line.append(argument)
        }
        return line
    }
}
