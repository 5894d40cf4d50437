// The server: what it is made of, and the loop. The phases are in ServerConnections.swift, what signals ask
// for in ServerRequests.swift, and what is logged in ServerReports.swift.

import PosternAuthorization
import PosternCore
import PosternLinux
import PosternTLS

/// A TLS server: `init` opens everything or throws one sentence, `run()` returns when it was told to stop.
public struct Server<Provider: Service>: ~Copyable {
    let config: Config
    let plan: MemoryPlan
    var service: Provider
    var log: Log
    var counters = Counters()
    let context: TLSContext
    var credentials: CredentialStore
    var ownIdentity: OwnIdentity
    var poller: Poller
    let signals: Signals
    var manager: ServiceManager
    /// The only client there will ever be.
    let inherited: InheritedConnection?
    /// Nil unless files are watched.
    var files: WatchedFiles?
    /// Nil where nothing depends on the time: neither certificates of clients nor one that is made here.
    let clockWatch: ClockWatch?
    /// Removed with the server.
    let pidFile: PidFile
    var listeners: FixedList<8, Listener>
    var acceptance = Acceptance()
    var clients: SlotPool<Client>
    var channels: SlotPool<ChannelSlot>
    var deadlines: Deadlines
    var queue: SlotQueue
    /// Plain text, of whichever connection has its turn.
    let buffer: UnsafeMutableRawBufferPointer
    let descriptorsMissing: Int
    var nowMilliseconds: Int64
    var isReloadWanted = false
    var reauthorization = Reauthorization()
    /// Something was done in this turn that costs time, a step of a handshake or a client authorized again.
    /// There is one such thing between two looks at the sockets.
    var hasPaid = false
    var clockIsUnset: Bool
    /// When the drain ends, once the server was told to stop.
    var drainEndMilliseconds: Int64?

    /// Checks the configuration, loads the identity, and listens. `memory` is the region of a StaticMemory.
    /// Throws a sentence for the operator, and then nothing is open.
    public init(_ config: Config, service: Provider, memory: MemoryRegion) throws(OperatorError) {
        let environment = try ServiceEnvironment()
        let given = try Server.adopt(environment, config)
        let parts = try ServerParts(config, service, memory, isCheck: false)
        let inherited = try Server.takeConnection(config)
        let poller = try Server.makePoller()
        let clockWatch = try Server.watchClock(config, poller)
        let signals = try Server.makeSignals(poller)
        let log = Log(config.log)
        var pidFile = try Server.takePidFile(config.process)
        let listeners = try Server.listen(config, given: given, poller)
        let manager = ServiceManager(environment)
        ServiceEnvironment.forget()
        var config = config
        try Server.giveUpRights(&config, parts.account, &pidFile)
        let files = Server.watchFiles(config, poller, log)
        self.config = config
        self.inherited = inherited
        self.manager = manager
        self.pidFile = pidFile
        self.service = service
        self.poller = poller
        self.signals = signals
        self.files = files
        self.clockWatch = clockWatch
        self.listeners = listeners
        plan = parts.plan
        descriptorsMissing = parts.descriptorsMissing
        self.log = log
        clients = parts.clients
        channels = parts.channels
        deadlines = parts.deadlines
        queue = parts.queue
        buffer = parts.buffer
        context = parts.context
        clockIsUnset = parts.credentials.clockIsUnset
        credentials = parts.credentials
        ownIdentity = parts.ownIdentity.unsafelyUnwrapped
        nowMilliseconds = Process.monotonicMilliseconds()
    }

    /// Serves until it is told to stop and everything in flight has ended.
    public mutating func run() {
        reportStart()
        reportOwnIdentity()
        File.forbidWaiting()
        if config.process.givesUpRights { rehearseReload() }
        if let inherited { start(inherited.descriptor, inherited.peer) }
        tellCaller()
        while !isFinished {
            let eventCount = poller.wait(milliseconds: waitMilliseconds())
            nowMilliseconds = Process.monotonicMilliseconds()
            hasPaid = false
            for index in 0..<eventCount { receive(poller.event(index)) }
            acceptWaiting()
            reauthorizeNext()
            advanceQueued()
            expireDeadlines()
            keepAlive()
            loadSettledFiles()
            renewOwnIdentity()
            if isReloadWanted { reload() }
            noticeRightClock()
            if log.hasSuppressed { log.reportSuppressed(atMilliseconds: nowMilliseconds) }
        }
        reportStop()
    }
}
