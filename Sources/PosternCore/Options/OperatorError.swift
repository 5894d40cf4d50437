// An error for the operator: one sentence that names the file, option or field and what to do. Thrown by
// whatever reads a command line, a configuration or a file; printed once, by the program or the log.

public struct OperatorError: Error {
    /// The sentence of the fault that was made last. It is not in the fault itself: whatever may throw would
    /// copy a kilobyte, and the compiler writes such copies out, instruction by instruction.
    nonisolated(unsafe) private static var sentence = Line()

    /// What is wrong and what to do, without a full stop. To be printed before another fault is made.
    public var message: Line { OperatorError.sentence }

    /// It may be gone at the next try though nobody edits anything: an address that is in use, a file that
    /// is not there yet, no memory. Everything else stays until an option, a file or a right is changed.
    public let mayPass: Bool

    public init(mayPass: Bool = false, _ compose: (inout Line) -> Void) {
        var line = Line()
        compose(&line)
        OperatorError.keep(line)
        self.mayPass = mayPass
    }

    @inline(never)
    private static func keep(_ line: Line) { sentence = line }

    /// `kind 'word' problem`, as in: option '--listen' wants an argument.
    @inline(never)
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
