// The process around a server: how it leaves its caller, and the file with its id.

import PosternCore
import PosternLinux

extension ProcessChoices {
    /// Goes on in the background where that is chosen. Returns nil in the process that shall serve, and in
    /// the one that was called the exit code, once the server listens or has failed.
    public func detach() throws(OperatorFault) -> Int32? {
        guard detaches else { return nil }
        do throws(SystemFault) {
            switch try Daemon.detach() {
            case .server: return nil
            case .caller(let exitCode): return exitCode
            case .callerAlone: break
            }
        } catch {
            throw OperatorFault(system: error)
        }
        var line = Line()
        line.append(
            "postern: error: the server ended before it listened; start it without --detach to see why")
        StandardError.write(&line)
        return ProcessChoices.exitCodeOfLostServer
    }

    private static let exitCodeOfLostServer: Int32 = 1
}

extension Server {
    static func takePidFile(_ choices: ProcessChoices) throws(OperatorFault) -> PidFile {
        do throws(PidFile.Fault) {
            return try PidFile(choices.pidFile)
        } catch {
            throw OperatorFault(pidFile: choices.pidFile ?? "", error)
        }
    }

    /// Everything that needs root, or the old root folder, has been done: addresses, files, the system log,
    /// the pid file. What follows happens with less.
    static func giveUpRights(
        _ config: inout Config, _ account: Account?, _ pidFile: inout PidFile
    ) throws(OperatorFault) {
        Process.forgoPrivileges()
        if let root = config.process.chroot {
            try Process.changeRoot(to: root)
            config.enter(root: root)
            pidFile.enter(root: root)
        } else if config.process.detaches, !config.hasRelativeFiles {
            Process.leaveFolder()
        }
        try account?.become()
        if config.process.givesUpRights { Process.closeToOthers() }
    }

    /// Loads the files as SIGHUP would, now that the server has less rights than when it read them first:
    /// what will not work is told today.
    mutating func rehearseReload() {
        do throws(OperatorFault) {
            try identities.replace(config)
        } catch {
            log.write(.warning) { line in
                line.append("SIGHUP will load nothing anew, since the server gave up rights: ")
                line.append(error.message)
            }
        }
    }

    /// The server listens. A caller that did not wait for this gets no server.
    mutating func tellCaller() {
        guard !Daemon.report(exitCode: 0) else { return }
        log.write(.error) { line in line.append("the caller is gone that started the server") }
        startDraining()
    }
}

extension OperatorFault {
    init(pidFile path: Text, _ fault: PidFile.Fault) {
        self.init { line in
            line.append("pid file '")
            line.append(path)
            switch fault {
            case .live(let owner):
                line.append("' belongs to process ")
                line.append(Int(owner))
                line.append(", which runs; stop it first, or name another file with --pidfile")
            case .holdsSomethingElse:
                line.append("' holds something else than a process id; remove it, or name another file")
                line.append(" with --pidfile")
            case .system(let fault):
                line.append("' cannot be written: ")
                line.append(fault.text)
                line.append("; make its folder writable, or name another file with --pidfile")
            }
        }
    }
}
