// A certificate revocation list in DER, taken apart and not copied (RFC 5280, section 5). Only complete
// lists by the issuer itself are understood; one with another critical extension is not.

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
    /// It has a critical extension that is not known here, as a list for some certificates only has.
    public let isPartial: Bool

    /// One revoked certificate.
    public struct Entry {
        /// Content of the INTEGER.
        public let serial: UnsafeRawBufferPointer
        public let time: Int64
        /// RFC 5280, section 5.3.1; nil where none is given.
        public let reason: UInt8?
    }

    public init(_ der: UnsafeRawBufferPointer) throws(DERFault) {
        signed = try SignedDocument(der)
        var inner = signed.fields
        if let version = try inner.optional(DERTag.integer)?.content {
            guard version.count == 1, version[0] == 1 else { throw .badValue }
        }
        innerAlgorithm = try inner.next(DERTag.sequence).whole
        issuer = try inner.next(DERTag.sequence).whole
        thisUpdate = try inner.next().time.seconds
        let hasNext = inner.nextTag == DERTag.utcTime || inner.nextTag == DERTag.generalizedTime
        nextUpdate = hasNext ? try inner.next().time.seconds : nil
        entries =
            try inner.optional(DERTag.sequence)?.content ?? UnsafeRawBufferPointer(start: nil, count: 0)
        let extensions = try RevocationList.readExtensions(&inner)
        number = extensions.number
        isPartial = extensions.isPartial
        try inner.end()
    }

    private static func readExtensions(_ reader: inout DERReader) throws(DERFault) -> (
        number: UnsafeRawBufferPointer?, isPartial: Bool
    ) {
        guard var extensions = try reader.explicit(0, DERTag.sequence)?.reader else { return (nil, false) }
        var number: UnsafeRawBufferPointer?
        var isPartial = false
        while !extensions.isEmpty {
            let one = try Extension(&extensions)
            // 2.5.29.20, cRLNumber
            if one.identifier.equals([0x55, 0x1D, 0x14]) {
                number = try CertificateExtensions.only(one.value, DERTag.integer).content
            } else if one.isCritical {
                isPartial = true
            }
        }
        return (number, isPartial)
    }

    /// Reads the next entry.
    public static func next(_ reader: inout DERReader) throws(DERFault) -> Entry? {
        guard !reader.isEmpty else { return nil }
        var entry = try reader.next(DERTag.sequence).reader
        let serial = try entry.next(DERTag.integer).content
        let time = try entry.next().time.seconds
        var reason: UInt8?
        if var extensions = try entry.optional(DERTag.sequence)?.reader {
            while !extensions.isEmpty {
                let one = try Extension(&extensions)
                // 2.5.29.21, cRLReason. Whatever other extensions say, even critical ones: it is revoked.
                guard one.identifier.equals([0x55, 0x1D, 0x15]) else { continue }
                let value = try CertificateExtensions.only(one.value, DERTag.enumerated).content
                guard value.count == 1 else { throw .badValue }
                reason = value[0]
            }
        }
        try entry.end()
        return Entry(serial: serial, time: time, reason: reason)
    }

    /// The entry of a certificate; nil when it is not revoked.
    public func entry(serial: UnsafeRawBufferPointer) throws(DERFault) -> Entry? {
        var reader = DERReader(entries)
        while let entry = try RevocationList.next(&reader) {
            if hasSameBytes(entry.serial, serial) { return entry }
        }
        return nil
    }

    /// Whether it is in use at a time. One that does not say when the next one comes is never out of date.
    public func isCurrent(at time: Int64) -> Bool {
        thisUpdate <= time && time <= (nextUpdate ?? time)
    }
}
