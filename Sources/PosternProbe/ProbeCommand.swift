// postern probe HOST:PORT: the client side.

import PosternCore
import PosternLinux
import PosternTLS

public enum ProbeCommand {
    /// Reads options from word `index` on, probes, and returns the program's exit code. `memory` is the
    /// region of a StaticMemory.
    @export(interface)
    public static func run(_ arguments: Arguments, at index: Int32, memory: MemoryRegion) -> Int32 {
        do throws(OperatorError) {
            return try probe(arguments, at: index, memory: memory)
        } catch {
            // Whether it may pass or not: 1 is a connection that failed.
            StandardError.tell(error)
            return ProbeExit.usage.rawValue
        }
    }

    @export(interface)
    private static func probe(
        _ arguments: Arguments, at index: Int32, memory: MemoryRegion
    ) throws(OperatorError) -> Int32 {
        let options = try ProbeOptions(arguments, at: index)
        if options.isHelp {
            printProbeHelp()
            return ProbeExit.done.rawValue
        }
        StandardStreams.ignoreBrokenPipes()
        var memory = memory
        guard let stream: UnsafeMutablePointer<ProbeStream> = memory.take(1) else {
            preconditionFailure("a port's memory has pages")
        }
        Process.disableDumps(of: memory, LogConfig())
        try TLSLibrary.check()
        TLSArena.use(
            memory.start, count: memory.count, kernelPageBytes: Process.pageBytes,
            discard: Process.discardPages)
        let identity = try ProbeFiles.identity(options)
        let authorities = try ProbeFiles.authorities(options)
        var report = ProbeReport(options)
        do throws(ProbeError) {
            let probe = try Probe(options, identity, authorities, stream)
            try probe.run(&report)
            report.end(nil)
            return ProbeExit.done.rawValue
        } catch {
            report.end(error)
            return error.exit.rawValue
        }
    }
}

/// What scripts see.
enum ProbeExit: Int32 {
    case done = 0
    /// No connection, or it broke; the answer could not be written; too little memory.
    case connection = 1
    /// The command line or a file it names is wrong; nothing was opened.
    case usage = 2
    /// The server's certificate is not trusted.
    case untrusted = 3
    /// It is, but not for the name.
    case nameMismatch = 4
    /// The server breaks the rules of TLS, or there is nothing in common, or it gave up.
    case protocolFault = 5

    /// The member `result` of --json.
    var name: Text {
        switch self {
        case .done: "ok"
        case .connection: "connection"
        case .usage: "usage"
        case .untrusted: "untrusted"
        case .nameMismatch: "nameMismatch"
        case .protocolFault: "protocol"
        }
    }
}
