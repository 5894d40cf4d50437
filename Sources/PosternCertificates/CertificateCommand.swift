// postern certificate COMMAND: which one it is.

import PosternCore
import PosternLinux

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
        throw OperatorFault(
            usage: "certificate command", command, "is unknown; see postern certificate --help")
    }
}
