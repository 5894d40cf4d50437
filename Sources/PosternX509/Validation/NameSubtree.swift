// A part of all names that an authority is confined to, or kept out of, as an operator writes it: .home or
// home for that DNS name and all below, 192.168.0.0/16, fd00::/8 or one address, a@example.org for a
// mailbox, @example.org for all of a host and @.example.org of the hosts below, uri:example.org for URIs of
// that host. In certificates: the base of a GeneralSubtree (RFC 5280, section 4.2.1.10).

import PosternCore

public struct NameSubtree {
    public enum Kind: UInt8, Sendable {
        case dns
        case address4
        case address6
        case email
        case uri
    }

    public let kind: Kind
    private let text: UnsafeRawBufferPointer
    private let address: IPAddress
    private let prefixBits: Int

    public static let hint: Text =
        "give .home, 192.168.0.0/16, fd00::/8, @example.org, a@example.org or uri:example.org"

    /// Nil when it is none of these.
    public init?(_ text: UnsafeRawBufferPointer) {
        let slash = text.position(of: UInt8(ascii: "/"))
        let host = UnsafeRawBufferPointer(rebasing: text[..<(slash ?? text.count)])
        if let address = IPAddress(host) {
            let bits = address.isVersion6 ? 128 : 32
            guard let prefix = NameSubtree.prefix(text, behind: slash, most: bits) else { return nil }
            self.init(address.isVersion6 ? .address6 : .address4, text, address, prefixBits: prefix)
            return
        }
        let uri: Text = "uri:"
        if let at = text.position(of: UInt8(ascii: "@")) {
            let host = UnsafeRawBufferPointer(rebasing: text[(at + 1)...])
            guard at == 0 ? NameSyntax.isHost(host.withoutFirstDot) : NameSyntax.isEmail(text) else {
                return nil
            }
            self.init(.email, at == 0 ? host : text)
        } else if text.count > uri.count, text.hasPrefix(uri) {
            let host = UnsafeRawBufferPointer(rebasing: text[uri.count...])
            guard NameSyntax.isHost(host.withoutFirstDot) else { return nil }
            self.init(.uri, host)
        } else {
            // A dot in front is for people: a DNS name stands for what is below it in any case.
            guard NameSyntax.isHost(text.withoutFirstDot) else { return nil }
            self.init(.dns, text.withoutFirstDot)
        }
    }

    /// All names of a kind.
    public init(allOf kind: Kind) {
        self.init(
            kind, UnsafeRawBufferPointer(start: nil, count: 0),
            kind == .address6 ? IPAddress(zeros: 16) : IPAddress(zeros: 4))
    }

    private init(
        _ kind: Kind, _ text: UnsafeRawBufferPointer, _ address: IPAddress = IPAddress(),
        prefixBits: Int = 0
    ) {
        self.kind = kind
        self.text = text
        self.address = address
        self.prefixBits = prefixBits
    }

    /// Writes the GeneralSubtree.
    public func write(to writer: inout DERWriter) {
        writer.constructed(DERTag.sequence) { subtree in
            switch kind {
            case .dns: subtree.primitive(PresentedName.dnsTag, text)
            case .email: subtree.primitive(PresentedName.emailTag, text)
            case .uri: subtree.primitive(PresentedName.uriTag, text)
            case .address4, .address6:
                subtree.constructed(PresentedName.addressTag) { range in
                    address.withBytes { bytes in
                        for index in 0..<bytes.count { range.append(bytes[index] & mask(index)) }
                        for index in 0..<bytes.count { range.append(mask(index)) }
                    }
                }
            }
        }
    }

    private func mask(_ index: Int) -> UInt8 {
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

extension IPAddress {
    /// 0.0.0.0 or ::
    init(zeros count: Int) {
        let zeros = InlineArray<16, UInt8>(repeating: 0)
        self = withUnsafeBytes(of: zeros) {
            IPAddress(bytes: UnsafeRawBufferPointer(rebasing: $0[..<count])) ?? IPAddress()
        }
    }
}

extension UnsafeRawBufferPointer {
    fileprivate var withoutFirstDot: UnsafeRawBufferPointer {
        first == UInt8(ascii: ".") ? UnsafeRawBufferPointer(rebasing: self[1...]) : self
    }

    fileprivate func hasPrefix(_ prefix: Text) -> Bool {
        count >= prefix.count
            && hasSameBytes(
                UnsafeRawBufferPointer(rebasing: self[..<prefix.count]), UnsafeRawBufferPointer(prefix.bytes)
            )
    }
}
