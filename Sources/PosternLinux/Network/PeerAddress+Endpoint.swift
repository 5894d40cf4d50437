// An address of the kernel as plain data, and what the kernel knows of it.

import CLinux
import PosternCore

extension PeerAddress {
    /// Nil for a local socket, which has no address. The zone of a link-local address is left out.
    public var endpoint: IPEndpoint? {
        guard address.family != 0 else { return nil }
        var bytes = InlineArray<16, UInt8>(repeating: 0)
        withUnsafeBytes(of: address.bytes) { source in
            for index in 0..<16 { bytes[index] = source[index] }
        }
        return IPEndpoint(isIPv6: address.family == 6, bytes: bytes, port: address.port)
    }

    /// Whether what is sent there stays on this machine: a loopback address, or one that an interface has.
    public var isOfThisMachine: Bool {
        if let endpoint, endpoint.isLoopback { return true }
        var address = address
        return clinux_address_is_missing(&address) == 0
    }

    /// Whether who connects to this address comes to a socket that listens on that one.
    public func reaches(_ listener: PeerAddress) -> Bool {
        guard let target = endpoint, let other = listener.endpoint else { return false }
        guard target.port == other.port, target.port != 0, target.isIPv6 == other.isIPv6 else {
            return false
        }
        // Connecting to all addresses is connecting to a loopback one.
        if target.isUnspecified { return other.isUnspecified || other.isLoopback }
        if other.isUnspecified { return isOfThisMachine }
        return target == other && address.scope == listener.address.scope
    }
}
