// The command line, read with a table of options through libc's getopt_long.

import CLinux
import PosternCore

/// The command that options belong to, as messages call it: "postern certificate sign".
public struct CommandName: Sendable {
    let program: Text
    let name: Text
    /// Its bit in `OptionRow.commands`.
    let bit: UInt32

    public init(_ program: Text, _ name: Text = "", bit: UInt32 = 1) {
        self.program = program
        self.name = name
        self.bit = bit
    }

    func append(to line: inout Line) {
        line.append(program)
        guard !name.isEmpty else { return }
        line.append(" ")
        line.append(name)
    }
}

public struct Arguments {
    public typealias Vector = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

    private let count: Int32
    private let words: Vector

    public init(_ count: Int32, _ words: Vector) {
        self.count = count
        self.words = words
    }

    public subscript(index: Int32) -> Text? {
        guard index < count, let word = words[Int(index)] else { return nil }
        return Text(zeroTerminated: word)
    }

    /// Reads options from word `index` on. Each sets what its row says in `target`; `operand` gets every
    /// word that is not an option, wherever it stands.
    public func read<Target, let rowCount: Int>(
        _ table: borrowing InlineArray<rowCount, OptionRow<Target>>, of command: CommandName,
        at index: Int32, into target: inout Target,
        operand: (inout Target, Text) throws(OperatorError) -> Void
    ) throws(OperatorError) {
        var options = OptionNames()
        for index in 0..<rowCount {
            let row = table[index]
            options.append(
                row.name, letter: row.letter, takesArgument: !row.argument.isEmpty,
                isTaken: row.commands & command.bit != 0)
        }
        clinux_option_restart(index)
        while true {
            switch try next(options, command) {
            case .option(let index, let argument):
                try table[index].set(&target, OptionArgument(argument, of: table[index].name))
            case .operand(let word): try operand(&target, word)
            case .end: return
            }
        }
    }

    private enum Step {
        case option(Int, Text)
        case operand(Text)
        case end
    }

    @inline(never)
    private func next(
        _ options: borrowing OptionNames, _ command: CommandName
    ) throws(OperatorError) -> Step {
        var argument: UnsafePointer<CChar>?
        let result = options.withPointer { options, optionCount in
            clinux_option_next(count, words, options, optionCount, &argument)
        }
        switch result {
        case CLINUX_OPTION_END.rawValue:
            guard let word = self[clinux_option_index()] else { return .end }
            clinux_option_restart(clinux_option_index() + 1)
            return .operand(word)
        case CLINUX_OPTION_UNKNOWN.rawValue:
            throw command.error(unknown: Text(zeroTerminated: clinux_option_text()), of: options)
        case CLINUX_OPTION_NO_ARGUMENT.rawValue:
            throw command.error(
                "option", Text(zeroTerminated: clinux_option_text()), "needs an argument")
        case CLINUX_OPTION_UNWANTED.rawValue:
            throw command.error(
                "option", Text(zeroTerminated: clinux_option_text()), "takes no argument")
        default:
            let index = Int(result)
            guard options.isTaken(index) else { throw command.error(foreign: options.name(index)) }
            return .option(index, argument.map(Text.init(zeroTerminated:)) ?? "")
        }
    }
}

extension CommandName {
    /// option '--x' problem; see postern probe --help
    @inline(never)
    public func error(_ kind: Text, _ word: Text, _ problem: Text) -> OperatorError {
        OperatorError { line in
            line.append(kind)
            line.append(" '")
            line.append(word)
            line.append("' ")
            line.append(problem)
            appendHint(to: &line)
        }
    }

    /// postern probe needs HOST:PORT; see postern probe --help
    @inline(never)
    public func error(needs what: Text) -> OperatorError {
        OperatorError { line in
            append(to: &line)
            line.append(" needs ")
            line.append(what)
            appendHint(to: &line)
        }
    }

    fileprivate func error(foreign option: Text) -> OperatorError {
        OperatorError { line in
            append(to: &line)
            line.append(" does not take the option --")
            line.append(option)
            appendHint(to: &line)
        }
    }

    fileprivate func error(unknown word: Text, of options: borrowing OptionNames) -> OperatorError {
        let nearest = options.nearest(to: word)
        return OperatorError { line in
            line.append("option '")
            line.append(word)
            line.append("' is unknown")
            if let nearest {
                line.append("; did you mean --")
                line.append(nearest)
                line.append("?")
            } else {
                appendHint(to: &line)
            }
        }
    }

    private func appendHint(to line: inout Line) {
        line.append("; see ")
        append(to: &line)
        line.append(" --help")
    }
}
