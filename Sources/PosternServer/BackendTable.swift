// The plain services of a configuration: each route's addresses, as they were looked up at the start or at
// the last reload.

import PosternCore
import PosternLinux
import PosternX509

public struct BackendTable: Backends {
    private struct Address {
        /// Nil for a local socket.
        let tcp: PeerAddress?
        let route: UInt8
    }

    private var config: ForwardConfig
    private var addresses = FixedList<32, Address>()

    init(_ config: ForwardConfig) { self.config = config }

    /// Looks the names up, which waits for name servers. Throws where a name leads nowhere.
    mutating func lookUp() throws(OperatorError) {
        addresses.removeAll()
        for route in 0..<config.routes.count {
            let found = try ForwardTargets.lookUp(config.routes[route].target)
            if found.isEmpty { _ = addresses.append(Address(tcp: nil, route: UInt8(route))) }
            for index in 0..<min(found.count, Limits.addressesOfTarget) {
                _ = addresses.append(Address(tcp: found[index], route: UInt8(route)))
            }
        }
    }

    /// Local sockets have other names below a new root.
    mutating func use(_ config: ForwardConfig) { self.config = config }

    private func address(_ index: Int) -> BackendAddress? {
        let address = addresses[index]
        if let tcp = address.tcp { return .tcp(tcp) }
        guard case .unix(let path) = config.routes[Int(address.route)].target else { return nil }
        return .unix(path)
    }

    public func addresses(for serverName: Text?) -> UInt32 {
        let name = serverName.map { name in UnsafeRawBufferPointer(name.bytes) }
        let routes = config.routes(for: name)
        var found: UInt32 = 0
        for index in 0..<addresses.count where routes & 1 &<< UInt32(addresses[index].route) != 0 {
            found |= 1 &<< UInt32(index)
        }
        return found
    }

    public static var timedOut: Int32 { BackendSocket.timedOut }

    public mutating func connect(_ address: Int) -> ConnectStep {
        guard let address = self.address(address) else { preconditionFailure("a target without an address") }
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
        if let tcp = addresses[address].tcp {
            tcp.append(to: &line)
            if descriptor >= 0 {
                line.append(" localPort=")
                line.append(PeerAddress.ofOurEnd(of: descriptor).port)
            }
        } else {
            config.routes[Int(addresses[address].route)].target.append(to: &line)
        }
        guard error != 0 else { return }
        line.append(" error=\"")
        line.append(BackendSocket.text(error))
        line.append("\"")
    }
}
