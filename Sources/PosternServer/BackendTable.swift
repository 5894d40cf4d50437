// The plain services of a configuration: each route's addresses, as they were looked up at the start or at
// the last reload.

import PosternCore
import PosternLinux
import PosternX509

public struct BackendTable: Backends {
    private var config: ForwardConfig
    /// Of each route. A local socket has none.
    private var targets: ForwardTargets?

    init(_ config: ForwardConfig) { self.config = config }

    /// Looks the names up, which waits for name servers. Throws where a name leads nowhere, and then what
    /// was known before stays.
    mutating func lookUp() throws(OperatorError) { targets = try ForwardTargets(config) }

    /// Local sockets have other names below a new root.
    mutating func use(_ config: ForwardConfig) { self.config = config }

    // An address is a route and one of its addresses, and stays so when the names are looked up again.

    private func address(_ index: Int) -> BackendAddress? {
        let route = index / Limits.addressesOfTarget
        if case .unix(let path) = config.routes[route].target { return .unix(path) }
        guard let found = targets?.addresses(ofRoute: route) else { return nil }
        let choice = index % Limits.addressesOfTarget
        return choice < found.count ? .tcp(found[choice]) : nil
    }

    public func addresses(for serverName: Text?) -> UInt32 {
        let routes = config.routes(for: serverName.map { name in UnsafeRawBufferPointer(name.bytes) })
        var found: UInt32 = 0
        for route in 0..<config.routes.count where routes & 1 &<< UInt32(route) != 0 {
            let count = targets?.addresses(ofRoute: route).count ?? 0
            for choice in 0..<max(count, 1) {
                found |= 1 &<< UInt32(route * Limits.addressesOfTarget + choice)
            }
        }
        return found
    }

    public static var timedOut: Int32 { BackendSocket.timedOut }

    public mutating func connect(_ address: Int) -> ConnectStep {
        // A name may have fewer addresses than it had when the connection began.
        guard let address = self.address(address) else { return .failed(code: BackendSocket.timedOut) }
        return BackendSocket.connect(address)
    }

    public func connectError(_ descriptor: Int32) -> Int32 { BackendSocket.connectError(descriptor) }

    public func receive(_ descriptor: Int32, into bytes: UnsafeMutableRawBufferPointer) -> StreamStep {
        BackendSocket.receive(descriptor, into: bytes)
    }

    public func send(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> StreamStep {
        BackendSocket.send(descriptor, bytes)
    }

    public func send(
        _ descriptor: Int32, _ header: UnsafeRawBufferPointer, _ bytes: UnsafeRawBufferPointer
    ) -> StreamStep {
        BackendSocket.send(descriptor, header, bytes)
    }

    public func endWrites(_ descriptor: Int32) { BackendSocket.endWrites(descriptor) }

    public func close(_ descriptor: Int32, resets: Bool) { BackendSocket.close(descriptor, resets: resets) }

    public func writeHeader(_ client: ClientInfo, into bytes: UnsafeMutableRawBufferPointer) -> Int {
        var reader = DERReader(client.certificates)
        let leaf = try? Certificate(try reader.next().whole)
        let name = leaf.map { leaf in DistinguishedName.commonName(of: leaf.subject) }
        let facts = ProxyHeader.Facts(
            source: client.peer, destination: client.local,
            applicationProtocol: client.applicationProtocol.map { text in UnsafeRawBufferPointer(text.bytes)
            },
            serverName: client.serverName.map { text in UnsafeRawBufferPointer(text.bytes) },
            version: client.version, cipher: client.suite,
            certificate: leaf == nil ? .none : client.isResumed ? .ofSession : .ofConnection,
            commonName: name)
        let octets = bytes.bindMemory(to: UInt8.self)
        var span = octets.mutableSpan
        return ProxyHeader.write(facts, as: config.sendProxy, to: &span)
    }

    public func describe(_ address: Int, _ descriptor: Int32, error: Int32, to line: inout Line) {
        line.append(" target=")
        guard case .tcp(let tcp) = self.address(address) else {
            config.routes[address / Limits.addressesOfTarget].target.append(to: &line)
            return describe(error, to: &line)
        }
        tcp.append(to: &line)
        if descriptor >= 0 {
            line.append(" localPort=")
            line.append(PeerAddress.ofOurEnd(of: descriptor).port)
        }
        describe(error, to: &line)
    }

    private func describe(_ error: Int32, to line: inout Line) {
        guard error != 0 else { return }
        line.append(" error=\"")
        line.append(BackendSocket.text(error))
        line.append("\"")
    }
}
