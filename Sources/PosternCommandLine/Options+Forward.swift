// The options about plain services behind the server: which, for whom, and what they are told.

import PosternCore

extension Options {
    /// The first one replaces the services for all clients, the others add to them.
    mutating func addTarget(_ argument: OptionArgument) throws(OperatorError) {
        if !replacesTargets { removeRoutes(named: false) }
        replacesTargets = true
        let target = try target(
            argument.text, argument,
            "is not a service to forward to; write 127.0.0.1:8080, [::1]:8080 or unix:/run/app.sock")
        guard count(named: false) < Limits.targets, config.forward.routes.append(Route(to: target)) else {
            throw argument.tooMany(Limits.targets)
        }
    }

    /// The first one replaces the services with a server name, the others add to them.
    mutating func addRoute(_ argument: OptionArgument) throws(OperatorError) {
        if !replacesRoutes { removeRoutes(named: true) }
        replacesRoutes = true
        let form: Text =
            "is not a server name and a service; write www.home=127.0.0.1:80 or *.cam.home=unix:/run/cam"
        let bytes = argument.text.bytes
        guard let equals = UnsafeRawBufferPointer(bytes).position(of: UInt8(ascii: "=")) else {
            throw argument.error(form)
        }
        let target = try target(
            Text(zeroTerminated: argument.text.zeroTerminated + equals + 1), argument, form)
        guard let name = HostStorage.keep(UnsafeBufferPointer(rebasing: bytes[..<equals])) else {
            throw Options.noRoom(argument)
        }
        let route = Route(name, to: target)
        guard route.hasValidName else { throw argument.error(form) }
        guard count(named: true) < Limits.namedRoutes, config.forward.routes.append(route) else {
            throw argument.tooMany(Limits.namedRoutes)
        }
    }

    /// The first one replaces the networks of the configuration, the others add to them.
    mutating func addProxyNetwork(_ argument: OptionArgument) throws(OperatorError) {
        if !replacesProxyNetworks { config.forward.proxyFrom.removeAll() }
        replacesProxyNetworks = true
        guard let network = Network(argument.text) else {
            throw argument.error("is not a network; write 192.168.0.0/16, fd00::/8 or one address")
        }
        guard !network.hasHostBits else {
            throw OperatorError { line in
                argument.append(to: &line)
                line.append("has bits set behind its prefix; write ")
                network.withoutHostBits.append(to: &line)
                line.append(" or one address")
            }
        }
        guard config.forward.proxyFrom.append(network) else { throw argument.tooMany(Limits.proxyNetworks) }
    }

    /// The first one replaces the names of the configuration, the others add to them.
    mutating func addProtocol(_ argument: OptionArgument) throws(OperatorError) {
        if !replacesProtocols { config.tls.protocols.removeAll() }
        replacesProtocols = true
        // RFC 7301, section 3.1.
        guard (1...255).contains(argument.text.count) else {
            throw argument.error("is not a protocol name; give 1 to 255 bytes, such as http/1.1")
        }
        try argument.append(to: &config.tls.protocols)
    }

    /// A server forwards or has a service of its own. What the command line says of either replaces what the
    /// configuration says of both.
    mutating func chooseService() throws(OperatorError) {
        guard let service else {
            if replacesTargets || replacesRoutes { config.service = .echo }
            return
        }
        guard !replacesTargets, !replacesRoutes else {
            throw OperatorError { line in
                line.append("options --service and --")
                line.append(replacesTargets ? "connect" : "route")
                line.append(" exclude each other; leave out one of them")
            }
        }
        config.service = service
        config.forward.routes.removeAll()
    }

    private func target(
        _ text: Text, _ argument: OptionArgument, _ form: Text
    ) throws(OperatorError) -> Target {
        var isKept = true
        let target = Target.parse(text) { host in
            let host = HostStorage.keep(host)
            isKept = host != nil
            return host
        }
        guard isKept else { throw Options.noRoom(argument) }
        guard let target else { throw argument.error(form) }
        if let fault = target.fault { throw argument.error(fault) }
        return target
    }

    /// The sentence leaves the word out, which may be too long for any.
    static func noRoom(_ argument: OptionArgument) -> OperatorError {
        OperatorError { line in
            line.append("option --")
            line.append(argument.option)
            line.append(": the names of all options have more than 2047 bytes together; give shorter ones")
        }
    }

    private func count(named: Bool) -> Int {
        var count = 0
        for index in 0..<config.forward.routes.count
        where (config.forward.routes[index].serverName != nil) == named { count += 1 }
        return count
    }

    private mutating func removeRoutes(named: Bool) {
        let routes = config.forward.routes
        config.forward.routes.removeAll()
        for index in 0..<routes.count where (routes[index].serverName != nil) != named {
            _ = config.forward.routes.append(routes[index])
        }
    }
}
