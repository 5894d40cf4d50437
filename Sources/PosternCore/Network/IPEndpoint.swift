// An IP address with a TCP port, as plain data that needs no header of the system: who is at the other end
// of a connection. PosternLinux converts it from and to the kernel's form.

public struct IPEndpoint: Sendable, Equatable {
    public let address: IPAddress
    public let port: UInt16

    /// An IPv4-mapped address (RFC 4291, section 2.5.5.2), which a socket for both families reports, is the
    /// IPv4 address in it.
    public init(_ address: IPAddress, port: UInt16) {
        self.address = address.unmapped
        self.port = port
    }

    /// `bytes` in network byte order; IPv4 uses the first four.
    public init(isIPv6: Bool, bytes: InlineArray<16, UInt8>, port: UInt16) {
        self.init(IPAddress(isIPv6: isIPv6, bytes: bytes), port: port)
    }

    public var isIPv6: Bool { address.isVersion6 }

    /// In network byte order; IPv4 uses the first four, the others are zero.
    public var bytes: InlineArray<16, UInt8> { address.bytes }

    /// Whether the address never leaves this machine: 127.0.0.0/8 or ::1.
    public var isLoopback: Bool { address.isLoopback }

    /// 0.0.0.0 or ::, which stand for all addresses of a machine.
    public var isUnspecified: Bool {
        let bytes = bytes
        for index in 0..<16 where bytes[index] != 0 { return false }
        return true
    }

    /// Appends 192.0.2.1:4433 or [2001:db8::1]:4433.
    public func append(to line: inout Line) {
        if isIPv6 { line.append("[") }
        line.append(address)
        line.append(isIPv6 ? "]:" : ":")
        line.append(port)
    }
}
