// Reading files of keys, certificates and requests into memory that the caller gives.

import PosternCore
import PosternLinux

enum InputFile {
    /// The contents, with a zero byte behind; `option` is what named the file.
    static func contents(
        of file: Text, _ role: Text, option: Text, into memory: UnsafeMutableRawBufferPointer
    ) throws(OperatorFault) -> UnsafeRawBufferPointer {
        do throws(SystemFault) {
            let count = try File.read(file, into: memory).count
            return UnsafeRawBufferPointer(rebasing: memory[..<count])
        } catch {
            throw OperatorFault(file: file, role, option: option, error)
        }
    }
}
