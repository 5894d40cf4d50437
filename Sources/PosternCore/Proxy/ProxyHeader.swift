// The PROXY protocol, versions 1 and 2 (https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt): a
// header in front of a connection's first bytes with the addresses that a proxy saw.
// ProxyHeader+Reading.swift reads one, ProxyHeader+Writing.swift writes one. Section numbers in the three
// files are those of that text.

/// A PROXY protocol header.
public enum ProxyHeader {
    /// Bytes of the longest line of version 1, its CRLF included (section 2.1).
    static let lineBytesMax = 107
    /// Bytes of version 2 before the addresses: signature, version and command, family, length (section
    /// 2.2).
    static let fixedBytes = 16
    static let signature: InlineArray<12, UInt8> = [
        0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A,
    ]
    /// Version 2 in the upper half, the command in the lower one.
    static let version2: UInt8 = 0x20
    static let localCommand: UInt8 = 0
    static let proxyCommand: UInt8 = 1
    static let unspecified: UInt8 = 0x00
    static let tcpOverIPv4: UInt8 = 0x11
    static let tcpOverIPv6: UInt8 = 0x21

    /// Types of what stands behind the addresses, as type, length in two bytes, and value.
    enum Kind {
        static let applicationProtocol: UInt8 = 0x01
        static let authority: UInt8 = 0x02
        static let crc32c: UInt8 = 0x03
        static let tls: UInt8 = 0x20
        // In the value of the one before (section 2.2.6).
        static let tlsVersion: UInt8 = 0x21
        static let commonName: UInt8 = 0x22
        static let cipher: UInt8 = 0x23
    }

    /// CRC-32C (RFC 9260, appendix A). The four bytes from `hole` on count as zeros, as those of the
    /// checksum itself do (section 2.2.3). Bit by bit, since a header is short and a table would be longer.
    /// The bytes of the checksum stand in network byte order, as HAProxy and nginx have them.
    static func crc32c(_ bytes: UnsafeRawBufferPointer, hole: Int) -> UInt32 {
        var remainder = UInt32.max
        for index in 0..<bytes.count {
            if index < hole || index >= hole + 4 { remainder ^= UInt32(bytes[index]) }
            for _ in 0..<8 {
                remainder = remainder & 1 == 0 ? remainder &>> 1 : remainder &>> 1 ^ 0x82F6_3B78
            }
        }
        return ~remainder
    }
}
