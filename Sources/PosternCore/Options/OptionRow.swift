// One option of a command in one value: its names, the word for its argument, its help, and what it sets.
// A command's options are a table of these; Arguments reads a command line with it and OptionHelp prints it.

public struct OptionRow<Target>: Sendable {
    // A closure that captures nothing: others would need the Swift runtime.
    public typealias Setter =
        @convention(thin) (inout Target, OptionArgument) throws(OperatorError) -> Void

    /// The long form without dashes.
    public let name: Text
    /// The short form; 0 for none.
    public let letter: UInt8
    /// What help calls the argument, such as "FILE"; empty for an option without one.
    public let argument: Text
    /// One text without line breaks; OptionHelp wraps it.
    public let help: Text
    /// The commands that take it, a bit each.
    public let commands: UInt32
    public let set: Setter

    public init(
        _ name: Text, letter: Unicode.Scalar? = nil, argument: Text = "", help: Text,
        commands: UInt32 = .max, set: @escaping Setter
    ) {
        self.name = name
        self.letter = letter.map { UInt8(truncatingIfNeeded: $0.value) } ?? 0
        self.argument = argument
        self.help = help
        self.commands = commands
        self.set = set
    }
}

/// The argument of an option as a setter gets it; `text` is empty for an option without one.
public struct OptionArgument {
    /// The option without dashes.
    public let option: Text
    public let text: Text

    public init(_ text: Text, of option: Text) {
        self.option = option
        self.text = text
    }

    /// option --days: '0' is not ...
    @inline(never)
    public func error(_ problem: Text) -> OperatorError {
        OperatorError { line in
            append(to: &line)
            line.append(problem)
        }
    }

    /// One of the values that `named` knows; `values` lists them for the message.
    @inline(__always)
    public func one<Value>(of values: Text, _ named: (Text) -> Value?) throws(OperatorError) -> Value {
        guard let value = named(text) else { throw notOne(of: values) }
        return value
    }

    @inline(never)
    public func notOne(of values: Text) -> OperatorError {
        OperatorError { line in
            append(to: &line)
            line.append("is not valid; use ")
            line.append(values)
        }
    }

    @inline(never)
    public func number(_ range: ClosedRange<Int>) throws(OperatorError) -> Int {
        let most = UInt64(widening: range.upperBound)
        if let number = text.number(upTo: most), range.contains(Int(narrowing: number)) {
            return Int(narrowing: number)
        }
        throw OperatorError { line in
            append(to: &line)
            line.append("is not a whole number from ")
            line.append(range.lowerBound)
            line.append(" to ")
            line.append(range.upperBound)
        }
    }

    @inline(__always)
    public func append<let capacity: Int>(to list: inout FixedList<capacity, Text>) throws(OperatorError) {
        guard list.append(text) else { throw tooMany(capacity) }
    }

    @inline(never)
    public func tooMany(_ most: Int) -> OperatorError {
        OperatorError { line in
            append(to: &line)
            line.append("is one too many; give --")
            line.append(option)
            line.append(" at most ")
            line.append(most)
            line.append(" times")
        }
    }

    /// option --days: '0'
    public func append(to line: inout Line) {
        line.append("option --")
        line.append(option)
        line.append(": '")
        line.append(text)
        line.append("' ")
    }
}
