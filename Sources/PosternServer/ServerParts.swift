// Everything of a server that can be checked and made without opening a socket.

import PosternCore
import PosternLinux
import PosternTLS

struct ServerParts: ~Copyable {
    let plan: MemoryPlan
    let clients: SlotPool<Client>
    let channels: SlotPool<ChannelSlot>
    let deadlines: Deadlines
    let queue: SlotQueue
    let buffer: UnsafeMutableRawBufferPointer
    let context: TLSContext
    /// Who the server becomes once it listens.
    let account: Account?
    /// Descriptors that the system allows too few of, or 0.
    let descriptorsMissing: Int
    var credentials: CredentialStore
    /// Nil in a check, which makes nothing.
    let ownIdentity: OwnIdentity?

    init<Provider: Service>(
        _ config: Config, _ service: Provider, _ memory: MemoryRegion, isCheck: Bool
    ) throws(OperatorError) {
        try TLSLibrary.check()
        try ServerParts.validate(config, service)
        let plan = MemoryPlan(config, blockBytes: memory.count)
        try plan.validate(config)
        let account = try Account.named(user: config.process.user, group: config.process.group)
        if let root = config.process.chroot { try Process.checkRoot(root) }
        KernelRandom.wait(config.log)
        let descriptors = config.connections + Limits.listeners + Limits.descriptorReserve
        let descriptorsMissing = Process.prepare(descriptors: descriptors)
        Process.disableDumps(of: memory, config.log)

        // The plan has counted what is taken here: it fits.
        let count = config.connections
        var rest = memory
        let clients = SlotPool<Client>(slots: rest.take(count).unsafelyUnwrapped, capacity: count)
        let channels = SlotPool<ChannelSlot>(slots: rest.take(count).unsafelyUnwrapped, capacity: count)
        let links: UnsafeMutablePointer<Deadlines.Link> = rest.take(count * Deadlines.linksPerConnection)
            .unsafelyUnwrapped
        let queue = SlotQueue(places: rest.take(count).unsafelyUnwrapped, capacity: count)
        let bytes: UnsafeMutablePointer<UInt8> = rest.take(Limits.recordBytes).unsafelyUnwrapped
        TLSArena.use(
            rest.start, count: rest.count, kernelPageBytes: Process.pageBytes, discard: Process.discardPages)
        precondition(TLSArena.usage.totalBytes >= plan.arenaBlockBytes)
        let ownIdentity = try isCheck ? nil : OwnIdentity(config, owner: account)
        let credentials = try CredentialStore(config, withMissing: isCheck)
        let context = try ServerParts.makeContext(config)
        if let clients = credentials.clients { context.authorizeClients(by: clients) }

        self.plan = plan
        self.clients = clients
        self.channels = channels
        self.deadlines = Deadlines(links: links, config.deadlines)
        self.queue = queue
        self.buffer = UnsafeMutableRawBufferPointer(start: bytes, count: Limits.recordBytes)
        self.account = account
        self.descriptorsMissing = descriptorsMissing
        self.credentials = credentials
        self.ownIdentity = ownIdentity
        self.context = context
    }

    /// Standard input is the client.
    private static func refuseStandardInput(_ config: Config) throws(OperatorError) {
        var config = config
        var isUsed = false
        config.forEachFile { file in isUsed = isUsed || File.isStandardInput(file) }
        guard !isUsed else {
            throw OperatorError { line in
                line.append("--inetd serves the client on standard input; name files instead of -")
            }
        }
    }

    private static func makeContext(_ config: Config) throws(OperatorError) -> TLSContext {
        var tls = config.tls
        // The key of a ticket would end with the process, before a client can come back.
        if config.process.inetd { tls.ticketSeconds = 0 }
        do throws(ChannelError) {
            return try TLSContext(tls, clients: config.clients.certificates)
        } catch {
            throw OperatorError { line in
                line.append("TLS cannot be set up (Mbed TLS error ")
                line.append(libraryCode: error.code)
                line.append("); check the fields of tls in the configuration")
            }
        }
    }

    private static func validate<Provider: Service>(_ config: Config, _ service: Provider)
        throws(OperatorError)
    {
        do throws(ConfigError) { try config.validate() } catch { throw OperatorError(error) }
        try config.clients.validate()
        if config.process.inetd { try refuseStandardInput(config) }
        for index in 0..<config.listeners.count where !Listener.accepts(config.listeners[index].host) {
            throw OperatorError(unknownHost: config.listeners[index].host)
        }
        let headrooms = 0...Limits.headroomBytesMax
        guard headrooms.contains(service.headroom) else {
            throw OperatorError(
                ConfigError.outOfRange(
                    field: "service.headroom", value: service.headroom, allowed: headrooms))
        }
        let maxima = 1...Limits.recordBytes
        guard maxima.contains(service.maximum) else {
            throw OperatorError(
                ConfigError.outOfRange(field: "service.maximum", value: service.maximum, allowed: maxima))
        }
    }
}

extension Deadlines {
    fileprivate init(links: UnsafeMutablePointer<Link>, _ lengths: DeadlineLengths) {
        self.init(links: links)
        setLength(lengths.handshakeMilliseconds, of: .handshake)
        setLength(lengths.idleMilliseconds, of: .idle)
        setLength(lengths.closeMilliseconds, of: .close)
        setLength(lengths.lifetimeMilliseconds, of: .lifetime)
    }
}

extension Server {
    /// Checks the configuration and the identity as a start would, and opens nothing.
    public static func check(
        _ config: Config, service: Provider, memory: MemoryRegion
    ) throws(OperatorError) -> MemoryPlan {
        try ServerParts(config, service, memory, isCheck: true).plan
    }

    /// The same, and says what a start would warn of. To find that out, a process of root gives up its
    /// rights as the server would: nothing but the program's end may follow.
    public static func checkAndWarn(
        _ config: Config, service: Provider, memory: MemoryRegion
    ) throws(OperatorError) {
        var parts = try ServerParts(config, service, memory, isCheck: true)
        let environment = try ServiceEnvironment()
        Warnings.aboutNotifySocket(environment.unusableNotifySocket) { StandardError.warn($0) }
        Warnings.aboutDescriptors(missing: parts.descriptorsMissing) { StandardError.warn($0) }
        Warnings.forEach(config, parts.credentials) { StandardError.warn($0) }
        guard config.process.givesUpRights, Process.isRoot else { return }
        var config = config
        var pidFile = try Server.takePidFile(ProcessConfig())
        try Server.giveUpRights(&config, parts.account, &pidFile)
        parts.credentials.rehearseReplacing(config) { StandardError.warn($0) }
    }

    static func makePoller() throws(OperatorError) -> Poller {
        do throws(SystemError) { return try Poller() } catch { throw OperatorError(system: error) }
    }

    static func makeSignals(_ poller: borrowing Poller) throws(OperatorError) -> Signals {
        do throws(SystemError) {
            let signals = try Signals()
            try poller.add(signals)
            return signals
        } catch {
            throw OperatorError(system: error)
        }
    }

    /// Listens where the configuration says, unless sockets have come from a service manager.
    static func listen(
        _ config: Config, given: FixedList<8, Listener>, _ poller: borrowing Poller
    ) throws(OperatorError) -> FixedList<8, Listener> {
        var listeners = given
        let wanted = given.isEmpty && !config.process.inetd ? config.listeners.count : 0
        for index in 0..<wanted {
            do throws(SystemError) {
                _ = listeners.append(try Listener(config.listeners[index], config.socket))
            } catch {
                close(listeners)
                throw OperatorError(listening: config.listeners[index], error)
            }
        }
        for index in 0..<listeners.count {
            do throws(SystemError) {
                try poller.add(listeners[index], .listener(index))
            } catch {
                close(listeners)
                throw OperatorError(system: error)
            }
        }
        return listeners
    }

    private static func close(_ listeners: FixedList<8, Listener>) {
        for index in 0..<listeners.count { listeners[index].close() }
    }

    /// Sockets of a service manager, before a descriptor of our own can be taken for one. They stay the
    /// manager's: it may start a server again with them.
    static func adopt(
        _ environment: ServiceEnvironment, _ config: Config
    ) throws(OperatorError) -> FixedList<8, Listener> {
        var listeners = FixedList<8, Listener>()
        for index in 0..<(config.process.inetd ? 0 : environment.listeners) {
            let descriptor = ServiceEnvironment.firstDescriptor + Int32(index)
            do throws(SystemError) {
                _ = listeners.append(try Listener(adopting: descriptor, config.socket))
            } catch {
                throw OperatorError { line in
                    line.append("descriptor ")
                    line.append(Int(descriptor))
                    line.append(" of LISTEN_FDS cannot be listened on: ")
                    line.append(error.text)
                    line.append("; check ListenStream= of the socket unit")
                }
            }
        }
        return listeners
    }
}

extension OperatorError {
    init(unknownHost host: Text) {
        self.init { line in
            line.append("'")
            line.append(host)
            line.append(
                "' is not an address to listen on; give a numeric address of this machine, or localhost"
            )
        }
    }

    init(listening address: ListenAddress, _ fault: SystemError) {
        self.init { line in
            line.append("cannot listen on ")
            address.append(to: &line)
            line.append(": ")
            line.append(fault.text)
            line.append("; ")
            line.append(fault.listeningAdvice)
        }
    }

    init(system fault: SystemError) {
        self.init { line in
            line.append("the system refuses what the server needs: ")
            line.append(fault.text)
        }
    }
}
