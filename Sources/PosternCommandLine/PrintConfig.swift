// --print-config: every field of the effective configuration by its name, then the sum of the
// memory.

import PosternCore
import PosternLinux
import PosternServer

/// The service is a field of programs that have the built-in ones.
func printConfig(_ config: Config, _ plan: MemoryPlan, hasBuiltInServices: Bool) {
    printField("port", config.port)
    for index in 0..<config.listeners.count {
        printLine("listeners") { line in config.listeners[index].append(to: &line) }
    }
    printIdentities(config)
    if hasBuiltInServices, !config.forwards { printService(config.service) }
    printForward(config.forward)
    printField("connections", config.connections)
    printTLS(config.tls)
    printField("deadlines.handshakeMilliseconds", config.deadlines.handshakeMilliseconds)
    printField("deadlines.idleMilliseconds", config.idleMilliseconds)
    printField("deadlines.closeMilliseconds", config.deadlines.closeMilliseconds)
    printField("deadlines.lifetimeMilliseconds", config.deadlines.lifetimeMilliseconds)
    printField("deadlines.drainMilliseconds", config.deadlines.drainMilliseconds)
    printField("deadlines.drainQuietMilliseconds", config.deadlines.drainQuietMilliseconds)
    printField("socket.backlog", config.socket.backlog)
    printField("socket.noDelay", config.socket.noDelay ? "true" : "false")
    printField("socket.keepAliveSeconds", config.socket.keepAliveSeconds)
    printField("turn.accepts", config.turn.accepts)
    printField("turn.records", config.turn.records)
    printField("log.level", config.log.level.name)
    printField("log.burstLines", config.log.burstLines)
    printField("log.linesPerSecond", config.log.linesPerSecond)
    printProcess(config.process)
    printMemory(plan)
}

private func printIdentities(_ config: Config) {
    for index in 0..<config.identities.count {
        let files = config.identities[index]
        printField("identities.certificate", files.certificate)
        printField("identities.key", files.key)
        guard case .createIfMissing(let names) = files.missing else { continue }
        printLine("identities.createIfMissing") { line in
            for index in 0..<names.count {
                if index > 0 { line.append(" ") }
                line.append(names[index])
            }
        }
    }
    printField("unknownNames", config.unknownNames.name)
    printClients(config.clients)
    printField("watchesFiles", config.watchesFiles ? "true" : "false")
}

private func printClients(_ clients: ClientConfig) {
    printField("clients", clients.certificates.name)
    guard clients.certificates != .none else { return }
    if let ca = clients.ca { printField("clients.ca", ca) }
    if let crl = clients.crl {
        printField("clients.crl", crl)
        printField("clients.crlPolicy", clients.crlPolicy.name)
        printField("clients.crlEntries", clients.crlEntries)
    }
    if let allow = clients.allow { printField("clients.allow", allow) }
    if let pins = clients.pins { printField("clients.pins", pins) }
    printField("clients.clock", clients.clock.name)
    printField("clients.depth", clients.depth)
}

private func printService(_ service: BuiltInService) {
    printField("service", service.name)
    guard case .respond(let prefix, let maximum, let closing) = service else { return }
    printField("service.prefix", prefix)
    printField("service.maximum", maximum)
    printField("service.closing", closing ? "true" : "false")
}

private func printForward(_ forward: ForwardConfig) {
    for index in 0..<forward.routes.count {
        let route = forward.routes[index]
        printLine("forward.routes") { line in
            if let name = route.serverName {
                line.append(name)
                line.append("=")
            }
            route.target.append(to: &line)
        }
    }
    if !forward.routes.isEmpty {
        printField("forward.sendProxy", forward.sendProxy.name)
        printField("forward.missingCloseNotify", forward.missingCloseNotify.name)
        printField("forward.connectMilliseconds", forward.connectMilliseconds)
    }
    for index in 0..<forward.proxyFrom.count {
        printLine("forward.proxyFrom") { line in forward.proxyFrom[index].append(to: &line) }
    }
}

private func printTLS(_ tls: TLSConfig) {
    printField("tls.suites", tls.suites == .aesFirst ? "aesFirst" : "chachaFirst")
    printLine("tls.groups") { line in
        for index in 0..<tls.groups.count {
            if index > 0 { line.append(" ") }
            switch tls.groups[index] {
            case .secp256r1: line.append("secp256r1")
            case .secp384r1: line.append("secp384r1")
            case .x25519: line.append("x25519")
            }
        }
    }
    printField("tls.tls13", tls.tls13 ? "true" : "false")
    printField("tls.ticketSeconds", tls.ticketSeconds)
    for index in 0..<tls.protocols.count { printField("tls.protocols", tls.protocols[index]) }
}

private func printProcess(_ process: ProcessConfig) {
    printField("process.detaches", process.detaches ? "true" : "false")
    printField("process.inetd", process.inetd ? "true" : "false")
    printField("process.pidFile", process.pidFile ?? "none")
    printField("process.user", process.user ?? "none")
    printField("process.group", process.group ?? "none")
    printField("process.chroot", process.chroot ?? "none")
    printField("process.isInspectable", process.isInspectable ? "true" : "false")
}

/// The parts, in the order in which they add up to the total.
private func printMemory(_ plan: MemoryPlan) {
    printField("memory.imageBytes", plan.imageBytes)
    printField("memory.slotBytes", plan.slotBytes)
    printField("memory.bufferBytes", plan.bufferBytes)
    printField("memory.arenaBytes", plan.arenaBytes)
    printField("memory.totalBytes", plan.totalBytes)
    printField("memory.arenaNeededBytes", plan.arenaNeededBytes)
    printField("memory.connectionBytes", plan.connectionBytes)
    printField("memory.stepBytes", plan.stepBytes)
    printField("memory.pageBytes", plan.pageBytes)
}

private func printField(_ name: Text, _ value: Text) { printLine(name) { line in line.append(value) } }

private func printField(_ name: Text, _ value: Int) { printLine(name) { line in line.append(value) } }

private func printLine(_ name: Text, _ compose: (inout Line) -> Void) {
    var line = Line()
    line.append(name)
    line.append(": ")
    compose(&line)
    StandardOutput.write(&line)
}
