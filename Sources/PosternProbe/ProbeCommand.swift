// postern probe HOST:PORT: the client side.

import PosternCore
import PosternLinux

public enum ProbeCommand {
    /// Reads options from word `index` on, probes, and returns the program's exit code. `memory` is the
    /// region of a StaticMemory.
    public static func run(
        _ words: CommandLineWords, at index: Int32, memory: MemoryRegion
    ) throws(OperatorFault) -> Int32 {
        throw OperatorFault { line in line.append("probe wants HOST:PORT; see postern probe --help") }
    }
}
