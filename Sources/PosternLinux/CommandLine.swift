// The words of the command line, through libc's getopt_long.

import CLinux
import PosternCore

public struct CommandLineOption: @unchecked Sendable {
    let option: clinux_option

    /// The long form without dashes.
    public var name: Text { Text(zeroTerminated: option.name) }

    /// `name` is the long form without dashes; `code` a letter, then also the short form, or a number from
    /// 256 up.
    public init(_ name: StaticString, code: Int32, takesArgument: Bool) {
        let start = UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
        option = clinux_option(name: start, code: code, takes_argument: takesArgument ? 1 : 0)
    }
}

public enum CommandLineStep {
    case option(code: Int32, argument: Text)
    case unknown(Text)
    case missingArgument(Text)
    case end
}

public struct CommandLineWords {
    public typealias Words = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

    private let count: Int32
    private let words: Words

    public init(_ count: Int32, _ words: Words) {
        self.count = count
        self.words = words
    }

    public subscript(index: Int32) -> Text? {
        guard index < count, let word = words[Int(index)] else { return nil }
        return Text(zeroTerminated: word)
    }

    /// Options are read from word `index` on.
    public func start(at index: Int32) { clinux_option_restart(index) }

    /// The first word that is no option, once `next` has returned `.end`.
    public var operand: Text? { self[clinux_option_index()] }

    /// Options are read behind that word as well.
    public func skipOperand() { clinux_option_restart(clinux_option_index() + 1) }

    public func next<let optionCount: Int>(_ options: InlineArray<optionCount, CommandLineOption>)
        -> CommandLineStep
    {
        // A CommandLineOption is a clinux_option and nothing else.
        withUnsafePointer(to: options) { next(UnsafeRawPointer($0), optionCount) }
    }

    @inline(never)
    private func next(_ options: UnsafeRawPointer, _ optionCount: Int) -> CommandLineStep {
        var argument: UnsafePointer<CChar>?
        let code = clinux_option_next(
            count, words, options.assumingMemoryBound(to: clinux_option.self), optionCount, &argument)
        switch code {
        case CLINUX_OPTION_END: return .end
        case Int32(UInt8(ascii: "?")): return .unknown(Text(zeroTerminated: clinux_option_text()))
        case Int32(UInt8(ascii: ":")): return .missingArgument(Text(zeroTerminated: clinux_option_text()))
        default: return .option(code: code, argument: argument.map(Text.init(zeroTerminated:)) ?? "")
        }
    }
}
