// Small files, read and written whole.

import CLinux
import PosternCore

public enum File {
    /// Reads a file whole and puts a zero byte behind it. Returns its size and whether others may read it.
    public static func read(
        _ path: Text, into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemFault) -> (count: Int, isOpenToOthers: Bool) {
        var openToOthers: Int32 = 0
        let result = clinux_read_file(path.zeroTerminated, buffer.baseAddress, buffer.count, &openToOthers)
        guard result >= 0 else { throw SystemFault(doing: .readingFile, code: result) }
        buffer[Int(result)] = 0
        return (Int(result), openToOthers != 0)
    }

    /// Writes a file whole or not at all, with `mode` from the first byte. An existing one stays unless
    /// `replaces`.
    public static func write(
        _ path: Text, _ bytes: UnsafeRawBufferPointer, mode: UInt32, replaces: Bool
    ) throws(SystemFault) {
        let result = clinux_write_file(
            path.zeroTerminated, bytes.baseAddress, bytes.count, mode, replaces ? 1 : 0)
        guard result == 0 else { throw SystemFault(doing: .writingFile, code: result) }
    }
}

extension OperatorFault {
    /// A file that could not be read; `option` is what names another one.
    public init(file: Text, _ role: Text, option: Text, _ fault: SystemFault) {
        self.init { line in
            line.append(role)
            line.append(" file '")
            line.append(file)
            line.append("' cannot be read: ")
            line.append(fault.text)
            line.append("; name another one with ")
            line.append(option)
        }
    }
}
