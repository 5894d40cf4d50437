// Everything of a server that can be checked and made without opening a socket.

import PosternCore
import PosternLinux
import PosternTLS

struct ServerParts<Provider: Service>: ~Copyable {
    let plan: MemoryPlan
    /// Who the server becomes once it listens.
    let account: Account?
    /// Descriptors that the system allows too few of, or 0.
    let descriptorsMissing: Int
    var connections: ConnectionTable<Provider>
    var credentials: Credentials

    /// A check makes no file.
    init(
        _ config: Config, _ service: Provider, _ memory: MemoryRegion, isCheck: Bool
    ) throws(OperatorError) {
        try TLSLibrary.check()
        try config.validateWhole()
        try service.validate()
        let plan = MemoryPlan(config, serviceBytes: service.bytesEach, blockBytes: memory.count)
        try plan.validate(config)
        let account = try Account.named(user: config.process.user, group: config.process.group)
        if let root = config.process.chroot { try Process.checkRoot(root) }
        KernelRandom.wait(config.log)
        let descriptors = config.connections + Limits.listeners + Limits.descriptorReserve
        let descriptorsMissing = Process.prepare(descriptors: descriptors)
        Process.disableDumps(of: memory, config.log)
        var rest = memory
        let connections = ConnectionTable(config, service, &rest)
        TLSArena.use(
            rest.start, count: rest.count, kernelPageBytes: Process.pageBytes, discard: Process.discardPages)
        precondition(TLSArena.usage.totalBytes >= plan.arenaBlockBytes)
        let credentials = try Credentials(config, owner: account, isCheck: isCheck)
        self.plan = plan
        self.account = account
        self.descriptorsMissing = descriptorsMissing
        self.connections = connections
        self.credentials = credentials
    }
}

extension Config {
    /// The rules that need the system are asked here too.
    fileprivate func validateWhole() throws(OperatorError) {
        do throws(ConfigError) { try validate() } catch { throw OperatorError(error) }
        try clients.validate()
        if process.inetd { try refuseStandardInput() }
        for index in 0..<listeners.count { try checkListener(index) }
    }

    /// Of addresses that overlap the second one would be in use, by this server, at every start.
    private func checkListener(_ index: Int) throws(OperatorError) {
        let address = listeners[index]
        do throws(SystemError) {
            try Listener.check(address.host)
        } catch {
            throw OperatorError(host: address.host, error)
        }
        for earlier in 0..<index where Listener.overlap(listeners[earlier], address) {
            throw OperatorError { line in
                line.append("the server cannot listen on ")
                address.append(to: &line)
                line.append(" beside ")
                listeners[earlier].append(to: &line)
                line.append(", which has that address already; take one of them out of --listen")
            }
        }
    }

    /// Standard input is the client.
    private func refuseStandardInput() throws(OperatorError) {
        var config = self
        var isUsed = false
        config.forEachFile { file in isUsed = isUsed || File.isStandardInput(file) }
        guard !isUsed else {
            throw OperatorError { line in
                line.append("--inetd serves the client on standard input; name files instead of -")
            }
        }
    }
}

extension Service {
    /// What it needs for each connection.
    fileprivate var bytesEach: Int { MemoryLayout<State>.stride + unreadLimit }

    fileprivate func validate() throws(OperatorError) {
        let limits = 0...Limits.unreadBytesMax
        guard limits.contains(unreadLimit) else {
            throw OperatorError(
                ConfigError.outOfRange(field: "service.unreadLimit", value: unreadLimit, allowed: limits))
        }
    }
}

extension OperatorError {
    fileprivate init(host: Text, _ fault: SystemError) {
        self.init(fault) { line in
            line.append("'")
            line.append(host)
            guard !fault.isInterfaceMissing else {
                return line.append(
                    "' names an interface that this machine does not have; bring it up, or give another")
            }
            line.append("' is not an address to listen on; ")
            line.append("give a numeric address of this machine, or localhost")
        }
    }
}
