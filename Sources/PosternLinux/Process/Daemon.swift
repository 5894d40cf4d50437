// Leaving the caller: the program goes on as a server in the background, and its caller gets the exit code
// when the server listens, or why it does not.

import CLinux
import PosternCore

public enum Daemon {
    public enum Step {
        /// This is the new process: it goes on.
        case server
        /// This is the old one: it ends with what the new one reported.
        case caller(exitCode: Int32)
        /// This is the old one, and the new one ended without a report.
        case callerAlone
    }

    /// Goes on in a new process, in a session of its own and without a terminal. Standard error stays the
    /// caller's until the report; other descriptors are closed but for the first `kept` behind it.
    public static func detach(keeping kept: Int) throws(SystemError) -> Step {
        var code: Int32 = 0
        switch clinux_detach(Int32(kept), &code) {
        case CLINUX_DETACH_SERVER: return .server
        case CLINUX_DETACH_CALLER: return .caller(exitCode: code)
        case CLINUX_DETACH_CALLER_ALONE: return .callerAlone
        default: throw SystemError(doing: .detaching, code: code)
        }
    }

    /// A caller waits for a report.
    public static var isAwaited: Bool { clinux_detach_is_awaited() != 0 }

    /// Tells the caller the exit code: 0 when the server listens. False when the caller is gone. Only the
    /// first report counts; without a caller there is none.
    @discardableResult
    public static func report(exitCode: Int32) -> Bool { clinux_detach_report(exitCode) == 0 }
}
