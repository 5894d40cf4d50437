// The process around the server: its clocks, its limits, its privileges.

import CLinux
import PosternCore

public enum Process {
    /// Milliseconds of a clock that only goes forward.
    public static func monotonicMilliseconds() -> Int64 { clinux_monotonic_milliseconds() }

    /// Seconds since 1970, UTC.
    public static func unixSeconds() -> Int64 { clinux_unix_seconds() }

    /// It may become any user.
    public static var isRoot: Bool { clinux_is_root() != 0 }

    /// Before anything is opened: no socket may take the place of a standard stream that is closed.
    public static func openMissingStandardStreams() { clinux_open_missing_standard_streams() }
    /// The same for whoever is given a clock.
    public static let unixClock: @convention(c) () -> Int64 = { clinux_unix_seconds() }

    /// Room for `count` descriptors, as far as the hard limit allows: returns how many are missing. Files
    /// that only their owner may read unless they say otherwise.
    @discardableResult
    public static func prepare(descriptors count: Int) -> Int {
        clinux_set_umask()
        return count - min(count, clinux_raise_descriptor_limit(count))
    }

    /// Whether `directory` can become the root, as far as one can tell.
    public static func checkRoot(_ directory: Text) throws(OperatorError) {
        let result = clinux_directory_check(directory.zeroTerminated)
        guard result == 0 else { throw OperatorError(root: directory, result) }
    }

    /// Nothing outside of `directory` can be named from now on.
    public static func changeRoot(to directory: Text) throws(OperatorError) {
        let result = clinux_root_change(directory.zeroTerminated)
        guard result == 0 else { throw OperatorError(root: directory, result) }
    }

    /// A directory that a process is in cannot be unmounted.
    public static func leaveDirectory() { clinux_directory_leave() }

    /// Nobody but root can look into it, though it runs as a user who may have other processes. Becoming
    /// that user undoes it.
    public static func setUndumpable() { clinux_set_undumpable() }

    /// Gives up getting new privileges, and new processes. What it may do already stays.
    public static func dropPrivileges() { clinux_drop_privileges() }
}

extension OperatorError {
    fileprivate init(root directory: Text, _ result: Int32) {
        let error = SystemError(doing: .givingUpRights, code: result)
        self.init(error) { line in
            line.append("directory '")
            line.append(directory)
            line.append("' cannot become the root: ")
            line.append(error.text)
            line.append(
                error.isPermission
                    ? "; start as root, or without --chroot" : "; name another one with --chroot")
        }
    }
}
