// Small files, read and written whole.

import CLinux
import PosternCore

public enum File {
    /// Reads a file, a pipe or standard input ("-") whole and puts a zero byte behind it. Returns its size
    /// and whether others may read it.
    public static func read(
        _ path: Text, into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> (count: Int, isOpenToOthers: Bool) {
        var found = clinux_file_status()
        let result = clinux_read_file(path.zeroTerminated, buffer.baseAddress, buffer.count, &found)
        guard result >= 0 else {
            throw SystemError(
                doing: .readingFile, code: result, fileBytes: found.size, limitBytes: buffer.count - 1)
        }
        buffer[Int(result)] = 0
        return (Int(result), found.open_to_others != 0)
    }

    /// The same for a file that an operator has named: its bytes at the start of `memory`, or a sentence
    /// with its `role` and the `option` that names it.
    public static func contents(
        of path: Text, _ role: Text, option: Text, into memory: UnsafeMutableRawBufferPointer
    ) throws(OperatorError) -> (bytes: UnsafeMutableRawBufferPointer, isOpenToOthers: Bool) {
        do throws(SystemError) {
            let found = try read(path, into: memory)
            return (UnsafeMutableRawBufferPointer(rebasing: memory[..<found.count]), found.isOpenToOthers)
        } catch {
            throw OperatorError(file: path, role, option: option, error)
        }
    }

    /// From now on pipes are refused: the loop of a server waits for nobody, and what was read is gone.
    public static func forbidWaiting() { clinux_forbid_waiting() }

    /// Whether a name stands for standard input.
    public static func isStandardInput(_ path: Text) -> Bool {
        clinux_is_standard_input(path.zeroTerminated) != 0
    }

    /// Waits until no other process has locked this file, half a minute at most, and locks it until the
    /// program ends.
    public static func lock(_ path: Text) throws(SystemError) {
        let result = clinux_lock_file(path.zeroTerminated)
        guard result == 0 else { throw SystemError(doing: .readingFile, code: result) }
    }

    /// Whether something has this name; a link that leads nowhere is nothing.
    public static func exists(_ path: Text) -> Bool { clinux_exists(path.zeroTerminated) != 0 }

    /// Throws where this process may not put another file in this one's place.
    public static func checkReplacing(_ path: Text) throws(SystemError) {
        var place = clinux_place.none
        defer { clinux_place_close(&place) }
        do throws(CallError) {
            try place.find(path)
            try place.checkWriting()
            try check(clinux_may_change(place.directory))
        } catch {
            throw SystemError(doing: .writingFile, code: error.code)
        }
    }

    /// The path that a symbolic link leads to in the end, written to `memory`, or this one where it is no
    /// link. Throws where the link is somebody else's.
    public static func target(
        of path: Text, in memory: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Text {
        var one = clinux_place.none
        var two = clinux_place.none
        defer {
            clinux_place_close(&one)
            clinux_place_close(&two)
        }
        guard let start = memory.baseAddress?.assumingMemoryBound(to: CChar.self) else { return path }
        do throws(CallError) {
            guard try check(clinux_target(path.zeroTerminated, start, memory.count)) > 0 else { return path }
            let target = Text(zeroTerminated: start)
            try one.find(path)
            try one.checkWriting()
            try two.find(target)
            // Somebody may have exchanged the link after it was read.
            guard one.isSame(&two) else { throw CallError(code: CLINUX_FILE_LINKED_BY_OTHERS) }
            return target
        } catch {
            throw SystemError(doing: .readingFile, code: error.code)
        }
    }

    /// Whether what replaces one of them replaces the other.
    public static func isSamePlace(_ path: Text, _ other: Text) -> Bool {
        var one = clinux_place.none
        var two = clinux_place.none
        defer {
            clinux_place_close(&one)
            clinux_place_close(&two)
        }
        return clinux_locate(path.zeroTerminated, &one) == 0
            && clinux_locate(other.zeroTerminated, &two) == 0
            && one.isSame(&two)
    }

    /// Whether both names lead to one file.
    public static func isSame(_ path: Text, _ other: Text) -> Bool {
        clinux_is_same_file(path.zeroTerminated, other.zeroTerminated) != 0
    }
}

extension OperatorError {
    /// A file that could not be read; `option` is what names another one.
    public init(file: Text, _ role: Text, option: Text, _ fault: SystemError) {
        self.init(fault) { line in
            line.append(role)
            line.append(" file '")
            line.append(file)
            guard !fault.isTooLarge else {
                line.append("' ")
                line.append(sizeOf: fault)
                line.append("; name a smaller one with ")
                return line.append(option)
            }
            line.append("' cannot be read: ")
            line.append(fault.text)
            line.append("; name another one with ")
            line.append(option)
        }
    }

    /// A file that could not be written.
    public init(writing file: Text, _ role: Text, _ fault: SystemError) {
        self.init(fault) { line in
            line.append(role)
            line.append(" file '")
            line.append(file)
            guard !fault.isExisting else {
                line.append("' exists already; give another name, or --force to replace it")
                return
            }
            line.append("' cannot be written: ")
            line.append(fault.text)
            if !fault.saysWhatToDo {
                line.append("; check that its directory exists, is writable, and has free space")
            }
        }
    }
}

extension Line {
    /// has 60123 bytes, more than the 49151 that are taken
    public mutating func append(sizeOf fault: SystemError) {
        append("has ")
        if fault.fileBytes > 0 {
            append(fault.fileBytes)
            append(" bytes, ")
        }
        append("more than the ")
        append(fault.limitBytes)
        append(fault.fileBytes > 0 ? " that are taken" : " bytes that are taken")
    }
}
