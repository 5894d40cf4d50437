// Writes a PROXY header for a service: who its client is. Version 2 says also what TLS knows of it.

extension ProxyHeader {
    /// How the client of a connection has proved who it is.
    public enum ClientCertificate: Sendable {
        case none
        /// It was verified in this connection's handshake.
        case ofConnection
        /// It was verified in an earlier handshake, and this one has resumed that session.
        case ofSession
    }

    /// What a header says. The buffers must live until it is written.
    public struct Facts {
        /// Nil where there is no such address: the client came over a local socket.
        public var source: IPEndpoint?
        public var destination: IPEndpoint?
        /// The ALPN name that was agreed on (RFC 7301), at most 255 bytes.
        public var applicationProtocol: UnsafeRawBufferPointer?
        /// The server name that the client asked for, at most 255 bytes.
        public var serverName: UnsafeRawBufferPointer?
        /// As in TLSv1.3, at most 8 bytes.
        public var version: Text
        /// The name of the cipher suite, at most 64 bytes.
        public var cipher: Text
        public var certificate: ClientCertificate
        /// Of the client's certificate, in UTF-8, at most 256 bytes.
        public var commonName: UnsafeRawBufferPointer?

        public init(
            source: IPEndpoint?, destination: IPEndpoint?,
            applicationProtocol: UnsafeRawBufferPointer? = nil, serverName: UnsafeRawBufferPointer? = nil,
            version: Text, cipher: Text, certificate: ClientCertificate = .none,
            commonName: UnsafeRawBufferPointer? = nil
        ) {
            self.source = source
            self.destination = destination
            self.applicationProtocol = applicationProtocol
            self.serverName = serverName
            self.version = version
            self.cipher = cipher
            self.certificate = certificate
            self.commonName = commonName
        }
    }

    private static let protocolBytesMax = 255
    private static let serverNameBytesMax = 255
    private static let versionBytesMax = 8
    private static let cipherBytesMax = 64
    /// 64 characters of up to four bytes (RFC 5280, appendix A.1, ub-common-name).
    private static let commonNameBytesMax = 256
    /// The longest header that is written: a buffer of this size takes every one.
    public static let writtenBytesMax =
        fixedBytes + 36 + 3 + protocolBytesMax + 3 + serverNameBytesMax + 3 + 5 + 3 + versionBytesMax + 3
        + commonNameBytesMax + 3 + cipherBytesMax + 3 + 4

    /// Writes a header of version 1 or 2 to the beginning of `bytes`, which has room for `writtenBytesMax`,
    /// and returns its length; 0 for `.never`. A name that is too long is left out: cut, it would be another
    /// one.
    public static func write(
        _ facts: Facts, as version: ForwardConfig.SendProxy, to bytes: inout MutableSpan<UInt8>
    ) -> Int {
        precondition(bytes.count >= writtenBytesMax, "every header has room")
        return bytes.withUnsafeMutableBytes { bytes in
            var output = ProxyHeaderOutput(bytes)
            switch version {
            case .never: break
            case .version1: writeLine(facts, to: &output)
            case .version2: writeVersion2(facts, to: &output)
            }
            return output.count
        }
    }

    private static func writeLine(_ facts: Facts, to output: inout ProxyHeaderOutput) {
        var line = Line()
        if let source = facts.source, let destination = facts.destination {
            let areIPv6 = source.isIPv6 || destination.isIPv6
            line.append(areIPv6 ? "PROXY TCP6 " : "PROXY TCP4 ")
            line.append(areIPv6 ? source.address.mapped : source.address)
            line.append(" ")
            line.append(areIPv6 ? destination.address.mapped : destination.address)
            line.append(" ")
            line.append(source.port)
            line.append(" ")
            line.append(destination.port)
        } else {
            line.append("PROXY UNKNOWN")
        }
        let count = line.count
        line.withTerminatedBytes {
            output.append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer($0)[..<count]))
        }
        output.append(UInt8(ascii: "\r"))
        output.append(UInt8(ascii: "\n"))
    }

    private static func writeVersion2(_ facts: Facts, to output: inout ProxyHeaderOutput) {
        for index in signature.indices { output.append(signature[index]) }
        writeAddresses(facts, to: &output)
        if let name = facts.applicationProtocol, name.count <= protocolBytesMax {
            output.append(Kind.applicationProtocol, name)
        }
        if let name = facts.serverName, name.count <= serverNameBytesMax {
            output.append(Kind.authority, name)
        }
        output.append(Kind.tls) { value in writeTLS(facts, to: &value) }
        output.append(Kind.crc32c) { value in
            for _ in 0..<4 { value.append(0) }
        }
        output.setNumber(output.count - fixedBytes, at: 14)
        let checksum = crc32c(output.written, hole: output.count - 4)
        output.setNumber(Int(checksum &>> 16), at: output.count - 4)
        output.setNumber(Int(checksum & 0xFFFF), at: output.count - 2)
    }

    /// The command, the family, room for the length, and the addresses. Without addresses the command is
    /// LOCAL, which everybody must accept: HAProxy refuses the other one with an unspecified family.
    private static func writeAddresses(_ facts: Facts, to output: inout ProxyHeaderOutput) {
        guard let source = facts.source, let destination = facts.destination else {
            output.append(version2 | localCommand)
            output.append(unspecified)
            output.append(number: 0)
            return
        }
        let areIPv6 = source.isIPv6 || destination.isIPv6
        output.append(version2 | proxyCommand)
        output.append(areIPv6 ? tcpOverIPv6 : tcpOverIPv4)
        output.append(number: 0)
        (areIPv6 ? source.address.mapped : source.address).withBytes { output.append($0) }
        (areIPv6 ? destination.address.mapped : destination.address).withBytes { output.append($0) }
        output.append(number: Int(source.port))
        output.append(number: Int(destination.port))
    }

    /// Section 2.2.6.
    private static func writeTLS(_ facts: Facts, to output: inout ProxyHeaderOutput) {
        // This connection has TLS; a certificate in this connection; one in its session.
        switch facts.certificate {
        case .none: output.append(0b001)
        case .ofConnection: output.append(0b111)
        case .ofSession: output.append(0b101)
        }
        // Zero for a certificate that was verified, alone.
        let isVerified = facts.certificate != .none
        output.append(number: 0)
        output.append(number: isVerified ? 0 : 1)
        append(facts.version, versionBytesMax, as: Kind.tlsVersion, to: &output)
        if isVerified, let name = facts.commonName, name.count <= commonNameBytesMax {
            output.append(Kind.commonName, name)
        }
        append(facts.cipher, cipherBytesMax, as: Kind.cipher, to: &output)
    }

    private static func append(
        _ text: Text, _ most: Int, as kind: UInt8, to output: inout ProxyHeaderOutput
    ) {
        guard text.count <= most else { return }
        output.append(kind, UnsafeRawBufferPointer(text.bytes))
    }
}

/// A header that grows in a buffer which has room for every one.
private struct ProxyHeaderOutput {
    private let bytes: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    init(_ bytes: UnsafeMutableRawBufferPointer) { self.bytes = bytes }

    var written: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[..<count]) }

    mutating func append(_ byte: UInt8) {
        bytes[count] = byte
        count += 1
    }

    mutating func append(_ source: UnsafeRawBufferPointer) {
        for byte in source { append(byte) }
    }

    /// Two bytes in network byte order.
    mutating func append(number: Int) {
        count += 2
        setNumber(number, at: count - 2)
    }

    mutating func setNumber(_ number: Int, at index: Int) {
        bytes[index] = UInt8(truncatingIfNeeded: number &>> 8)
        bytes[index + 1] = UInt8(truncatingIfNeeded: number)
    }

    mutating func append(_ kind: UInt8, _ value: UnsafeRawBufferPointer) {
        append(kind) { output in output.append(value) }
    }

    /// Type, length and what `write` appends.
    mutating func append(_ kind: UInt8, _ write: (inout ProxyHeaderOutput) -> Void) {
        append(kind)
        append(number: 0)
        let start = count
        write(&self)
        setNumber(count - start, at: start - 2)
    }
}
