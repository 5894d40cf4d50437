// A certificate revocation list in DER, taken apart and not copied (RFC 5280, section 5). Only complete
// lists by the issuer itself, for all of its certificates, are supported: any other clears nobody.

import PosternCore

public struct RevocationList {
    public let signed: SignedDocument
    /// AlgorithmIdentifier inside of what is signed, whole.
    public let innerAlgorithm: UnsafeRawBufferPointer
    public let issuer: UnsafeRawBufferPointer
    /// Seconds since 1970, UTC.
    public let thisUpdate: Int64
    /// Nil when it does not say when the next one comes.
    public let nextUpdate: Int64?
    /// The revoked certificates, one behind the other.
    public let entries: UnsafeRawBufferPointer
    /// Content of the INTEGER; nil where it has no number.
    public let number: UnsafeRawBufferPointer?
    /// What stands around the entries is what a complete list has.
    private let isComplete: Bool
    private let isDelta: Bool
    private let isIndirect: Bool

    /// One revoked certificate.
    public struct Entry {
        /// Content of the INTEGER.
        public let serial: UnsafeRawBufferPointer
        public let time: Int64
        /// RFC 5280, section 5.3.1; nil where none is given.
        public let reason: UInt8?
        /// Written as RFC 5280 asks, and nothing in it that is not known.
        let isSupported: Bool
        /// Of another issuer's certificate, and so are those behind it (RFC 5280, section 5.3.3).
        let hasOtherIssuer: Bool
    }

    public init(_ der: UnsafeRawBufferPointer) throws(DERError) {
        signed = try SignedDocument(der)
        var inner = signed.fields
        let version = try inner.optional(DERTag.integer)?.content
        if let version, version.count != 1 || version[0] != 1 { throw .badValue }
        innerAlgorithm = try inner.next(DERTag.sequence).whole
        issuer = try inner.next(DERTag.sequence).whole
        let start = try inner.next()
        thisUpdate = try start.time.seconds
        let hasNext = inner.nextTag == DERTag.utcTime || inner.nextTag == DERTag.generalizedTime
        let end = hasNext ? try inner.next() : nil
        nextUpdate = try end?.time.seconds
        let revoked = try inner.optional(DERTag.sequence)
        entries = revoked?.content ?? UnsafeRawBufferPointer(start: nil, count: 0)
        let extensions = ListExtensions(try inner.explicit(0, DERTag.sequence))
        try inner.end()
        number = extensions.number
        isDelta = extensions.isDelta
        isIndirect = extensions.isIndirect
        // An end must be there (section 5.1.2.5), a list without entries has no list of them (5.1.2.6), and
        // only version 2 has extensions (5.1.2.1).
        isComplete =
            extensions.areSupported && !extensions.isDelta && !extensions.hasScope
            && start.isTimeInForm && end?.isTimeInForm == true && revoked?.content.isEmpty != true
            && (version != nil || !extensions.areThere) && DistinguishedName.isWellFormed(issuer)
    }

    /// Whether it may clear somebody, apart from its signature and its dates.
    public var isSupported: Bool {
        guard isComplete else { return false }
        var reader = DERReader(entries)
        do throws(DERError) {
            while let entry = try RevocationList.next(&reader) {
                guard entry.isSupported, !entry.hasOtherIssuer else { return false }
            }
            return true
        } catch {
            return false
        }
    }

    /// Reads the next entry.
    public static func next(_ reader: inout DERReader) throws(DERError) -> Entry? {
        guard !reader.isEmpty else { return nil }
        var entry = try reader.next(DERTag.sequence).reader
        let serial = try entry.next(DERTag.integer).content
        let time = try entry.next()
        let extensions = EntryExtensions(try entry.optional(DERTag.sequence))
        try entry.end()
        return Entry(
            serial: serial, time: try time.time.seconds, reason: extensions.reason,
            isSupported: extensions.areSupported && time.isTimeInForm,
            hasOtherIssuer: extensions.hasOtherIssuer)
    }

    /// The entry of a certificate; nil when it is not revoked.
    public func entry(serial: UnsafeRawBufferPointer) throws(DERError) -> Entry? {
        var reader = DERReader(entries)
        while let entry = try RevocationList.next(&reader) {
            if hasSameBytes(entry.serial, serial) { return entry }
        }
        return nil
    }

    /// Whether it revokes a certificate of its own issuer. An entry that cannot be read may be that one.
    func revokes(_ serial: UnsafeRawBufferPointer) -> Bool {
        let removeFromCRL: UInt8 = 8
        var reader = DERReader(entries)
        do throws(DERError) {
            while let entry = try RevocationList.next(&reader) {
                // The entries after it belong to another issuer, which is not tracked; such a list clears
                // nobody anyway.
                if entry.hasOtherIssuer || isIndirect { return false }
                if hasSameBytes(entry.serial, serial), !(isDelta && entry.reason == removeFromCRL) {
                    return true
                }
            }
            return false
        } catch {
            return true
        }
    }

    /// Whether it is in use at a time. One that does not say when the next one comes is not supported.
    public func isCurrent(at time: Int64) -> Bool {
        thisUpdate <= time && time <= (nextUpdate ?? time)
    }

    /// Whether it was made before another one of its issuer: the number says so, which only grows (RFC 5280,
    /// section 5.2.3), or the time where one has none.
    public func isOlder(than other: RevocationList) -> Bool {
        guard let number, let otherNumber = other.number else { return thisUpdate < other.thisUpdate }
        if number.count != otherNumber.count { return number.count < otherNumber.count }
        for index in 0..<number.count where number[index] != otherNumber[index] {
            return number[index] < otherNumber[index]
        }
        return false
    }
}

/// Extensions of the list itself (RFC 5280, section 5.2), each once.
private struct ListExtensions {
    var areThere = false
    var areSupported = true
    var number: UnsafeRawBufferPointer?
    var isDelta = false
    /// It is for some certificates or reasons, or by somebody else; critical or not.
    var hasScope = false
    /// Its entries are of several issuers.
    var isIndirect = false

    init(_ sequence: DERElement?) {
        guard let sequence else { return }
        areThere = true
        areSupported = forEachExtension(of: sequence) { one throws(DERError) in
            guard one.identifier.count == 3, one.identifier[0] == 0x55, one.identifier[1] == 0x1D else {
                return !one.isCritical
            }
            switch one.identifier[2] {
            case 20: number = try CertificateExtensions.only(one.value, DERTag.integer).content
            case 27: isDelta = true
            case 28:
                hasScope = true
                var parts = try CertificateExtensions.only(one.value, DERTag.sequence).reader
                while !parts.isEmpty {
                    if try parts.next().tag == DERTag.context(4) { isIndirect = true }
                }
            // authorityKeyIdentifier says no more than the signature does.
            case 35: break
            default: return !one.isCritical
            }
            return true
        }
    }
}

/// Extensions of an entry (RFC 5280, section 5.3), each once.
private struct EntryExtensions {
    var areSupported = true
    var reason: UInt8?
    var hasOtherIssuer = false

    init(_ sequence: DERElement?) {
        guard let sequence else { return }
        areSupported = forEachExtension(of: sequence) { one throws(DERError) in
            guard one.identifier.count == 3, one.identifier[0] == 0x55, one.identifier[1] == 0x1D else {
                return !one.isCritical
            }
            switch one.identifier[2] {
            case 21:
                let value = try CertificateExtensions.only(one.value, DERTag.enumerated).content
                guard value.count == 1 else { throw .badValue }
                reason = value[0]
            // invalidityDate: since when the key may have been known to others.
            case 24: break
            case 29: hasOtherIssuer = true
            default: return !one.isCritical
            }
            return true
        }
    }
}

/// Calls `body` with each extension. False where `body` returns false, one is there twice or cannot be read,
/// or there is none.
private func forEachExtension(
    of sequence: DERElement, _ body: (Extension) throws(DERError) -> Bool
) -> Bool {
    let countMax = 16
    var reader = sequence.reader
    var areSupported = !sequence.content.isEmpty
    var count = 0
    do throws(DERError) {
        while !reader.isEmpty {
            let before = UnsafeRawBufferPointer(
                rebasing: sequence.content[..<(sequence.content.count - reader.rest.count)])
            let one = try Extension(&reader)
            count += 1
            guard count <= countMax else { return false }
            var earlier = DERReader(before)
            while !earlier.isEmpty {
                if hasSameBytes(try Extension(&earlier).identifier, one.identifier) { areSupported = false }
            }
            if try !body(one) || !one.isCriticalInForm { areSupported = false }
        }
        return areSupported
    } catch {
        return false
    }
}
