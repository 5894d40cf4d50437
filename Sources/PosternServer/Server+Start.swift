// The start of a server, in the order of ARCHITECTURE.md, "Startup order", and the check that opens nothing.

import PosternCore
import PosternLinux

extension Server {
    /// Checks the configuration, loads the identity, and listens. `memory` is the region of a StaticMemory.
    /// Throws a sentence for the operator, and then nothing is open.
    public init(_ config: Config, service: Provider, memory: MemoryRegion) throws(OperatorError) {
        let environment = try ServiceEnvironment()
        let given = try Acceptor.adopt(environment, config)
        var parts = try ServerParts(config, service, memory, isCheck: false)
        let targets = try ForwardTargets(config, given: given)
        try parts.connections.service.prepare()
        let inherited = try Lifecycle.takeConnection(config)
        let poller = try Server.makePoller()
        try parts.credentials.watchClock(config, poller)
        let signals = try Lifecycle.makeSignals(poller)
        let log = ServerLog(config)
        var pidFile = try Lifecycle.takePidFile(config.process)
        let acceptor = try Acceptor(config, given: given, poller)
        let manager = ServiceManager(environment)
        ServiceEnvironment.forget()
        var config = config
        try Lifecycle.dropPrivileges(&config, parts.account, &pidFile)
        parts.connections.service.start(config)
        parts.credentials.watchFiles(config, poller, log)
        self.config = config
        self.poller = poller
        self.acceptor = acceptor
        self.lifecycle = Lifecycle(signals, manager, pidFile, inherited)
        nowMilliseconds = Process.monotonicMilliseconds()
        let plan = parts.plan
        let descriptorsMissing = parts.descriptorsMissing
        connections = parts.connections
        credentials = parts.credentials
        self.log = log
        reportStart(plan, targets, descriptorsMissing: descriptorsMissing)
    }

    private mutating func reportStart(
        _ plan: MemoryPlan, _ targets: ForwardTargets, descriptorsMissing: Int
    ) {
        log.write(log.serviceLevel) { line in
            line.append(lifecycle.inherited == nil ? "listening on" : "serving one connection")
            for index in 0..<acceptor.listeners.count {
                line.append(" ")
                acceptor.listeners[index].address.append(to: &line)
            }
            line.append("; ")
            line.append(versionOf: config.port)
            line.append("; ")
            credentials.append(to: &line, config)
            line.append("; RAM ")
            line.append((plan.totalBytes + 1023) / 1024)
            line.append(" KiB")
        }
        acceptor.warn(log)
        lifecycle.warn(log)
        Warnings.aboutDescriptors(missing: descriptorsMissing) { log.warn($0) }
        Warnings.aboutTargets(config.forward, targets) { log.warn($0) }
        credentials.warn(config, log)
        credentials.reportOwnIdentity(config, log)
    }

    /// The last steps: from here on the server serves. A caller that did not wait for this gets no server.
    mutating func begin() {
        File.forbidWaiting()
        if config.process.dropsPrivileges { credentials.reloadWithoutPrivileges(config) { log.warn($0) } }
        if let inherited = lifecycle.inherited {
            connections.open(
                inherited.descriptor, inherited.peer, with: credentials, poller, &log,
                atMilliseconds: nowMilliseconds)
        }
        lifecycle.tellReady(openCount: connections.openCount)
        guard !Daemon.report(exitCode: 0) else { return }
        log.write(.error) { line in line.append("the process that started the server is gone; stopping") }
        startDraining()
    }

    private static func makePoller() throws(OperatorError) -> Poller {
        do throws(SystemError) { return try Poller() } catch { throw OperatorError(system: error) }
    }
}

extension Server {
    /// Checks the configuration and the identity as a start would, and opens nothing.
    public static func check(
        _ config: Config, service: Provider, memory: MemoryRegion
    ) throws(OperatorError) -> MemoryPlan {
        try ServerParts(config, service, memory, isCheck: true).plan
    }

    /// The same, and says what a start would warn of. To find that out, a process of root drops its
    /// privileges as the server would: nothing but the program's end may follow.
    public static func checkAndWarn(
        _ config: Config, service: Provider, memory: MemoryRegion
    ) throws(OperatorError) {
        var parts = try ServerParts(config, service, memory, isCheck: true)
        let targets = try ForwardTargets(config, given: FixedList())
        let environment = try ServiceEnvironment()
        Warnings.aboutNotifySocket(environment.unusableNotifySocket) { StandardError.warn($0) }
        Warnings.aboutMissingAddresses(config) { StandardError.warn($0) }
        Warnings.aboutDescriptors(missing: parts.descriptorsMissing) { StandardError.warn($0) }
        Warnings.aboutTargets(config.forward, targets) { StandardError.warn($0) }
        Warnings.forEach(config, parts.credentials.store) { StandardError.warn($0) }
        guard config.process.dropsPrivileges, Process.isRoot else { return }
        var config = config
        var pidFile = try Lifecycle.takePidFile(ProcessConfig())
        try Lifecycle.dropPrivileges(&config, parts.account, &pidFile)
        parts.credentials.reloadWithoutPrivileges(config) { StandardError.warn($0) }
    }
}
