// The name that a client asks a server for (SNI, RFC 6066, section 3), held against the server's
// certificates. It is untrusted, and whatever it is, it is compared as it stands.

import PosternCore

extension PresentedNames {
    /// The first DNS name that is the one that is asked for, or a wildcard for it; of all names if none is
    /// asked for. Names behind one that does not parse do not count.
    public consuming func dnsName(for name: UnsafeRawBufferPointer?) -> UnsafeRawBufferPointer? {
        while let presented = try? next() {
            guard presented.tag == PresentedName.dnsTag else { continue }
            guard let name else { return presented.content }
            // A wildcard that is asked for is covered by itself alone.
            let isCovered =
                name.count > 0 && name[0] == UInt8(ascii: "*")
                ? NameSyntax.isSameIgnoringCase(presented.content, name)
                : NameSyntax.dnsName(presented.content, covers: name)
            if isCovered { return presented.content }
        }
        return nil
    }
}

extension Certificate {
    /// The same of its alternative names.
    public func dnsName(for name: UnsafeRawBufferPointer?) -> UnsafeRawBufferPointer? {
        guard let alternativeNames = CertificateExtensions(extensions).alternativeNames else { return nil }
        return try? PresentedNames(alternativeNames).dnsName(for: name)
    }
}
