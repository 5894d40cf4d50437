// ADDRESS:PORT of the command line, taken apart: where a server listens, where a probe connects.

public struct AddressArgument {
    /// Bytes of the argument; no zero stands behind them.
    public let host: UnsafeBufferPointer<UInt8>
    public let port: UInt16

    /// Nil when it is not of the form 192.0.2.1:4433, [2001:db8::1]:4433 or name:4433.
    public init?(_ argument: Text) {
        let bytes = argument.bytes
        guard let colon = AddressArgument.lastColon(bytes) else { return nil }
        var host = UnsafeBufferPointer(rebasing: bytes[..<colon])
        if host.first == UInt8(ascii: "[") {
            guard host.count > 2, host.last == UInt8(ascii: "]") else { return nil }
            host = UnsafeBufferPointer(rebasing: host[1..<host.count - 1])
            guard AddressArgument.lastColon(host) != nil else { return nil }
        } else if AddressArgument.lastColon(host) != nil {
            return nil
        }
        guard host.count > 0, let port = AddressArgument.port(bytes[(colon + 1)...]) else { return nil }
        self.host = host
        self.port = port
    }

    // Collection's lastIndex(of:) brings Array along, which nothing here may.
    private static func lastColon(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        for index in (0..<bytes.count).reversed() where bytes[index] == UInt8(ascii: ":") { return index }
        return nil
    }

    private static func port(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> UInt16? {
        guard digits.count > 0, digits.count <= 5 else { return nil }
        var value = 0
        for digit in digits {
            guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return UInt16(exactly: value)
    }
}

public func == (left: UnsafeBufferPointer<UInt8>, right: Text) -> Bool {
    guard left.count == right.count else { return false }
    for index in 0..<left.count where left[index] != right.start[index] { return false }
    return true
}
