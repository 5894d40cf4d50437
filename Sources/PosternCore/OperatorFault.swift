// What an operator has to mend: one sentence that names the file, option or field and what to do. Thrown by
// whatever reads a command line, a configuration or a file; printed once, by the program or the log.

public struct OperatorFault: Error {
    /// What is wrong and what to do, without a full stop.
    public let message: Line

    public init(_ compose: (inout Line) -> Void) {
        var line = Line()
        compose(&line)
        message = line
    }

    /// `kind 'word' problem`, as in: option '--listen' wants an argument.
    public init(usage kind: Text, _ word: Text, _ problem: Text) {
        self.init { line in
            line.append(kind)
            line.append(" '")
            line.append(word)
            line.append("' ")
            line.append(problem)
        }
    }
}
