// The memory of the process as the kernel has it. It must be known here, and nowhere else, that the kernel's
// pages differ from machine to machine.

import CLinux
import PosternCore

extension Process {
    /// Bytes of a page of the running kernel: 4, 16 or 64 KiB.
    public static var pageBytes: Int { clinux_page_bytes() }

    /// Before a secret comes into `memory`: there will be no core file, and no dump that somebody else makes
    /// has this memory in it. Warns if the kernel cannot keep it out.
    public static func disableDumps(of memory: MemoryRegion, _ config: LogConfig) {
        clinux_disable_core_dumps()
        let result = clinux_exclude_from_dumps(memory.start, memory.count)
        guard result != 0 else { return }
        Log(config).write(.warning) { line in
            line.append("memory with keys cannot be kept out of dumps of this process: ")
            line.append(Text(zeroTerminated: clinux_error_text(result)))
        }
    }

    /// Gives whole pages back to the kernel; a callback for C.
    public static let discardPages: @convention(c) (UnsafeMutableRawPointer?, Int) -> Int32 = {
        start, count in
        clinux_discard_pages(start, count)
    }

    /// Code, constants and static data, all of the static memory included.
    public static var imageBytes: Int { clinux_image_bytes() }
}
