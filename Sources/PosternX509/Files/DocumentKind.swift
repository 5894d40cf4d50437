// Which kind of document a piece of DER is, by how it starts: files say so in PEM only.

public enum DocumentKind: Sendable {
    case certificate
    case request
    case revocationList

    /// Nil for anything else, such as a key.
    public init?(_ der: UnsafeRawBufferPointer) {
        do throws(DERError) {
            var file = DERReader(der)
            var outer = try file.next(DERTag.sequence).reader
            var inner = try outer.next(DERTag.sequence).reader
            if inner.nextTag == DERTag.contextConstructed(0) {
                self = .certificate
                return
            }
            // A version in a request and a list, a serial number in a certificate of version 1; a list of
            // version 1 has neither.
            let hasNumber = try inner.optional(DERTag.integer) != nil
            let name = try inner.next(DERTag.sequence)
            let isName = name.content.first == DERTag.set || name.content.isEmpty
            if isName {
                self = .request
                return
            }
            _ = try inner.next(DERTag.sequence)
            let isList = inner.nextTag == DERTag.utcTime || inner.nextTag == DERTag.generalizedTime
            guard isList || hasNumber else { return nil }
            self = isList ? .revocationList : .certificate
        } catch {
            return nil
        }
    }
}
