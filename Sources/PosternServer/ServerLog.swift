// The log and the counters: what the server did, in lines and in numbers. Every part writes to it. It is not
// copyable, so that no turn of the loop copies all the counters.

import PosternCore
import PosternLinux
import PosternTLS
import PosternX509

struct ServerLog: ~Copyable {
    private var log: Log
    private var counters = Counters()
    /// Where there is a process for each connection, its start and end are logged at debug.
    let serviceLevel: LogLevel

    init(_ config: Config) {
        log = Log(config.log)
        serviceLevel = config.process.inetd ? .debug : .notice
    }

    func write(_ level: LogLevel, _ compose: (inout Line) -> Void) { log.write(level, compose) }

    func warn(_ warning: Line) { log.write(.warning) { line in line.append(warning) } }

    /// Lines that were left out, once they may be reported.
    mutating func reportSuppressed(atMilliseconds now: Int64) {
        if log.hasSuppressed { log.reportSuppressed(atMilliseconds: now) }
    }

    /// It waits for time to pass before it can say something.
    var hasSuppressed: Bool { log.hasSuppressed }

    // Connections

    mutating func countAccepted() { counters.accepted += 1 }

    mutating func countHandshake(_ session: TLSSession, atMilliseconds now: Int64) {
        counters.handshakes += 1
        if session.isResumed { counters.resumed += 1 }
        reportSkippedRevocation(session, atMilliseconds: now)
    }

    /// Policy `warn`: never in silence, and only of a client that has proven its key.
    mutating func reportSkippedRevocation(_ session: TLSSession, atMilliseconds now: Int64) {
        guard session.hasSkippedRevocation else { return }
        log.writeLimited(.warning, atMilliseconds: now) { line in
            line.append("a client was accepted without a revocation check: no current CRL from its issuer")
        }
    }

    /// A connection ends. Before its session is wiped: the line names what was negotiated.
    @inline(never)
    mutating func closed(
        _ slot: ConnectionSlot, _ session: TLSSession?, _ end: ChannelError, atMilliseconds now: Int64,
        describeService: (inout Line) -> Void
    ) {
        counters.countClosed(end.reason)
        counters.bytesIn += slot.connection.bytesIn
        counters.bytesOut += slot.connection.bytesOut
        guard log.writes(.info) else { return }
        let negotiated = slot.connection.phase == .handshaking ? nil : session
        log.writeLimited(.info, atMilliseconds: now) { line in
            line.append("closed peer=")
            slot.peer.append(to: &line)
            line.append(" version=")
            line.append(negotiated?.versionName ?? "-")
            line.append(" suite=")
            line.append(negotiated?.suiteName ?? "-")
            line.append(" in=")
            line.append(slot.connection.bytesIn)
            line.append(" out=")
            line.append(slot.connection.bytesOut)
            line.append(" seconds=")
            line.append(secondsOfMilliseconds: now - slot.acceptedAtMilliseconds)
            line.append(" reason=")
            line.append(end.reason.name)
            if end.code != 0 {
                line.append(" code=")
                line.append(libraryCode: end.code)
            }
            describeService(&line)
            line.append(leafOf: session?.clientChain)
        }
    }

    // The server

    func reportCounters(openCount: Int, openBytes: (in: UInt64, out: UInt64)) {
        let arena = TLSArena.usage
        log.write(.notice) { line in
            line.append("counters")
            line.append(count: counters.accepted, of: "accepted")
            line.append(count: counters.handshakes, of: "handshakes")
            line.append(count: counters.resumed, of: "resumed")
            line.append(count: UInt64(widening: openCount), of: "open")
            line.append(count: counters.bytesIn + openBytes.in, of: "bytesIn")
            line.append(count: counters.bytesOut + openBytes.out, of: "bytesOut")
            for value in 0..<UInt8(CloseReason.count) {
                guard let reason = CloseReason(rawValue: value) else { continue }
                line.append(count: counters.closed(reason), of: reason.name)
            }
            line.append(count: UInt64(widening: arena.totalBytes), of: "arenaBytes")
            line.append(count: UInt64(widening: arena.usedBytes), of: "arenaUsedBytes")
            line.append(count: UInt64(widening: arena.peakBytes), of: "arenaPeakBytes")
            line.append(count: UInt64(widening: arena.failures), of: "arenaFailures")
        }
    }

    func reportDraining(_ config: Config, openCount: Int) {
        log.write(.notice) { line in
            line.append("stopping; ")
            line.append(openCount, of: "connection")
            line.append(openCount == 1 ? " is open, it has " : " are open, they have ")
            line.append(config.deadlines.drainMilliseconds)
            line.append(" ms")
        }
    }

    func reportStop() {
        log.write(serviceLevel) { line in
            line.append("stopped; served ")
            line.append(counters.handshakes, of: "connection")
        }
    }
}

extension Line {
    fileprivate mutating func append(count: UInt64, of name: Text) {
        append(" ")
        append(name)
        append("=")
        append(count)
    }

    /// Who it was, by its certificate. The last field of a line: a name may have blanks.
    fileprivate mutating func append(leafOf chain: UnsafeRawBufferPointer?) {
        guard let chain, !chain.isEmpty else { return }
        do throws(DERError) {
            var reader = DERReader(chain)
            let leaf = try Certificate(try reader.next().whole)
            append(" client=")
            append(distinguishedName: leaf.subject)
        } catch {}
    }
}
