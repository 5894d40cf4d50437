// Signals as events of the poller: they interrupt nothing and are handled where the loop says.

import CLinux

public struct Signals: ~Copyable {
    public enum Request {
        /// SIGTERM, SIGINT
        case stop
        /// SIGHUP
        case reload
        /// SIGUSR1
        case report
    }

    let descriptor: Int32

    /// For a start that takes its time: a reload or a report that is asked for meanwhile stays pending until
    /// the loop handles it, instead of ending the process. SIGTERM and SIGINT still end it at once.
    public static func holdRequests() { clinux_signals_hold() }

    /// From now on these signals only arrive here, and SIGPIPE nowhere.
    public init() throws(SystemError) {
        descriptor = clinux_signals_open()
        guard descriptor >= 0 else { throw SystemError(doing: .polling, code: descriptor) }
    }

    deinit { clinux_close(descriptor) }

    /// The next one that has arrived.
    public func next() -> Request? {
        switch clinux_signals_next(descriptor) {
        case CLINUX_SIGNAL_STOP: .stop
        case CLINUX_SIGNAL_RELOAD: .reload
        case CLINUX_SIGNAL_REPORT: .report
        default: nil
        }
    }
}
