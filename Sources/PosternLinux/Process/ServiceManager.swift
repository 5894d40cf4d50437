// The service manager that started the process: told of what happens through its socket, and given a sign of
// life as often as it wants one. Without a manager nothing is sent.

import CLinux
import PosternCore

extension ServiceEnvironment {
    /// What the environment says to this process.
    public init() throws(OperatorError) {
        try self.init(processID: clinux_process_first_id()) { name in
            clinux_environment_value(name.zeroTerminated).map(Text.init(zeroTerminated:))
        }
    }

    /// For when all of it has been read.
    public static func forget() {
        for index in 0..<names.count { clinux_environment_remove(names[index].zeroTerminated) }
    }
}

public struct ServiceManager: ~Copyable {
    /// Nil when there is none, or it cannot be reached.
    private let descriptor: Int32?
    /// Why it cannot be reached.
    public let error: SystemError?
    /// What was given as its socket and cannot be one.
    public let unusableSocket: Text?
    private let keepAliveMilliseconds: Int?
    /// When the next sign of life is due; nil when nobody waits for one.
    public private(set) var keepAliveAtMilliseconds: Int64?

    /// Connects while the socket can still be named.
    public init(_ environment: ServiceEnvironment) {
        unusableSocket = environment.unusableNotifySocket
        let result = environment.notifySocket.map { clinux_notify_open($0.zeroTerminated) }
        descriptor = result.flatMap { $0 >= 0 ? $0 : nil }
        error = result.flatMap { $0 < 0 ? SystemError(doing: .notifying, code: $0) : nil }
        // At half the interval, as sd_watchdog_enabled(3) recommends.
        keepAliveMilliseconds =
            descriptor == nil ? nil : environment.watchdogMilliseconds.map { max($0 / 2, 1) }
        keepAliveAtMilliseconds = keepAliveMilliseconds == nil ? nil : 0
    }

    /// The server serves, for the first time or again.
    public func tellReady(_ status: (inout Line) -> Void) {
        send { line in
            line.append("READY=1")
            if clinux_process_first_id() != clinux_process_id() {
                line.breakLine()
                line.append("MAINPID=")
                line.append(Int(clinux_process_id()))
            }
            ServiceManager.append(to: &line, status)
        }
    }

    /// It reloads its files.
    public func tellReloading() {
        send { line in
            line.append("RELOADING=1")
            line.breakLine()
            line.append("MONOTONIC_USEC=")
            line.append(clinux_monotonic_microseconds())
        }
    }

    /// It ends, within so many milliseconds.
    public func tellStopping(withinMilliseconds milliseconds: Int, _ status: (inout Line) -> Void) {
        send { line in
            line.append("STOPPING=1")
            line.breakLine()
            line.append("EXTEND_TIMEOUT_USEC=")
            line.append(Int64(widening: milliseconds) * 1000)
            ServiceManager.append(to: &line, status)
        }
    }

    /// A sign of life, if it is due.
    public mutating func keepAlive(atMilliseconds now: Int64, _ status: (inout Line) -> Void) {
        guard let keepAliveMilliseconds, let due = keepAliveAtMilliseconds, now >= due else { return }
        keepAliveAtMilliseconds = now + Int64(widening: keepAliveMilliseconds)
        send { line in
            line.append("WATCHDOG=1")
            ServiceManager.append(to: &line, status)
        }
    }

    private static func append(to line: inout Line, _ status: (inout Line) -> Void) {
        line.breakLine()
        line.append("STATUS=")
        status(&line)
    }

    private func send(_ compose: (inout Line) -> Void) {
        guard let descriptor else { return }
        var line = Line()
        compose(&line)
        line.withTerminatedBytes { bytes in
            _ = clinux_notify_send(descriptor, bytes.baseAddress, bytes.count)
        }
    }

    deinit {
        if let descriptor { clinux_close(descriptor) }
    }
}
