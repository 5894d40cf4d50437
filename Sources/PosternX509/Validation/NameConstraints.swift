// Which names an authority may issue (RFC 5280, section 4.2.1.10): one NameConstraints extension, asked
// about one name after the other. What cannot be compared is not allowed.

import PosternCore

public struct NameConstraints {
    /// GeneralSubtrees, one behind the other; empty for none.
    private let permitted: UnsafeRawBufferPointer
    private let excluded: UnsafeRawBufferPointer

    /// Of the extension's value. Throws where it says nothing, or something that has no meaning: such an
    /// authority may issue nothing.
    public init(_ value: UnsafeRawBufferPointer) throws(DERError) {
        var reader = try CertificateExtensions.only(value, DERTag.sequence).reader
        permitted = try NameConstraints.subtrees(reader.optional(DERTag.contextConstructed(0)))
        excluded = try NameConstraints.subtrees(reader.optional(DERTag.contextConstructed(1)))
        try reader.end()
        // One of them must be there.
        guard !permitted.isEmpty || !excluded.isEmpty else { throw .badValue }
    }

    /// The content of GeneralSubtrees, of which there is at least one where they are written at all.
    private static func subtrees(_ field: DERElement?) throws(DERError) -> UnsafeRawBufferPointer {
        guard let field else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        guard !field.content.isEmpty else { throw .badValue }
        var reader = field.reader
        while let base = try next(&reader) {
            guard try isWellFormed(base) else { throw .badValue }
        }
        return field.content
    }

    /// The base of the next subtree. `minimum` and `maximum` are not used (RFC 5280) and not taken.
    private static func next(_ reader: inout DERReader) throws(DERError) -> DERElement? {
        guard !reader.isEmpty else { return nil }
        var subtree = try reader.next(DERTag.sequence).reader
        let base = try subtree.next()
        try subtree.end()
        return base
    }

    private static func isWellFormed(_ base: DERElement) throws(DERError) -> Bool {
        let text = base.content
        switch base.tag {
        case PresentedName.dnsTag, PresentedName.uriTag:
            return text.isEmpty || NameSyntax.isPresentedHost(withoutDot(text))
        case PresentedName.emailTag:
            return text.position(of: UInt8(ascii: "@")) != nil
                ? NameSyntax.isPresentedEmail(text)
                : text.isEmpty || NameSyntax.isPresentedHost(withoutDot(text))
        case PresentedName.addressTag: return text.count == 8 || text.count == 32
        case PresentedName.directoryTag: return DistinguishedName.isWellFormed(try wholeName(text))
        // Known kinds that are not compared here: names of such a kind are not allowed then.
        case PresentedName.otherNameTag, PresentedName.x400Tag, PresentedName.ediPartyTag,
            PresentedName.registeredTag:
            return true
        default: return false
        }
    }

    private static func withoutDot(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        text.first == UInt8(ascii: ".") ? UnsafeRawBufferPointer(rebasing: text[1...]) : text
    }

    /// The bases of all subtrees that are permitted, or of those that are excluded.
    public func forEachSubtree(isExcluded: Bool, _ body: (PresentedName) -> Void) {
        var reader = DERReader(isExcluded ? excluded : permitted)
        while let base = try? NameConstraints.next(&reader) { body(PresentedName(base)) }
    }

    // Asking

    /// Whether the authority may issue a certificate with this subject and these alternative names. The
    /// common name is another question: see `allow(commonName:)`.
    public func allow(
        subject: UnsafeRawBufferPointer, alternativeNames: UnsafeRawBufferPointer?
    ) throws(DERError) -> Bool {
        let emptySequenceBytes = 2
        if subject.count > emptySequenceBytes {
            guard try allow(tag: PresentedName.directoryTag, subject) else { return false }
            guard try allowEmails(of: subject) else { return false }
        }
        if let alternativeNames {
            var names = try PresentedNames(alternativeNames)
            while let name = try names.next() {
                guard try allow(tag: name.tag, name.content) else { return false }
            }
        }
        return true
    }

    /// Addresses in the subject are addresses, whether or not there are alternative names too.
    private func allowEmails(of subject: UnsafeRawBufferPointer) throws(DERError) -> Bool {
        guard constrains(PresentedName.emailTag) else { return true }
        var areAllowed = true
        DistinguishedName.forEachAttribute(of: subject) { identifier, value in
            guard DistinguishedName.isEmailAddress(identifier) else { return true }
            areAllowed = allow(email: value)
            return areAllowed
        }
        return areAllowed
    }

    /// Whether the authority may issue these common names, where they count as names of a kind. Those
    /// without a dot, which are also what people are called, are asked about only on demand.
    func allow(
        commonNamesOf subject: UnsafeRawBufferPointer, _ extensions: CertificateExtensions,
        withoutDot: Bool
    ) -> Bool {
        var areAllowed = true
        DistinguishedName.forEachAttribute(of: subject) { identifier, value in
            guard DistinguishedName.isCommonName(identifier) else { return true }
            var memory = InlineArray<256, UInt8>(repeating: 0)
            areAllowed = withUnsafeMutableBytes(of: &memory) { memory in
                // What is no ASCII, or longer, is no name of such a kind.
                guard let text = AttributeText.copyASCII(of: value, to: memory),
                    withoutDot || text.position(of: UInt8(ascii: ".")) != nil,
                    CommonName.counts(text, beside: extensions)
                else { return true }
                return allow(commonName: text)
            }
            return areAllowed
        }
        return areAllowed
    }

    private func allow(commonName text: UnsafeRawBufferPointer) -> Bool {
        guard let tag = CommonName.tag(of: text) else { return true }
        guard tag == PresentedName.addressTag, let address = IPAddress(text) else {
            return (try? allow(tag: tag, text)) ?? false
        }
        return address.withBytes { (try? allow(tag: tag, $0)) ?? false }
    }

    /// A value that is no text of ASCII cannot be compared.
    private func allow(email value: DERElement) -> Bool {
        var memory = InlineArray<320, UInt8>(repeating: 0)
        return withUnsafeMutableBytes(of: &memory) { memory in
            guard let text = AttributeText.copyASCII(of: value, to: memory) else { return false }
            return (try? allow(tag: PresentedName.emailTag, text)) ?? false
        }
    }

    /// Whether there is a subtree of a kind.
    private func constrains(_ tag: UInt8) -> Bool {
        NameConstraints.has(tag, permitted) || NameConstraints.has(tag, excluded)
    }

    private static func has(_ tag: UInt8, _ subtrees: UnsafeRawBufferPointer) -> Bool {
        var reader = DERReader(subtrees)
        while let base = try? next(&reader) {
            if base.tag == tag { return true }
        }
        return false
    }

    private func allow(tag: UInt8, _ name: UnsafeRawBufferPointer) throws(DERError) -> Bool {
        var reader = DERReader(excluded)
        while let base = try NameConstraints.next(&reader) {
            guard base.tag == tag else { continue }
            guard try NameConstraints.match(name, base, isExcluded: true) == .different else { return false }
        }
        reader = DERReader(permitted)
        var isConstrained = false
        while let base = try NameConstraints.next(&reader) {
            guard base.tag == tag else { continue }
            isConstrained = true
            if try NameConstraints.match(name, base, isExcluded: false) == .same { return true }
        }
        return !isConstrained
    }

    /// Whether a name is in the subtree of a base of its own kind.
    private static func match(
        _ name: UnsafeRawBufferPointer, _ base: DERElement, isExcluded: Bool
    ) throws(DERError) -> NameMatch {
        let isInside: Bool
        switch base.tag {
        case PresentedName.dnsTag:
            guard NameSyntax.isPresentedDNSName(name) else { return .unclear }
            isInside =
                isHost(name, in: base.content, withSubdomains: true)
                // A wildcard that stands for an excluded name too.
                || (isExcluded && NameSyntax.dnsName(name, covers: base.content))
        case PresentedName.emailTag:
            guard NameSyntax.isPresentedEmail(name) else { return .unclear }
            isInside = isEmail(name, in: base.content)
        case PresentedName.uriTag:
            // Where the host cannot be told, the constraint cannot be kept.
            guard let host = NameSyntax.host(ofURI: name), NameSyntax.isPresentedHost(host),
                IPAddress(host) == nil
            else { return .unclear }
            isInside = isHost(host, in: base.content, withSubdomains: false)
        case PresentedName.addressTag: isInside = isAddress(name, in: base.content)
        case PresentedName.directoryTag:
            return DistinguishedName.match(try wholeName(name), below: try wholeName(base.content))
        default: return .unclear
        }
        return isInside ? .same : .different
    }

    /// A base that starts with a dot stands for all names below; else for itself, and in DNS constraints for
    /// the names below too.
    private static func isHost(
        _ host: UnsafeRawBufferPointer, in base: UnsafeRawBufferPointer, withSubdomains: Bool
    ) -> Bool {
        guard !base.isEmpty else { return true }
        let dot = UInt8(ascii: ".")
        if base[0] != dot {
            if NameSyntax.isSameIgnoringCase(host, base) { return true }
            guard withSubdomains, host.count > base.count, host[host.count - base.count - 1] == dot else {
                return false
            }
        }
        guard host.count > base.count else { return false }
        return NameSyntax.isSameIgnoringCase(
            UnsafeRawBufferPointer(rebasing: host[(host.count - base.count)...]), base)
    }

    /// A base is one mailbox, or the host of all.
    private static func isEmail(_ email: UnsafeRawBufferPointer, in base: UnsafeRawBufferPointer) -> Bool {
        let at = UInt8(ascii: "@")
        if base.position(of: at) != nil { return NameSyntax.isSameEmail(email, base) }
        guard let position = email.lastPosition(of: at) else { return false }
        return isHost(
            UnsafeRawBufferPointer(rebasing: email[(position + 1)...]), in: base, withSubdomains: false)
    }

    /// A base is an address and a mask of the same size.
    private static func isAddress(
        _ address: UnsafeRawBufferPointer, in base: UnsafeRawBufferPointer
    ) -> Bool {
        guard base.count == 2 * address.count else { return false }
        for index in 0..<address.count {
            let mask = base[address.count + index]
            if address[index] & mask != base[index] & mask { return false }
        }
        return true
    }

    /// A Name inside of a GeneralName is tagged explicitly: it is one element in the content. A subject is
    /// that element itself.
    private static func wholeName(_ bytes: UnsafeRawBufferPointer) throws(DERError) -> UnsafeRawBufferPointer
    {
        try DERElement.only(DERTag.sequence, in: bytes).whole
    }
}
