// Which names an authority may issue (RFC 5280, section 4.2.1.10): one NameConstraints extension, asked
// about one name after the other.

import PosternCore

public struct NameConstraints {
    /// GeneralSubtrees, one behind the other; empty for none.
    private let permitted: UnsafeRawBufferPointer
    private let excluded: UnsafeRawBufferPointer

    /// Of the extension's value.
    public init(_ value: UnsafeRawBufferPointer) throws(DERFault) {
        var reader = try CertificateExtensions.only(value, DERTag.sequence).reader
        let none = UnsafeRawBufferPointer(start: nil, count: 0)
        let permitted = try reader.optional(DERTag.contextConstructed(0))?.content
        let excluded = try reader.optional(DERTag.contextConstructed(1))?.content
        try reader.end()
        // One of them must be there.
        guard permitted != nil || excluded != nil else { throw .badValue }
        self.permitted = permitted ?? none
        self.excluded = excluded ?? none
    }

    /// Whether the authority may issue a certificate with this subject and these alternative names.
    public func allow(
        subject: UnsafeRawBufferPointer, alternativeNames: UnsafeRawBufferPointer?
    ) throws(DERFault) -> Bool {
        let emptySequenceBytes = 2
        if subject.count > emptySequenceBytes {
            guard try allow(tag: PresentedName.directoryTag, subject) else { return false }
        }
        var hasEmail = false
        if let alternativeNames {
            var names = try PresentedNames(alternativeNames)
            while let name = try names.next() {
                if name.tag == PresentedName.emailTag { hasEmail = true }
                guard try allow(tag: name.tag, name.content) else { return false }
            }
        }
        return hasEmail ? true : try allowEmails(of: subject)
    }

    /// Addresses in the subject count where there are none among the alternative names.
    private func allowEmails(of subject: UnsafeRawBufferPointer) throws(DERFault) -> Bool {
        var areAllowed = true
        var failure: DERFault?
        DistinguishedName.forEachEmail(of: subject) { email in
            do throws(DERFault) {
                if try !allow(tag: PresentedName.emailTag, email) { areAllowed = false }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return areAllowed
    }

    private func allow(tag: UInt8, _ name: UnsafeRawBufferPointer) throws(DERFault) -> Bool {
        var reader = DERReader(excluded)
        while let subtree = try NameConstraints.next(&reader) {
            guard subtree.tag == tag else { continue }
            guard NameConstraints.hasMeaning(tag) else { return false }
            if try NameConstraints.isName(name, in: subtree, isExcluded: true) { return false }
        }
        reader = DERReader(permitted)
        var isConstrained = false
        while let subtree = try NameConstraints.next(&reader) {
            guard subtree.tag == tag else { continue }
            guard NameConstraints.hasMeaning(tag) else { return false }
            isConstrained = true
            if try NameConstraints.isName(name, in: subtree, isExcluded: false) { return true }
        }
        return !isConstrained
    }

    /// The base of the next subtree. `minimum` and `maximum` are not used (RFC 5280) and not taken.
    private static func next(_ reader: inout DERReader) throws(DERFault) -> DERElement? {
        guard !reader.isEmpty else { return nil }
        var subtree = try reader.next(DERTag.sequence).reader
        let base = try subtree.next()
        try subtree.end()
        return base
    }

    /// A constraint on other kinds of names cannot be kept, so names of such a kind are not allowed.
    private static func hasMeaning(_ tag: UInt8) -> Bool {
        tag == PresentedName.dnsTag || tag == PresentedName.emailTag || tag == PresentedName.uriTag
            || tag == PresentedName.addressTag || tag == PresentedName.directoryTag
    }

    private static func isName(
        _ name: UnsafeRawBufferPointer, in subtree: DERElement, isExcluded: Bool
    ) throws(DERFault) -> Bool {
        let base = subtree.content
        switch subtree.tag {
        case PresentedName.dnsTag:
            return isHost(name, in: base, withSubdomains: true)
                // A wildcard that stands for an excluded name too.
                || (isExcluded && NameSyntax.dnsName(name, covers: base))
        case PresentedName.emailTag: return isEmail(name, in: base)
        case PresentedName.uriTag:
            // Where the host cannot be told, the constraint cannot be kept.
            guard let host = NameSyntax.host(ofURI: name), NameSyntax.isHost(host) else { return isExcluded }
            return isHost(host, in: base, withSubdomains: false)
        case PresentedName.addressTag: return try isAddress(name, in: base)
        default: return DistinguishedName.isName(try wholeName(name), below: try wholeName(base))
        }
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
    ) throws(DERFault) -> Bool {
        guard base.count == 8 || base.count == 32 else { throw .badValue }
        guard base.count == 2 * address.count else { return false }
        for index in 0..<address.count {
            let mask = base[address.count + index]
            if address[index] & mask != base[index] & mask { return false }
        }
        return true
    }

    /// A Name inside of a GeneralName is tagged explicitly: it is one element in the content. A subject is
    /// that element itself.
    private static func wholeName(_ bytes: UnsafeRawBufferPointer) throws(DERFault) -> UnsafeRawBufferPointer
    {
        try DERElement.only(DERTag.sequence, in: bytes).whole
    }
}
