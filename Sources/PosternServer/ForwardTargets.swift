// The services behind the server, looked up: at the start, before anything is opened, and for --test-config.
// --print-config waits for no name server. What is wrong with a service is said here too.

import PosternCore
import PosternLinux

struct ForwardTargets {
    /// Of each route, in the order in which they are tried; none for a local socket.
    private var addresses = FixedList<12, FixedList<2, PeerAddress>>()

    /// Looks up all names. Waits for name servers as long as the system's resolver does.
    init(_ forward: ForwardConfig) throws(OperatorError) {
        for index in 0..<forward.routes.count {
            _ = addresses.append(try ForwardTargets.lookUp(forward.routes[index].target))
        }
    }

    /// The same, and refuses a service that is this server itself. `given` are the sockets of a service
    /// manager.
    init(_ config: Config, given: FixedList<8, Listener>) throws(OperatorError) {
        try self.init(config.forward)
        try checkListeners(config, given: given)
    }

    private static func lookUp(_ target: Target) throws(OperatorError) -> FixedList<2, PeerAddress> {
        guard case .host(let host, let port) = target else { return FixedList() }
        do throws(Resolver.Failure) {
            let found = try Resolver.addresses(of: host, port: port)
            var tried = FixedList<2, PeerAddress>()
            for index in 0..<min(found.count, Limits.addressesOfTarget) { _ = tried.append(found[index]) }
            return tried
        } catch {
            throw OperatorError(mayPass: true) { line in
                line.append("the service to forward to '")
                target.append(to: &line)
                line.append("' cannot be looked up: ")
                line.append(error.text)
                line.append("; check its name and the name servers, or give its address")
            }
        }
    }

    func addresses(ofRoute index: Int) -> FixedList<2, PeerAddress> { addresses[index] }

    /// One client of a server that forwards to itself would take all connections, each forwarded to the
    /// next. Sockets of a service manager count in place of the configuration's listeners.
    private func checkListeners(_ config: Config, given: FixedList<8, Listener>) throws(OperatorError) {
        guard config.forwards, !config.process.inetd else { return }
        if given.isEmpty {
            for index in 0..<config.listeners.count {
                let wanted = config.listeners[index]
                let listener = try? Resolver.addresses(of: wanted.host, port: wanted.port)
                if let listener { try checkListener(config.forward, listener[0]) }
            }
        } else {
            for index in 0..<given.count { try checkListener(config.forward, given[index].address) }
        }
    }

    private func checkListener(
        _ forward: ForwardConfig, _ listener: PeerAddress
    ) throws(OperatorError) {
        for route in 0..<addresses.count {
            let ofRoute = addresses[route]
            for index in 0..<ofRoute.count where ofRoute[index].reaches(listener) {
                throw OperatorError { line in
                    line.append("the service to forward to '")
                    forward.routes[route].target.append(to: &line)
                    line.append("' is this server itself, which listens on ")
                    listener.append(to: &line)
                    line.append("; give the address of the service, or listen elsewhere")
                }
            }
        }
    }

    /// Whether all that is forwarded to a route's service stays on this machine.
    func staysOnThisMachine(route index: Int) -> Bool {
        let ofRoute = addresses[index]
        for index in 0..<ofRoute.count where !ofRoute[index].isOfThisMachine { return false }
        return true
    }
}
