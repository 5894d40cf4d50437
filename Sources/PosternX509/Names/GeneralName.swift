// A name that an operator gives (--name, a line of an allow list): which kind it is, and whether it is
// written right. Strict: what is refused here is in no certificate of ours, and is asked of none. It points
// into the text it was read from. What a certificate presents is a PresentedName.

import PosternCore

public struct GeneralName {
    public enum Kind: UInt8, Sendable {
        case dnsName
        /// A DNS name whose whole first label is an asterisk.
        case wildcard
        case address4
        case address6
        case uri
        case email
    }

    public let kind: Kind
    /// As it was given.
    public let text: UnsafeRawBufferPointer
    private let address: IPAddress

    /// Nil when it is no name of any kind; `GeneralName.hint` says what one looks like.
    public init?(_ text: UnsafeRawBufferPointer) {
        self.text = text
        if let address = IPAddress(text) {
            self.address = address
            kind = address.isVersion6 ? .address6 : .address4
            return
        }
        address = IPAddress()
        if text.position(of: UInt8(ascii: ":")) != nil {
            guard NameSyntax.isURI(text) else { return nil }
            kind = .uri
        } else if text.position(of: UInt8(ascii: "@")) != nil {
            guard NameSyntax.isEmail(text) else { return nil }
            kind = .email
        } else if NameSyntax.isWildcard(text) {
            guard NameSyntax.isHost(UnsafeRawBufferPointer(rebasing: text[2...])), text.count <= 253 else {
                return nil
            }
            kind = .wildcard
        } else {
            guard NameSyntax.isHost(text) else { return nil }
            kind = .dnsName
        }
    }

    public init?(_ text: Text) { self.init(UnsafeRawBufferPointer(text.bytes)) }

    /// For messages about a word that is no name.
    public static let hint: Text =
        "give a DNS name, an address, an e-mail address or a URI, in ASCII (xn-- for other letters)"

    /// Its tag in a GeneralName (RFC 5280, section 4.2.1.6).
    public var tag: UInt8 {
        switch kind {
        case .email: PresentedName.emailTag
        case .dnsName, .wildcard: PresentedName.dnsTag
        case .uri: PresentedName.uriTag
        case .address4, .address6: PresentedName.addressTag
        }
    }

    /// Calls `body` with its content in a GeneralName: the text, or 4 or 16 bytes of an address.
    public func withContent<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        switch kind {
        case .address4, .address6: address.withBytes(body)
        default: body(text)
        }
    }

    /// Whether a name in a certificate is this one, or a wildcard for it (RFC 9525, section 6). A wildcard
    /// as the name that is looked for is covered only by itself.
    public func isCovered(by presented: PresentedName) -> Bool {
        guard presented.tag == tag else { return false }
        switch kind {
        case .dnsName: return NameSyntax.dnsName(presented.content, covers: text)
        case .wildcard: return NameSyntax.isSameIgnoringCase(presented.content, text)
        case .email: return NameSyntax.isSameEmail(presented.content, text)
        case .uri: return hasSameBytes(presented.content, text)
        case .address4, .address6: return withContent { hasSameBytes(presented.content, $0) }
        }
    }

    /// The other direction, for lists of what is allowed: whether a name in a certificate or request is this
    /// one, or one that this wildcard stands for. A wildcard is allowed by the same wildcard alone: whoever
    /// has a certificate for it can be any name below.
    public func allows(_ presented: PresentedName) -> Bool {
        guard kind == .wildcard || kind == .dnsName else { return isCovered(by: presented) }
        return presented.tag == tag
            && (NameSyntax.isSameIgnoringCase(text, presented.content)
                || NameSyntax.dnsName(text, covers: presented.content))
    }
}
