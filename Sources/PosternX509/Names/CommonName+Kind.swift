// A common name where it is used as a name of a kind: an old habit, which RFC 9525 ends for servers and
// lists of clients still have. It counts only where no alternative name of that kind is there.

import PosternCore

extension CommonName {
    /// The tag that a GeneralName of that kind has; nil for the name of a person or a thing.
    static func tag(of text: UnsafeRawBufferPointer) -> UInt8? {
        if let name = GeneralName(text) { return name.tag }
        return NameSyntax.isPresentedDNSName(text) ? PresentedName.dnsTag : nil
    }

    /// Whether a common name of a certificate with these extensions may be used as what it looks like.
    public static func counts(
        _ text: UnsafeRawBufferPointer, beside extensions: CertificateExtensions
    ) -> Bool {
        guard let tag = tag(of: text) else { return true }
        var isAlone = true
        extensions.forEachName { name in
            if name.tag == tag { isAlone = false }
        }
        return isAlone
    }
}
