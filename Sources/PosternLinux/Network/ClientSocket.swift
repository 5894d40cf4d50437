// A socket that connects to a server, and the addresses that a server has.

import CLinux
import PosternCore

public struct ClientSocket {
    public let descriptor: Int32

    /// Begins to connect. The socket becomes writable when that is decided; `connectFault` then says how.
    public init(_ address: PeerAddress) throws(SystemError) {
        var system = address.address
        let result = clinux_connect(&system)
        guard result >= 0 else { throw SystemError(doing: .connecting, code: result) }
        descriptor = result
    }

    /// Nil when it is connected.
    public var connectFault: SystemError? {
        let result = clinux_connect_result(descriptor)
        return result == 0 ? nil : SystemError(doing: .connecting, code: result)
    }

    public func close() { clinux_close(descriptor) }
}

/// The addresses of a host, in the order in which they should be tried.
public enum Resolver {
    public struct Failure: Error {
        /// libc's words.
        public let text: Text
    }

    /// `host` is an address or a name. Waits for name servers as long as the system's resolver does.
    public static func addresses(
        of host: Text, port: UInt16
    ) throws(Failure) -> FixedList<8, PeerAddress> {
        var found = InlineArray<8, clinux_address>(repeating: clinux_address())
        var problem: UnsafePointer<CChar>?
        let count = withUnsafeMutablePointer(to: &found) { found in
            let first = UnsafeMutableRawPointer(found).assumingMemoryBound(to: clinux_address.self)
            return clinux_resolve(host.zeroTerminated, port, first, 8, &problem)
        }
        guard count > 0 else {
            throw Failure(text: problem.map(Text.init(zeroTerminated:)) ?? "it has no IPv4 or IPv6 address")
        }
        var addresses = FixedList<8, PeerAddress>()
        for index in 0..<Int(count) { _ = addresses.append(PeerAddress(found[index])) }
        return addresses
    }
}
