// Standard input and output of a program that copies, and waiting for them and a socket at once. They may be
// files, pipes or a terminal, and stay blocking, since other processes share them.

import CLinux
import PosternCore

/// What to wait for, and what has come.
public struct Readiness {
    public var input = false
    public var output = false
    public var socketReadable = false
    public var socketWritable = false

    public init() {}

    /// Waits until one of these is ready, at most for `milliseconds`, without end if nil; says which are.
    public func wait(socket: Int32, milliseconds: Int64?) -> Readiness {
        var watches: InlineArray<3, clinux_watch> = [
            clinux_watch(
                descriptor: CLINUX_STANDARD_INPUT, interest: input ? UInt8(CLINUX_READABLE) : 0, ready: 0),
            clinux_watch(
                descriptor: CLINUX_STANDARD_OUTPUT, interest: output ? UInt8(CLINUX_WRITABLE) : 0, ready: 0),
            clinux_watch(
                descriptor: socket,
                interest: (socketReadable ? UInt8(CLINUX_READABLE) : 0)
                    | (socketWritable ? UInt8(CLINUX_WRITABLE) : 0), ready: 0),
        ]
        let longest = Int64(widening: Int32.max)
        let timeout = milliseconds.map { Int32(Int(narrowing: min(max($0, 0), longest))) } ?? -1
        let result = withUnsafeMutablePointer(to: &watches) { watches in
            let first = UnsafeMutableRawPointer(watches).assumingMemoryBound(to: clinux_watch.self)
            return clinux_wait(first, 3, timeout)
        }
        precondition(result >= 0, "poll on three descriptors")
        var ready = Readiness()
        ready.input = watches[0].ready != 0
        ready.output = watches[1].ready != 0
        ready.socketReadable = watches[2].ready & UInt8(CLINUX_READABLE) != 0
        ready.socketWritable = watches[2].ready & UInt8(CLINUX_WRITABLE) != 0
        return ready
    }
}

public enum StandardStreams {
    /// A broken pipe is an error from now on, no signal.
    public static func ignoreBrokenPipes() { clinux_ignore_broken_pipes() }

    /// Nil when nothing is there at the moment, 0 at the end.
    public static func read(into bytes: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int? {
        try count(clinux_stdin_read(bytes.baseAddress, bytes.count), .readingFile)
    }

    /// Writes some of the bytes; nil when none can be written at the moment.
    public static func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Int? {
        try count(clinux_stdout_write_some(bytes.baseAddress, bytes.count), .writingFile)
    }

    private static func count(_ result: Int32, _ action: SystemError.Action) throws(SystemError) -> Int? {
        if result >= 0 { return Int(result) }
        guard clinux_kind_of_error(result) == CLINUX_ERROR_WOULD_BLOCK else {
            throw SystemError(doing: action, code: result)
        }
        return nil
    }
}
