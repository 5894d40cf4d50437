// The log: one line an event, to standard error, or to the system log where nobody reads standard error. It
// never waits and never allocates. Lines about single connections are limited in number: a flood fills no
// disk.

import CLinux
import PosternCore

public struct Log {
    private let config: LogConfig
    private let isDetached: Bool
    /// Thousandths of a line that may be written now.
    private var credit: Int
    private var creditAtMilliseconds: Int64 = 0
    private var suppressed: UInt64 = 0

    /// A process that detaches keeps its caller's standard error for what it says before it listens.
    public init(_ config: LogConfig) {
        self.config = config
        credit = config.burstLines * 1000
        isDetached = clinux_stderr_is_detached() != 0 || Daemon.isAwaited
        if isDetached { _ = clinux_syslog_open() }
    }

    public func writes(_ level: LogLevel) -> Bool { level.rawValue <= config.level.rawValue }

    public func write(_ level: LogLevel, _ compose: (inout Line) -> Void) {
        guard writes(level) else { return }
        var line = Line()
        if isDetached {
            compose(&line)
            line.withTerminatedBytes { bytes in
                _ = clinux_syslog_write(
                    ProgramName.current.zeroTerminated, level.severity, Log.characters(bytes),
                    bytes.count - 1)
            }
            return
        }
        line.append(ProgramName.current)
        line.append(": ")
        line.append(level.name)
        line.append(": ")
        compose(&line)
        line.withTerminatedBytes { bytes in _ = clinux_stderr_write(Log.characters(bytes), bytes.count) }
    }

    /// A fault that ends the program before it serves: where nobody reads standard error, it is told here.
    public func tell(_ fault: OperatorError) {
        if isDetached, clinux_stderr_is_client() == 0 {
            write(.error) { line in line.append(fault.message) }
        }
    }

    /// For lines that peers can cause: only as many as the configuration allows.
    public mutating func writeLimited(
        _ level: LogLevel, atMilliseconds now: Int64, _ compose: (inout Line) -> Void
    ) {
        guard writes(level) else { return }
        refill(now)
        guard credit >= 1000 else {
            suppressed += 1
            return
        }
        credit -= 1000
        reportSuppressed(atMilliseconds: now)
        write(level, compose)
    }

    /// Lines were left out and not yet reported.
    public var hasSuppressed: Bool { suppressed > 0 }

    /// Says how many lines were left out, once there is credit again.
    public mutating func reportSuppressed(atMilliseconds now: Int64) {
        guard suppressed > 0 else { return }
        refill(now)
        guard credit >= 1000 else { return }
        credit -= 1000
        let count = suppressed
        suppressed = 0
        write(.notice) { line in
            line.append(count)
            line.append(" log lines suppressed")
        }
    }

    private mutating func refill(_ now: Int64) {
        // No more than fills the credit, so that the product fits into 32 bits.
        let full = config.burstLines * 1000
        let longest = full / config.linesPerSecond + 1
        let elapsed = Int(narrowing: min(now - creditAtMilliseconds, Int64(widening: longest)))
        credit = min(credit + elapsed * config.linesPerSecond, full)
        creditAtMilliseconds = now
    }

    private static func characters(_ bytes: UnsafeBufferPointer<UInt8>) -> UnsafePointer<CChar>? {
        UnsafeRawPointer(bytes.baseAddress)?.assumingMemoryBound(to: CChar.self)
    }
}

/// What a program prints for its user.
public enum StandardOutput {
    /// Something could not be written: a full disk, a reader that went away.
    nonisolated(unsafe) public private(set) static var hasFailed = false

    public static func write(_ line: inout Line) {
        line.withTerminatedBytes { write($0) }
    }

    /// Writes one line.
    public static func write(_ compose: (inout Line) -> Void) {
        var line = Line()
        compose(&line)
        write(&line)
    }

    public static func write(_ bytes: UnsafeBufferPointer<UInt8>) {
        let start = UnsafeRawPointer(bytes.baseAddress)?.assumingMemoryBound(to: CChar.self)
        if clinux_stdout_write(start, bytes.count) != 0 { hasFailed = true }
    }
}

/// What a program says beside its output.
public enum StandardError {
    public static func write(_ line: inout Line) {
        line.withTerminatedBytes { bytes in
            let start = UnsafeRawPointer(bytes.baseAddress)?.assumingMemoryBound(to: CChar.self)
            _ = clinux_stderr_write(start, bytes.count)
        }
    }

    /// What is not right, and does not keep a program from doing what was asked for.
    public static func warn(_ warning: Line) {
        var line = Line()
        guard clinux_stderr_is_client() == 0 else {
            return Log(LogConfig()).write(.warning) { line in line.append(warning) }
        }
        line.append(ProgramName.current)
        line.append(": warning: ")
        line.append(warning)
        write(&line)
    }

    /// Why a program does not do what was asked for. Where standard error is a client's, as under inetd,
    /// that goes to the system log: peers read nothing about files.
    public static func tell(_ fault: OperatorError) {
        var line = Line()
        guard clinux_stderr_is_client() == 0 else {
            return Log(LogConfig()).write(.error) { line in line.append(fault.message) }
        }
        line.append(ProgramName.current)
        line.append(": error: ")
        line.append(fault.message)
        write(&line)
    }
}
