// postern certificate COMMAND: which one it is, and what all of them need.

import PosternCore
import PosternLinux
import PosternTLS

public enum CertificateCommand {
    /// Runs the command that word `index` names and returns the program's exit code. `memory` is the region
    /// of a StaticMemory.
    public static func run(
        _ words: CommandLineWords, at index: Int32, memory: MemoryRegion
    ) throws(OperatorFault) -> Int32 {
        guard let command = words[index] else {
            throw OperatorFault { line in
                line.append("certificate wants a command; see postern certificate --help")
            }
        }
        if command == "--help" || command == "-h" {
            CertificateHelp.printOverview()
            return 0
        }
        _ = Process.prepare(descriptors: Limits.descriptorReserve)
        Process.excludeFromDumps(memory)
        TLSArena.use(memory.start, count: memory.count, discard: Process.discardPages)
        if command == ShowCommand.name { return try ShowCommand.run(words, at: index + 1) }
        if command == VerifyCommand.name { return try VerifyCommand.run(words, at: index + 1) }
        if let issuing = IssuingCommand.named(command) {
            let options = try CertificateOptions(words, at: index + 1, of: command, taking: issuing.options)
            guard !options.wantsHelp else {
                CertificateHelp.print(issuing)
                return 0
            }
            KernelRandom.wait(LogChoices())
            return try issuing.run(options)
        }
        throw OperatorFault(
            usage: "certificate command", command, "is unknown; see postern certificate --help")
    }
}
