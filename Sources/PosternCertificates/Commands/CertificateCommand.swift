// postern certificate COMMAND: which one it is, and what all of them need.

import PosternCore
import PosternLinux
import PosternTLS

public enum CertificateCommand {
    private static let overview = CommandName("postern certificate")

    /// Runs the command that word `index` names and returns the program's exit code. `memory` is the region
    /// of a StaticMemory.
    @export(interface)
    public static func run(
        _ arguments: Arguments, at index: Int32, memory: MemoryRegion
    ) throws(OperatorError) -> Int32 {
        guard let command = arguments[index] else {
            throw overview.error(needs: "a command")
        }
        if command == "--help" || command == "-h" {
            CertificateHelp.printOverview()
            return 0
        }
        _ = Process.prepare(descriptors: Limits.descriptorReserve)
        Process.disableDumps(of: memory, LogConfig())
        try TLSLibrary.check()
        TLSArena.use(
            memory.start, count: memory.count, kernelPageBytes: Process.pageBytes,
            discard: Process.discardPages)
        if command == ShowCommand.name { return try ShowCommand.run(arguments, at: index + 1) }
        if command == VerifyCommand.name { return try VerifyCommand.run(arguments, at: index + 1) }
        if let issuing = IssuingCommand.named(command) {
            let options = try CertificateOptions(arguments, at: index + 1, of: issuing)
            guard !options.wantsHelp else {
                CertificateHelp.print(issuing, options.name)
                return 0
            }
            KernelRandom.wait(LogConfig())
            return try issuing.run(options)
        }
        throw overview.error("certificate command", command, "is unknown")
    }
}
