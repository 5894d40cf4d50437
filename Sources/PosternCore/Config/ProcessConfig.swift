// How the program runs as a process: what an init script would want. Part of the configuration.

/// What becomes of the process: user, root directory, background, pid file.
public struct ProcessConfig: Sendable {
    /// The server goes on in the background, and its caller gets the exit code when it listens.
    public var detaches: Bool
    /// The server serves the one connection on standard input, as inetd gives it, and ends. It listens
    /// nowhere.
    public var inetd: Bool
    /// A file for the process id.
    public var pidFile: Text?
    /// Who the server is once it listens: a name in /etc/passwd or a number. Its other groups are dropped.
    public var user: Text?
    /// The group instead of the user's own one: a name in /etc/group or a number.
    public var group: Text?
    /// The directory that is all the server sees once it listens. Files are named as they are outside.
    public var chroot: Text?
    /// Whoever is the same user may look into the process, with a debugger or strace and in /proc. Only for
    /// measuring and finding faults, never for a device: its memory has the private key. No option sets it.
    public var isInspectable: Bool

    public init(
        detaches: Bool = false, inetd: Bool = false, pidFile: Text? = nil, user: Text? = nil,
        group: Text? = nil,
        chroot: Text? = nil,
        isInspectable: Bool = false
    ) {
        self.detaches = detaches
        self.inetd = inetd
        self.pidFile = pidFile
        self.user = user
        self.group = group
        self.chroot = chroot
        self.isInspectable = isInspectable
    }

    /// Something that the server could do at its start it may not be able to do later.
    public var dropsPrivileges: Bool { user != nil || group != nil || chroot != nil }
}

extension Config {
    /// Calls `body` with the name of every file that the server may read or write after its start.
    public mutating func forEachFile(_ body: (inout Text) -> Void) {
        for index in 0..<identities.count {
            body(&identities[index].certificate)
            body(&identities[index].key)
        }
        clients.forEachFile(body)
    }

    /// The server may leave its directory only if this is false.
    public var hasRelativeFiles: Bool {
        var config = self
        var found = process.pidFile.map { !$0.isAbsolute } ?? false
        config.forEachFile { file in found = found || !file.isAbsolute }
        return found
    }

    /// Files and local sockets that are below the new root get the names that they have there. The others
    /// keep theirs.
    public mutating func enter(root: Text) {
        forEachFile { file in file = file.below(root) ?? file }
        for index in 0..<forward.routes.count {
            guard case .unix(let path) = forward.routes[index].target else { continue }
            forward.routes[index].target = .unix(path.below(root) ?? path)
        }
    }
}
