// Changes from outside as events of the poller: files that are replaced, a clock that is set.

import CLinux
import PosternCore

/// Some files, with all that decides where their names lead.
public struct FileWatch: ~Copyable {
    let descriptor: Int32

    public init() throws(SystemError) {
        descriptor = clinux_files_open()
        guard descriptor >= 0 else { throw SystemError(doing: .polling, code: descriptor) }
    }

    deinit { clinux_close(descriptor) }

    /// From now on changes of this file, and of where its name leads, are events. Returns why not.
    public func add(_ path: Text, wantsFile: Bool) -> SystemError? {
        var stamp: UInt64 = 0
        let result = clinux_files_look(descriptor, path.zeroTerminated, &stamp)
        guard result != 0, wantsFile || result != CLINUX_FILES_MISSING else { return nil }
        return SystemError(doing: .readingFile, code: result)
    }

    /// Takes all events that there are.
    public func drain() { clinux_files_drain(descriptor) }

    /// A number that changes when the file at a path does, or what its name leads to; mixed with another
    /// one.
    public static func stamp(of path: Text, mixedWith seed: UInt64) -> UInt64 {
        var stamp = seed
        _ = clinux_files_look(-1, path.zeroTerminated, &stamp)
        return stamp
    }
}

/// The clock of the time of day, when it is set.
public struct ClockWatch: ~Copyable {
    let descriptor: Int32

    public init() throws(SystemError) {
        descriptor = clinux_clock_open()
        guard descriptor >= 0 else { throw SystemError(doing: .polling, code: descriptor) }
    }

    deinit { clinux_close(descriptor) }

    /// Whether it was set since the last call.
    public func wasSet() -> Bool { clinux_clock_was_set(descriptor) != 0 }
}

extension Poller {
    public func add(_ files: borrowing FileWatch) throws(SystemError) {
        try add(files.descriptor, .readable, .files)
    }

    public func add(_ clock: borrowing ClockWatch) throws(SystemError) {
        try add(clock.descriptor, .readable, .clock)
    }
}
