// The life of the process around a server: signals, the service manager, the pid file, and the drain at the
// end. Called by the start and the loop; what a stop or a reload means to other parts is the loop's.

import PosternCore
import PosternLinux

struct Lifecycle: ~Copyable {
    private let signals: Signals
    private var manager: ServiceManager
    /// Removed with the server.
    private let pidFile: PidFile
    /// The only client there will ever be, where a super-server gave one.
    let inherited: InheritedConnection?
    /// When the drain ends, once the server was told to stop.
    private var drainEndMilliseconds: Int64?

    init(
        _ signals: consuming Signals, _ manager: consuming ServiceManager, _ pidFile: consuming PidFile,
        _ inherited: InheritedConnection?
    ) {
        self.signals = signals
        self.manager = manager
        self.pidFile = pidFile
        self.inherited = inherited
    }

    /// The next thing that a signal asks for.
    func nextRequest() -> Signals.Request? { signals.next() }

    /// When the loop is wanted again; never if nil.
    var dueMilliseconds: Int64? { earliest(drainEndMilliseconds, manager.keepAliveAtMilliseconds) }

    /// Nobody more will come.
    var isLastConnection: Bool { isDraining || inherited != nil }

    // The drain

    var isDraining: Bool { drainEndMilliseconds != nil }

    mutating func startDraining(_ config: Config, atMilliseconds now: Int64) {
        drainEndMilliseconds = now + Int64(widening: config.deadlines.drainMilliseconds)
    }

    func isDrainOver(atMilliseconds now: Int64) -> Bool { drainEndMilliseconds.map { now >= $0 } ?? false }

    // The service manager

    /// It serves, for the first time or with what was reloaded.
    func tellReady(openCount: Int) { manager.tellReady { line in line.append(openCount: openCount) } }

    func tellReloading() { manager.tellReloading() }

    func tellStopping(_ config: Config, openCount: Int) {
        manager.tellStopping(withinMilliseconds: config.deadlines.drainMilliseconds) { line in
            line.append("stopping, ")
            line.append(openCount: openCount)
        }
    }

    /// The watchdog's keep-alive. Only the loop sends it, so it proves that the loop runs.
    mutating func keepAlive(openCount: Int, atMilliseconds now: Int64) {
        manager.keepAlive(atMilliseconds: now) { line in line.append(openCount: openCount) }
    }

    /// What the start has found.
    func warn(_ log: borrowing ServerLog) {
        if let error = manager.error {
            log.write(.warning) { line in
                line.append("the service manager cannot be told of anything, at $NOTIFY_SOCKET: ")
                line.append(error.text)
            }
        }
        Warnings.aboutNotifySocket(manager.unusableSocket) { log.warn($0) }
        if pidFile.staleOwner != 0 {
            log.write(.notice) { line in
                line.append("the pid file was left by process ")
                line.append(Int(pidFile.staleOwner))
                line.append(", which is gone or another program by now")
            }
        }
    }
}

extension Lifecycle {
    static func makeSignals(_ poller: borrowing Poller) throws(OperatorError) -> Signals {
        do throws(SystemError) {
            let signals = try Signals()
            try poller.add(signals)
            return signals
        } catch {
            throw OperatorError(system: error)
        }
    }

    static func takeConnection(_ config: Config) throws(OperatorError) -> InheritedConnection? {
        guard config.process.inetd else { return nil }
        do throws(SystemError) {
            return try InheritedConnection(config.socket)
        } catch {
            throw OperatorError(error) { line in
                line.append("--inetd wants a connection as standard input: ")
                line.append(error.text)
                line.append("; start it from inetd or another super-server")
            }
        }
    }

    static func takePidFile(_ config: ProcessConfig) throws(OperatorError) -> PidFile {
        do throws(PidFileError) {
            return try PidFile(config.pidFile)
        } catch {
            throw OperatorError(pidFile: config.pidFile ?? "", error)
        }
    }

    /// Everything that needs root, or the old root directory, has been done: addresses, files, the system
    /// log, the pid file. What follows happens with less.
    static func dropPrivileges(
        _ config: inout Config, _ account: Account?, _ pidFile: inout PidFile
    ) throws(OperatorError) {
        Process.dropPrivileges()
        if let root = config.process.chroot {
            try Process.changeRoot(to: root)
            config.enter(root: root)
            pidFile.enter(root: root)
        } else if config.process.detaches, !config.hasRelativeFiles {
            Process.leaveDirectory()
        }
        try account?.become()
        if !config.process.isInspectable { Process.setUndumpable() }
    }
}

extension Config {
    /// Goes on in the background where that is chosen. Returns nil in the process that shall serve, and in
    /// the one that was called the exit code, once the server listens or has failed.
    public func detach() throws(OperatorError) -> Int32? {
        guard process.detaches else { return nil }
        do throws(ConfigError) { try validate() } catch { throw OperatorError(error) }
        let environment = try ServiceEnvironment()
        do throws(SystemError) {
            switch try Daemon.detach(keeping: environment.listeners) {
            case .server: return nil
            case .caller(let exitCode): return exitCode
            case .callerAlone: break
            }
        } catch {
            throw OperatorError(system: error)
        }
        throw OperatorError(mayPass: true) { line in
            line.append("the server ended before it listened; start it without --detach to see why")
        }
    }
}

extension Line {
    /// What `systemctl status` shows.
    fileprivate mutating func append(openCount count: Int) {
        append(count, of: "connection")
        append(" open")
    }
}

extension OperatorError {
    fileprivate init(pidFile path: Text, _ error: PidFileError) {
        self.init(mayPass: error.mayPass) { line in
            line.append("pid file '")
            line.append(path)
            switch error {
            case .live(let owner):
                line.append("' belongs to ")
                // A damaged file does not say whose it is, but its lock says that somebody has it.
                line.append(owner == 0 ? "a process" : "process ")
                if owner != 0 { line.append(Int(owner)) }
                line.append(", which runs; stop it first, or name another file with --pidfile")
            case .notAPidFile:
                line.append("' holds something else than a process id; remove it, or name another file")
                line.append(" with --pidfile")
            case .system(let error):
                line.append("' cannot be written: ")
                line.append(error.text)
                line.append("; make its directory writable, or name another file with --pidfile")
            }
        }
    }
}
