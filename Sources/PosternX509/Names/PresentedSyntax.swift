// Whether a name in somebody else's certificate is one of its kind (RFC 5280, section 4.2.1.6). More is
// taken here than what we issue ourselves, but nothing that two programs could read in two ways: no dot at
// the end, no byte that belongs to no host name.

import PosternCore

extension NameSyntax {
    private static let presentedHostBytesMax = 253
    private static let presentedLabelBytesMax = 63

    /// Labels of letters, digits, hyphens and underscores, no dot at either end.
    static func isPresentedHost(_ text: UnsafeRawBufferPointer) -> Bool {
        guard text.count <= presentedHostBytesMax else { return false }
        var label = 0
        for byte in text {
            if byte == UInt8(ascii: ".") {
                guard label > 0 else { return false }
                label = 0
                continue
            }
            let isSign = byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            guard isLetter(byte) || isDigit(byte) || isSign, label < presentedLabelBytesMax else {
                return false
            }
            label += 1
        }
        return label > 0
    }

    /// The same, or with an asterisk as the whole first label of several.
    static func isPresentedDNSName(_ text: UnsafeRawBufferPointer) -> Bool {
        let isWildcard = text.count > 2 && text[0] == UInt8(ascii: "*") && text[1] == UInt8(ascii: ".")
        return isPresentedHost(isWildcard ? UnsafeRawBufferPointer(rebasing: text[2...]) : text)
    }

    /// Something of printable ASCII, an @, a host.
    static func isPresentedEmail(_ text: UnsafeRawBufferPointer) -> Bool {
        guard let at = text.lastPosition(of: UInt8(ascii: "@")), at > 0, isPrintableASCII(text) else {
            return false
        }
        return isPresentedHost(UnsafeRawBufferPointer(rebasing: text[(at + 1)...]))
    }

    private static func isPrintableASCII(_ text: UnsafeRawBufferPointer) -> Bool {
        for byte in text where byte < 0x20 || byte >= 0x7F { return false }
        return true
    }

    /// Whether the content of a GeneralName is one of its kind.
    static func isWellFormed(_ name: PresentedName) -> Bool {
        let content = name.content
        switch name.tag {
        case PresentedName.dnsTag: return isPresentedDNSName(content)
        case PresentedName.emailTag: return isPresentedEmail(content)
        // A scheme and more; what host it has is asked where that matters.
        case PresentedName.uriTag:
            guard let colon = content.position(of: UInt8(ascii: ":")) else { return false }
            return colon > 0 && isPrintableASCII(content)
        case PresentedName.addressTag: return IPAddress(bytes: content) != nil
        case PresentedName.directoryTag: return DistinguishedName.isWellFormed(content)
        case PresentedName.otherNameTag, PresentedName.x400Tag, PresentedName.ediPartyTag,
            PresentedName.registeredTag:
            return true
        default: return false
        }
    }
}
