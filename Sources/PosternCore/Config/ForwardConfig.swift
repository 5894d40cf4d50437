// Forwarding: which plain services stand behind the server, and what they are told about a client. Part of
// Config.

/// Plain services that connections are forwarded to; without a route the server's own service answers.
public struct ForwardConfig: Sendable {
    /// Whether a service is told who its client is, with a PROXY protocol header.
    public enum SendProxy: Sendable {
        case never
        case version1
        case version2
    }

    /// What becomes of a connection whose client ends its stream without close_notify (RFC 8446, section
    /// 6.1): somebody may have cut it.
    public enum MissingCloseNotify: Sendable {
        /// The service sees a reset.
        case reset
        /// The service sees a clean end, for old clients.
        case close
    }

    /// At most Limits.namedRoutes with a server name and Limits.targets without one. Of several that are
    /// equally fit, the first is tried first.
    public var routes: FixedList<12, Route>
    public var sendProxy: SendProxy
    /// Clients from there must begin with a PROXY protocol header, others must not.
    public var proxyFrom: FixedList<4, Network>
    public var missingCloseNotify: MissingCloseNotify
    /// For a connection to a service.
    public var connectMilliseconds: Int

    public static let none = ForwardConfig()

    public init(
        routes: FixedList<12, Route> = FixedList(),
        sendProxy: SendProxy = .never,
        proxyFrom: FixedList<4, Network> = FixedList(),
        missingCloseNotify: MissingCloseNotify = .reset,
        connectMilliseconds: Int = 5_000
    ) {
        self.routes = routes
        self.sendProxy = sendProxy
        self.proxyFrom = proxyFrom
        self.missingCloseNotify = missingCloseNotify
        self.connectMilliseconds = connectMilliseconds
    }
}

/// Clients that ask for a server name, and the service that they are forwarded to.
public struct Route: Sendable {
    /// A DNS name, or a wildcard for one label (*.cam.home). Nil: clients whose name no other route has, and
    /// those that ask for none.
    public var serverName: Text?
    public var target: Target

    public init(_ serverName: Text? = nil, to target: Target) {
        self.serverName = serverName
        self.target = target
    }

    /// Whether its name can be one that a client asks for.
    public var hasValidName: Bool {
        guard let serverName else { return true }
        let name = UnsafeRawBufferPointer(serverName.bytes)
        let isWildcard = NameSyntax.isWildcard(name)
        return NameSyntax.isHost(isWildcard ? UnsafeRawBufferPointer(rebasing: name[2...]) : name)
    }
}

extension ForwardConfig {
    /// The routes for a client, bit n for `routes[n]`: those with the very name that it asks for; else those
    /// with a wildcard for it; else, and where it asks for none, those without a name. 0: there is none, and
    /// the name is unknown.
    public func routes(for serverName: UnsafeRawBufferPointer?) -> UInt32 {
        var exact: UInt32 = 0
        var covering: UInt32 = 0
        var unnamed: UInt32 = 0
        for index in 0..<routes.count {
            let bit: UInt32 = 1 &<< UInt32(truncatingIfNeeded: index)
            guard let pattern = routes[index].serverName else {
                unnamed |= bit
                continue
            }
            let bytes = UnsafeRawBufferPointer(pattern.bytes)
            guard let serverName, NameSyntax.dnsName(bytes, covers: serverName) else { continue }
            if NameSyntax.isWildcard(bytes) { covering |= bit } else { exact |= bit }
        }
        return exact != 0 ? exact : covering != 0 ? covering : unnamed
    }

    public func validate() throws(ConfigError) {
        var unnamed = 0
        for index in 0..<routes.count {
            let route = routes[index]
            if route.serverName == nil { unnamed += 1 }
            guard route.hasValidName else {
                throw .unfit(
                    field: "forward.routes",
                    problem: "has a server name that is neither a DNS name nor a wildcard such as *.cam.home"
                )
            }
            if let fault = route.target.fault { throw .unfit(field: "forward.routes", problem: fault) }
        }
        try require(unnamed, in: 0...Limits.targets, "forward.routes without a server name")
        try require(
            routes.count - unnamed, in: 0...Limits.namedRoutes, "forward.routes with a server name")
        if routes.isEmpty, sendProxy != .never {
            throw .unfit(
                field: "forward.sendProxy",
                problem: "has no effect without forward.routes; give --connect or --route, or leave it out")
        }
        if routes.isEmpty, missingCloseNotify != .reset {
            throw .unfit(
                field: "forward.missingCloseNotify",
                problem: "has no effect without forward.routes; give --connect or --route, or leave it out")
        }
        for index in 0..<proxyFrom.count where proxyFrom[index].hasHostBits {
            throw .unfit(
                field: "forward.proxyFrom",
                problem: "has bits set behind its prefix; write 192.168.0.0/16, or one address alone")
        }
        try require(
            connectMilliseconds, in: 1...Limits.deadlineMillisecondsMax, "forward.connectMilliseconds")
    }
}

// The words of the command line and of --print-config.

extension ForwardConfig.SendProxy {
    public var name: Text {
        switch self {
        case .never: "never"
        case .version1: "1"
        case .version2: "2"
        }
    }

    /// What --send-proxy takes.
    public static func named(_ name: Text) -> ForwardConfig.SendProxy? {
        if name == ForwardConfig.SendProxy.version1.name { return .version1 }
        return name == ForwardConfig.SendProxy.version2.name ? .version2 : nil
    }
}

extension ForwardConfig.MissingCloseNotify {
    public var name: Text { self == .reset ? "reset" : "close" }

    public static func named(_ name: Text) -> ForwardConfig.MissingCloseNotify? {
        if name == ForwardConfig.MissingCloseNotify.reset.name { return .reset }
        return name == ForwardConfig.MissingCloseNotify.close.name ? .close : nil
    }
}
