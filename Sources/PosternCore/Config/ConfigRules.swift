// What a configuration must fulfil, but for the rules about clients, in ClientConfig.swift, and those that
// ask the system, in ServerParts.swift. Checked before anything is opened, so that a mistake is one sentence
// and not a server that fails later.

/// The first rule that a configuration breaks. Fields are named as they are written in Config.swift.
public enum ConfigError: Error, Sendable {
    /// Values in `allowed` would be right.
    case outOfRange(field: Text, value: Int, allowed: ClosedRange<Int>)
    /// `problem` says what is wrong and what to do.
    case unfit(field: Text, problem: Text)
}

extension Config {
    public func validate() throws(ConfigError) {
        try require(listeners.count, in: 1...Limits.listeners, "listeners.count")
        try require(identities.count, in: 1...Limits.chains, "identities.count")
        try require(connections, in: 1...Limits.connectionsMax, "connections")
        try validateTLS()
        try validateDeadlines()
        try validateService()
        try validateProcess()
        try require(socket.backlog, in: 1...65_535, "socket.backlog")
        try require(socket.keepAliveSeconds, in: 0...32_767, "socket.keepAliveSeconds")
        try require(turn.accepts, in: 1...1_024, "turn.accepts")
        try require(turn.records, in: 1...1_024, "turn.records")
        try require(log.burstLines, in: 1...10_000, "log.burstLines")
        try require(log.linesPerSecond, in: 1...10_000, "log.linesPerSecond")
    }

    private func validateTLS() throws(ConfigError) {
        try require(tls.groups.count, in: 1...Limits.groups, "tls.groups.count")
        try require(tls.ticketSeconds, in: 0...Limits.ticketSecondsMax, "tls.ticketSeconds")
        for index in 0..<tls.protocols.count {
            // RFC 7301, section 3.1: 1 to 255 bytes.
            try require(tls.protocols[index].count, in: 1...255, "tls.protocols.count")
        }
    }

    private func validateDeadlines() throws(ConfigError) {
        let most = Limits.deadlineMillisecondsMax
        try require(deadlines.handshakeMilliseconds, in: 1...most, "deadlines.handshakeMilliseconds")
        try require(idleMilliseconds, in: 0...most, "deadlines.idleMilliseconds")
        try require(deadlines.closeMilliseconds, in: 1...most, "deadlines.closeMilliseconds")
        try require(deadlines.lifetimeMilliseconds, in: 0...most, "deadlines.lifetimeMilliseconds")
        try require(deadlines.drainMilliseconds, in: 1...most, "deadlines.drainMilliseconds")
        // A connection must be able to become quiet before the drain ends.
        let drain = deadlines.drainMilliseconds
        try require(deadlines.drainQuietMilliseconds, in: 1...drain, "deadlines.drainQuietMilliseconds")
    }

    private func validateService() throws(ConfigError) {
        try forward.validate()
        if forwards {
            guard case .echo = service else {
                throw .unfit(
                    field: "service",
                    problem: "excludes forward.routes; leave out --service, or --connect and --route")
            }
        }
        guard case .respond(let prefix, let maximum, _) = service else { return }
        try require(prefix.count, in: 0...Limits.prefixBytesMax, "service.respond.prefix.count")
        try require(maximum, in: 1...Limits.recordBytes - prefix.count, "service.respond.maximum")
    }

    private func validateProcess() throws(ConfigError) {
        if process.inetd, process.detaches {
            throw .unfit(
                field: "process.inetd",
                problem: "excludes process.detaches; leave out --inetd or --detach")
        }
        if process.inetd, process.pidFile != nil {
            throw .unfit(
                field: "process.inetd",
                problem:
                    "excludes process.pidFile; leave out --inetd or --pidfile")
        }
        if let chroot = process.chroot, !chroot.isAbsolute {
            throw .unfit(
                field: "process.chroot", problem: "is relative; give --chroot a name that begins with /")
        }
        for index in 0..<forward.routes.count {
            guard let root = process.chroot, case .unix(let path) = forward.routes[index].target else {
                continue
            }
            guard path.below(root) != nil else {
                throw .unfit(
                    field: "forward.routes",
                    problem:
                        "has a local socket outside of process.chroot; move it there, or leave out --chroot")
            }
        }
    }
}

/// Throws when the value is none of those that are allowed.
func require(
    _ value: Int, in allowed: ClosedRange<Int>, _ field: Text
) throws(ConfigError) {
    guard !allowed.contains(value) else { return }
    throw .outOfRange(field: field, value: value, allowed: allowed)
}
