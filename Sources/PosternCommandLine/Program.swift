// What a process does around its command: before it, and with what becomes of it.

import PosternCore
import PosternLinux

/// What init scripts see.
enum ExitCode {
    static let done: Int32 = 0
    /// It did not work, and may the next time: an address in use, a file that is not there yet, no memory,
    /// output that cannot be written. Service managers try again.
    static let mayPass: Int32 = 1
    /// Somebody has to edit something: the command line, the configuration, a file, a right.
    static let wrongInput: Int32 = 2
}

/// A program around a command: what happens before it, and what becomes of its result.
public enum Program {
    /// Runs the command of a program and returns the program's exit code. A sentence that the command throws
    /// goes to standard error. `name` is what messages and log lines begin with. Called once, by `main`.
    public static func run(
        _ name: Text, _ config: Config, _ arguments: Arguments,
        _ command: (Arguments) throws(OperatorError) -> Int32
    ) -> Int32 {
        ProgramName.current = name
        Process.openMissingStandardStreams()
        if !config.process.isInspectable { Process.setUndumpable() }
        let exitCode = exitCode(arguments, command)
        Daemon.report(exitCode: exitCode)
        return exitCode
    }

    private static func exitCode(
        _ arguments: Arguments, _ command: (Arguments) throws(OperatorError) -> Int32
    ) -> Int32 {
        do throws(OperatorError) {
            let exitCode = try command(arguments)
            if StandardOutput.hasFailed {
                throw OperatorError(mayPass: true) { $0.append("standard output cannot be written") }
            }
            return exitCode
        } catch {
            StandardError.tell(error)
            return error.mayPass ? ExitCode.mayPass : ExitCode.wrongInput
        }
    }
}
