// Help texts on standard output.

import PosternCore

extension StandardOutput {
    /// A text of whole lines; a line feed is written behind it.
    public static func write(text: Text) {
        write(text.bytes)
        var end = Line()
        write(&end)
    }

    /// The options that the command takes.
    public static func write<Target, let rowCount: Int>(
        _ table: borrowing InlineArray<rowCount, OptionRow<Target>>, of command: CommandName
    ) {
        for index in 0..<rowCount where table[index].commands & command.bit != 0 {
            OptionHelp.lines(of: table[index]) { line in write(&line) }
        }
    }
}
