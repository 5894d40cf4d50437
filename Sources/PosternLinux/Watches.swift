// Changes from outside as events of the poller: files that are replaced, a clock that is set.

import CLinux
import PosternCore

/// The folders of some files.
public struct FileWatch: ~Copyable {
    let descriptor: Int32

    public init() throws(SystemFault) {
        descriptor = clinux_files_open()
        guard descriptor >= 0 else { throw SystemFault(doing: .polling, code: descriptor) }
    }

    deinit { clinux_close(descriptor) }

    /// From now on changes of this file are events. Again for one whose folder was replaced. Returns what
    /// went wrong.
    public func add(_ path: Text) -> SystemFault? {
        let result = clinux_files_watch(descriptor, path.zeroTerminated)
        return result == 0 ? nil : SystemFault(doing: .readingFile, code: result)
    }

    /// Takes all events that there are.
    public func drain() { clinux_files_drain(descriptor) }

    /// A number that changes when the file at a path does, mixed with another one.
    public static func stamp(of path: Text, mixedWith seed: UInt64) -> UInt64 {
        clinux_file_stamp(path.zeroTerminated, seed)
    }
}

/// The clock of the time of day, when it is set.
public struct ClockWatch: ~Copyable {
    let descriptor: Int32

    public init() throws(SystemFault) {
        descriptor = clinux_clock_open()
        guard descriptor >= 0 else { throw SystemFault(doing: .polling, code: descriptor) }
    }

    deinit { clinux_close(descriptor) }

    /// Whether it was set since the last call.
    public func wasSet() -> Bool { clinux_clock_was_set(descriptor) != 0 }
}

extension Poller {
    public func add(_ files: borrowing FileWatch) throws(SystemFault) {
        try add(files.descriptor, .readable, .files)
    }

    public func add(_ clock: borrowing ClockWatch) throws(SystemFault) {
        try add(clock.descriptor, .readable, .clock)
    }
}
