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
    /// Of the two kinds of addresses.
    private let network: Network?

    public static let hint: Text =
        "give .home, 192.168.0.0/16, fd00::/8, @example.org, a@example.org or uri:example.org"

    /// Nil when it is none of these.
    public init?(_ text: UnsafeRawBufferPointer) {
        if let network = Network(text) {
            self.init(network.address.isVersion6 ? .address6 : .address4, text, network)
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
            kind, UnsafeRawBufferPointer(start: nil, count: 0), kind == .address6 ? "::/0" : "0.0.0.0/0")
    }

    private init(
        _ kind: Kind, _ text: UnsafeRawBufferPointer, _ network: Network? = nil
    ) {
        self.kind = kind
        self.text = text
        self.network = network
    }

    /// Writes the GeneralSubtree.
    public func write(to writer: inout DERWriter) {
        writer.constructed(DERTag.sequence) { subtree in
            switch kind {
            case .dns: subtree.primitive(PresentedName.dnsTag, text)
            case .email: subtree.primitive(PresentedName.emailTag, text)
            case .uri: subtree.primitive(PresentedName.uriTag, text)
            case .address4, .address6:
                guard let network else { preconditionFailure("a range of addresses has a network") }
                subtree.constructed(PresentedName.addressTag) { range in
                    network.address.withBytes { bytes in
                        for index in 0..<bytes.count { range.append(bytes[index] & network.mask(index)) }
                        for index in 0..<bytes.count { range.append(network.mask(index)) }
                    }
                }
            }
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
