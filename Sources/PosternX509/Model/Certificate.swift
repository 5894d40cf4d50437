// A certificate in DER, taken apart and not copied (RFC 5280, section 4.1). Reading is strict about DER and
// about which fields there are; whether the values are right is asked in CertificateRules.

import PosternCore

public struct Certificate {
    public let signed: SignedDocument
    /// 0 for version 1, 2 for version 3.
    public let version: UInt8
    /// Content of the INTEGER.
    public let serial: UnsafeRawBufferPointer
    /// AlgorithmIdentifier inside of what is signed, whole.
    public let innerAlgorithm: UnsafeRawBufferPointer
    /// Names, whole.
    public let issuer: UnsafeRawBufferPointer
    public let subject: UnsafeRawBufferPointer
    /// Seconds since 1970, UTC.
    public let notBefore: Int64
    public let notAfter: Int64
    /// Both are written as RFC 5280 wants them for their years.
    public let hasTimesInForm: Bool
    /// SubjectPublicKeyInfo, whole: its SHA-256 is the pin.
    public let publicKey: UnsafeRawBufferPointer
    public let hasUniqueIdentifiers: Bool
    /// Content of the SEQUENCE of extensions; nil when there is none.
    public let extensions: UnsafeRawBufferPointer?

    public init(_ der: UnsafeRawBufferPointer) throws(DERError) {
        signed = try SignedDocument(der)
        var inner = signed.fields
        version = try Certificate.readVersion(&inner)
        serial = try inner.next(DERTag.integer).content
        innerAlgorithm = try inner.next(DERTag.sequence).whole
        issuer = try inner.next(DERTag.sequence).whole
        var validity = try inner.next(DERTag.sequence).reader
        let start = try validity.next()
        let end = try validity.next()
        notBefore = try start.time.seconds
        notAfter = try end.time.seconds
        hasTimesInForm = start.isTimeInForm && end.isTimeInForm
        try validity.end()
        subject = try inner.next(DERTag.sequence).whole
        publicKey = try inner.next(DERTag.sequence).whole
        let issuerIdentifier = try inner.optional(DERTag.context(1))
        let subjectIdentifier = try inner.optional(DERTag.context(2))
        hasUniqueIdentifiers = issuerIdentifier != nil || subjectIdentifier != nil
        extensions = try inner.explicit(3, DERTag.sequence)?.content
        if let extensions, extensions.isEmpty { throw .badValue }
        try inner.end()
    }

    /// Version 1 is the default and is not written.
    private static func readVersion(_ reader: inout DERReader) throws(DERError) -> UInt8 {
        guard let version = try reader.explicit(0, DERTag.integer)?.content else { return 0 }
        guard version.count == 1, version[0] == 1 || version[0] == 2 else { throw .badValue }
        return version[0]
    }

    public var whole: UnsafeRawBufferPointer { signed.whole }

    /// Issuer and subject are the same: a root, or an authority's certificate over a new key of its own.
    public var isSelfIssued: Bool { DistinguishedName.isSame(issuer, subject) }

    /// Rounded down: -1 from the first second after the end on.
    public func daysLeft(at time: Int64) -> Int64 {
        let left = notAfter - time
        let day = CalendarTime.secondsPerDay
        return left >= 0 ? left / day : -((-left + day - 1) / day)
    }

    /// Whether it is for this name, by its alternative names alone: the common name does not count (RFC
    /// 9525).
    public func covers(_ name: GeneralName) -> Bool {
        guard let alternativeNames = CertificateExtensions(extensions).alternativeNames else { return false }
        do throws(DERError) {
            return try PresentedNames(alternativeNames).cover(name)
        } catch {
            return false
        }
    }
}

extension Certificate {
    /// Whether its common name is this one, which is no alternative name of any kind (CommonName.isName).
    public func hasCommonName(_ name: UnsafeRawBufferPointer) -> Bool {
        NameSyntax.isSameIgnoringCase(DistinguishedName.commonName(of: subject), name)
    }
}

extension DERElement {
    /// UTCTime or GeneralizedTime, to the second and in UTC (RFC 5280, section 4.1.2.5).
    public var time: CalendarTime {
        get throws(DERError) {
            guard let time = CalendarTime(self) else { throw .badValue }
            return time
        }
    }

    /// UTCTime up to the end of 2049, GeneralizedTime from then on.
    var isTimeInForm: Bool {
        guard let year = CalendarTime(self)?.year else { return false }
        return tag == (year < 2050 ? DERTag.utcTime : DERTag.generalizedTime)
    }
}

extension CalendarTime {
    /// Nil when it is neither YYMMDDHHMMSSZ nor YYYYMMDDHHMMSSZ.
    init?(_ element: DERElement) {
        let text = element.content
        let yearDigits = element.tag == DERTag.generalizedTime ? 4 : 2
        guard element.tag == DERTag.utcTime || yearDigits == 4, text.count == yearDigits + 11,
            text[text.count - 1] == UInt8(ascii: "Z")
        else { return nil }
        for index in 0..<(text.count - 1) where !NameSyntax.isDigit(text[index]) { return nil }
        func number(_ first: Int) -> Int {
            Int(text[first] - UInt8(ascii: "0")) * 10 + Int(text[first + 1] - UInt8(ascii: "0"))
        }
        let year: Int
        if yearDigits == 4 {
            year = number(0) * 100 + number(2)
        } else {
            year = number(0) < 50 ? 2000 + number(0) : 1900 + number(0)
        }
        self.init(
            year: year, month: number(yearDigits), day: number(yearDigits + 2),
            hour: number(yearDigits + 4), minute: number(yearDigits + 6), second: number(yearDigits + 8))
    }
}
