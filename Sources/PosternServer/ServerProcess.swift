// The process around a server: how it leaves its caller, the file with its id, what it gives up when it has
// what it needs, and whom it tells.

import PosternCore
import PosternLinux

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
        StandardError.tell(
            OperatorError { line in
                line.append("the server ended before it listened; start it without --detach to see why")
            })
        return Config.exitCodeOfLostServer
    }

    private static let exitCodeOfLostServer: Int32 = 1
}

extension Server {
    /// To the service manager: it serves, for the first time or with what was reloaded.
    func tellReady() { manager.tellReady { line in line.append(openCount: clients.used) } }

    func tellStopping() {
        manager.tellStopping(withinMilliseconds: config.deadlines.drainMilliseconds) { line in
            line.append("stopping, ")
            line.append(openCount: clients.used)
        }
    }

    /// A sign of life: only the loop gives it, so that it is one.
    mutating func keepAlive() {
        let open = clients.used
        manager.keepAlive(atMilliseconds: nowMilliseconds) { line in line.append(openCount: open) }
    }

    static func takeConnection(_ config: Config) throws(OperatorError) -> InheritedConnection? {
        guard config.process.inetd else { return nil }
        do throws(SystemError) {
            return try InheritedConnection(config.socket)
        } catch {
            throw OperatorError { line in
                line.append("--inetd wants a connection as standard input: ")
                line.append(error.text)
                line.append("; start it from inetd or another super-server")
            }
        }
    }

    static func takePidFile(_ config: ProcessConfig) throws(OperatorError) -> PidFile {
        do throws(PidFile.Fault) {
            return try PidFile(config.pidFile)
        } catch {
            throw OperatorError(pidFile: config.pidFile ?? "", error)
        }
    }

    /// Everything that needs root, or the old root directory, has been done: addresses, files, the system
    /// log, the pid file. What follows happens with less.
    static func giveUpRights(
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

    /// Loads the files as SIGHUP would, now that the server has less rights than when it read them first:
    /// what will not work is told today.
    mutating func rehearseReload() {
        let log = log
        let config = config
        credentials.rehearseReplacing(config) { warning in log.write(.warning) { $0.append(warning) } }
    }

    /// The server serves. A caller that did not wait for this gets no server.
    mutating func tellCaller() {
        tellReady()
        guard !Daemon.report(exitCode: 0) else { return }
        log.write(.error) { line in line.append("the caller is gone that started the server") }
        startDraining()
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
    init(pidFile path: Text, _ fault: PidFile.Fault) {
        self.init { line in
            line.append("pid file '")
            line.append(path)
            switch fault {
            case .live(let owner):
                line.append("' belongs to ")
                // A damaged file does not say whose it is, but its lock says that somebody has it.
                line.append(owner == 0 ? "a process" : "process ")
                if owner != 0 { line.append(Int(owner)) }
                line.append(", which runs; stop it first, or name another file with --pidfile")
            case .holdsSomethingElse:
                line.append("' holds something else than a process id; remove it, or name another file")
                line.append(" with --pidfile")
            case .system(let fault):
                line.append("' cannot be written: ")
                line.append(fault.text)
                line.append("; make its directory writable, or name another file with --pidfile")
            }
        }
    }
}
