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
        var file = clinux_new_file(
            path: path.zeroTerminated, bytes: bytes.baseAddress, count: bytes.count, mode: mode)
        var failed = 0
        let result = clinux_write_files(&file, 1, replaces ? 1 : 0, &failed)
        guard result == 0 else { throw SystemFault(doing: .writingFile, code: result) }
    }

    /// Whether something has this name.
    public static func exists(_ path: Text) -> Bool { clinux_exists(path.zeroTerminated) != 0 }

    /// Writes a private key, which nobody else may read, and its certificate: both or neither.
    public static func writePair(
        key: Text, _ keyBytes: UnsafeRawBufferPointer,
        certificate: Text, _ certificateBytes: UnsafeRawBufferPointer, replaces: Bool
    ) throws(OperatorFault) {
        let files: InlineArray<2, clinux_new_file> = [
            clinux_new_file(
                path: key.zeroTerminated, bytes: keyBytes.baseAddress, count: keyBytes.count, mode: 0o600),
            clinux_new_file(
                path: certificate.zeroTerminated, bytes: certificateBytes.baseAddress,
                count: certificateBytes.count, mode: 0o644),
        ]
        var failed = 0
        let result = withUnsafePointer(to: files) { files in
            clinux_write_files(
                UnsafeRawPointer(files).assumingMemoryBound(to: clinux_new_file.self), 2, replaces ? 1 : 0,
                &failed)
        }
        guard result != 0 else { return }
        let isKey = failed == 0
        throw OperatorFault(
            writing: isKey ? key : certificate, isKey ? "key" : "certificate",
            SystemFault(doing: .writingFile, code: result))
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

    /// A file that could not be written.
    public init(writing file: Text, _ role: Text, _ fault: SystemFault) {
        self.init { line in
            line.append(role)
            line.append(" file '")
            line.append(file)
            line.append(fault.isExisting ? "' exists already" : "' cannot be written: ")
            line.append(fault.isExisting ? "; give another name, or --force to replace it" : fault.text)
        }
    }
}
