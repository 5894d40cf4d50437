// A range of IP addresses: an address and how many of its first bits all addresses in it have. Those that
// may send a PROXY header, and those that an authority is confined to.

public struct Network: Sendable, ExpressibleByStringLiteral {
    public let address: IPAddress
    /// 0 to 32 for IPv4, 0 to 128 for IPv6.
    public let prefixBits: Int

    public init(_ address: IPAddress, prefixBits: Int) {
        self.address = address
        self.prefixBits = prefixBits
    }

    /// 192.168.0.0/16, fd00::/8, or one address; nil when the text is none of these. Whether bits are set
    /// behind the prefix, `hasHostBits` says.
    public init?(_ text: UnsafeRawBufferPointer) {
        let slash = text.position(of: UInt8(ascii: "/"))
        guard let address = IPAddress(UnsafeRawBufferPointer(rebasing: text[..<(slash ?? text.count)])),
            let bits = Network.prefix(text, behind: slash, most: address.isVersion6 ? 128 : 32)
        else { return nil }
        self.init(address, prefixBits: bits)
    }

    public init?(_ text: Text) { self.init(UnsafeRawBufferPointer(text.bytes)) }

    /// A network of a configuration. Traps when it is not one.
    public init(stringLiteral literal: StaticString) {
        guard let network = Network(Text(stringLiteral: literal)) else {
            preconditionFailure("not a network such as 192.168.0.0/16 or fd00::/8")
        }
        self = network
    }

    /// Whether bits behind the prefix are set, so that it is unclear which network is meant.
    public var hasHostBits: Bool {
        let bytes = address.bytes
        for index in 0..<16 where bytes[index] & ~mask(index) != 0 { return true }
        return false
    }

    /// The network without bits behind its prefix.
    public var withoutHostBits: Network {
        var bytes = address.bytes
        for index in 0..<16 { bytes[index] &= mask(index) }
        return Network(IPAddress(isIPv6: address.isVersion6, bytes: bytes), prefixBits: prefixBits)
    }

    /// Whether the address is in it. IPv4-mapped addresses count as IPv4 on both sides.
    public func contains(_ endpoint: IPEndpoint) -> Bool {
        let network = unmapped
        guard network.address.isVersion6 == endpoint.isIPv6 else { return false }
        let bytes = network.address.bytes
        let others = endpoint.bytes
        for index in 0..<16 where (bytes[index] ^ others[index]) & network.mask(index) != 0 { return false }
        return true
    }

    /// Appends 192.168.0.0/16, or one address without the number.
    public func append(to line: inout Line) {
        line.append(address)
        guard prefixBits < (address.isVersion6 ? 128 : 32) else { return }
        line.append("/")
        line.append(prefixBits)
    }

    private var unmapped: Network {
        let address = address.unmapped
        guard self.address.isVersion6, !address.isVersion6, prefixBits >= 96 else { return self }
        return Network(address, prefixBits: prefixBits - 96)
    }

    /// Byte `index` of the mask: ones where the prefix is.
    package func mask(_ index: Int) -> UInt8 {
        let bits = min(max(prefixBits - 8 * index, 0), 8)
        return bits == 0 ? 0 : UInt8(truncatingIfNeeded: 0xFF &<< (8 - bits))
    }

    /// The number behind a slash; all bits without one.
    private static func prefix(_ text: UnsafeRawBufferPointer, behind slash: Int?, most: Int) -> Int? {
        guard let slash else { return most }
        var value = 0
        guard slash + 1 < text.count, text.count - slash <= 4 else { return nil }
        for byte in text[(slash + 1)...] {
            guard NameSyntax.isDigit(byte) else { return nil }
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return value <= most ? value : nil
    }
}
