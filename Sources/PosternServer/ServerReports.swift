// The lines that the server logs, all of them.

import PosternCore
import PosternLinux
import PosternTLS

extension Server {
    /// Where there is a process for each connection, its start and end are no news.
    private var serviceLevel: LogLevel { inherited == nil ? .notice : .debug }

    func reportStart() {
        log.write(serviceLevel) { line in
            line.append(inherited == nil ? "listening on" : "serving one connection")
            for index in 0..<listeners.count {
                line.append(" ")
                listeners[index].address.append(to: &line)
            }
            line.append("; ")
            line.append(versionOf: config.port)
            line.append("; ")
            credentials.identity.append(to: &line)
            append(clients: &line)
            line.append("; RAM ")
            line.append((plan.totalBytes + 1023) / 1024)
            line.append(" KiB")
        }
        if let fault = manager.fault {
            log.write(.warning) { line in
                line.append("the service manager cannot be told of anything, at $NOTIFY_SOCKET: ")
                line.append(fault.text)
            }
        }
        Warnings.aboutNotifySocket(manager.unusableSocket) { warning in warn(warning) }
        Warnings.aboutDescriptors(missing: descriptorsMissing) { warning in warn(warning) }
        if pidFile.staleOwner != 0 {
            log.write(.notice) { line in
                line.append("the pid file was left by process ")
                line.append(Int(pidFile.staleOwner))
                line.append(", which is gone or another program by now")
            }
        }
        warnAboutFiles()
    }

    func reportReload() {
        log.write(.notice) { line in
            line.append("identity reloaded: ")
            credentials.identity.append(to: &line)
            append(clients: &line)
        }
        warnAboutFiles()
    }

    private func warnAboutFiles() {
        Warnings.forEach(config, credentials) { warning in warn(warning) }
    }

    func warn(_ warning: Line) { log.write(.warning) { line in line.append(warning) } }

    func reportShortage(_ pause: Acceptance.Pause) {
        log.write(.warning) { line in
            switch pause {
            case .allConnectionsInUse:
                line.append(clients.capacity == 1 ? "the only connection is" : "all ")
                if clients.capacity != 1 {
                    line.append(clients.capacity, of: "connection")
                    line.append(" are")
                }
                line.append(" in use")
            case .noDescriptors:
                line.append("no more descriptors")
            }
            line.append("; new clients wait")
        }
    }

    /// Before the channel is wiped: the line names what was negotiated.
    mutating func reportClosed(_ client: Client, _ end: ChannelError) {
        guard log.writes(.info) else { return }
        let session =
            client.connection.phase == .handshaking
            ? nil : channels.pointer(to: client.channel).pointee.session
        let clientChain = channels.pointer(to: client.channel).pointee.session?.clientChain
        let age = nowMilliseconds - client.acceptedAtMilliseconds
        log.writeLimited(.info, atMilliseconds: nowMilliseconds) { line in
            line.append("closed peer=")
            client.peer.append(to: &line)
            line.append(" version=")
            line.append(session?.versionName ?? "-")
            line.append(" suite=")
            line.append(session?.suiteName ?? "-")
            line.append(" in=")
            line.append(client.connection.bytesIn)
            line.append(" out=")
            line.append(client.connection.bytesOut)
            line.append(" seconds=")
            line.append(secondsOfMilliseconds: age)
            line.append(" reason=")
            line.append(end.reason.name)
            if end.code != 0 {
                line.append(" code=")
                line.append(libraryCode: end.code)
            }
            line.append(clientThatShowed: clientChain)
        }
    }

    func reportCounters() {
        let arena = TLSArena.usage
        var bytesIn = counters.bytesIn, bytesOut = counters.bytesOut
        for slot in 0..<clients.touched where clients.isUsed(slot) {
            bytesIn += clients.pointer(to: slot).pointee.connection.bytesIn
            bytesOut += clients.pointer(to: slot).pointee.connection.bytesOut
        }
        log.write(.notice) { line in
            line.append("counters")
            line.append(count: counters.accepted, of: "accepted")
            line.append(count: counters.handshakes, of: "handshakes")
            line.append(count: counters.resumed, of: "resumed")
            line.append(count: UInt64(widening: clients.used), of: "open")
            line.append(count: bytesIn, of: "bytesIn")
            line.append(count: bytesOut, of: "bytesOut")
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

    func reportDraining() {
        log.write(.notice) { line in
            line.append("stopping; ")
            line.append(clients.used, of: "connection")
            line.append(clients.used == 1 ? " is open, it has " : " are open, they have ")
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

extension Identity {
    func secondsLeft(_ chain: Int) -> Int64 { notAfterSeconds(chain) - Process.unixSeconds() }

    fileprivate func append(to line: inout Line) {
        for chain in 0..<chainCount {
            line.append(chain == 0 ? "certificate " : "; certificate ")
            withSubject(chain) { subject in line.append(subject) }
            line.append(", ")
            line.append(secondsLeft: secondsLeft(chain))
        }
    }
}

extension Line {
    /// postern 0.1.0 (host), Mbed TLS 2.28.3
    public mutating func append(versionOf port: Text) {
        append("postern ")
        append(posternVersion)
        append(" (")
        append(port)
        append("), ")
        appendLibraryVersion()
    }

    fileprivate mutating func append(count: UInt64, of name: Text) {
        append(" ")
        append(name)
        append("=")
        append(count)
    }
}
