// The extensions of a certificate that its use depends on (RFC 5280, section 4.2), each read strictly.
// Faults of the extensions themselves are gathered, not thrown: a certificate is looked at whole. What binds
// and cannot be read is a fault of its own, which even a trust anchor is not forgiven.

import PosternCore

public struct CertificateExtensions {
    public private(set) var faults = CertificateFaults()
    public private(set) var isAuthority = false
    /// The basic constraints are critical, as RFC 5280, section 4.2.1.9, asks of an authority.
    public private(set) var basicConstraintsAreCritical = false
    /// Authorities that may be below; nil for any number.
    public private(set) var pathLength: Int?
    /// Nil when the extension is not there: then every usage is allowed.
    public private(set) var keyUsage: KeyUsage?
    /// Nil when the extension is not there: then every purpose is allowed.
    public private(set) var purposes: Purposes?
    /// The whole SEQUENCE OF GeneralName.
    public private(set) var alternativeNames: UnsafeRawBufferPointer?
    public private(set) var alternativeNamesAreCritical = false
    public private(set) var nameConstraints: NameConstraints?
    public private(set) var subjectKeyIdentifier: UnsafeRawBufferPointer?
    public private(set) var authorityKeyIdentifier: UnsafeRawBufferPointer?
    /// The identifier of the first critical extension that is not known.
    public private(set) var unknown: UnsafeRawBufferPointer?
    /// The identifier of the first extension that binds and is not as it should be.
    public private(set) var bad: UnsafeRawBufferPointer?

    /// Extensions of a certificate. Real ones have about ten. What is behind them would not be seen.
    private static let countMax = 32

    public struct KeyUsage {
        let bits: UInt8
        /// Counted as RFC 5280, section 4.2.1.3, does. The ninth, decipherOnly, is not kept.
        public func has(_ index: Int) -> Bool { bits & 0x80 &>> UInt8(index) != 0 }
        public var signs: Bool { has(0) }
        public var enciphersKeys: Bool { has(2) }
        public var agreesOnKeys: Bool { has(4) }
        public var signsCertificates: Bool { has(5) }
        public var signsRevocationLists: Bool { has(6) }
    }

    public struct Purposes {
        public fileprivate(set) var server = false
        public fileprivate(set) var client = false
        public fileprivate(set) var any = false
        /// One that is not respected here.
        public fileprivate(set) var other = false
    }

    /// Of the content of the SEQUENCE of extensions; nil for none.
    public init(_ content: UnsafeRawBufferPointer?) {
        guard let content else { return }
        var reader = DERReader(content)
        var count = 0
        do throws(DERError) {
            while !reader.isEmpty {
                count += 1
                guard count <= CertificateExtensions.countMax else { throw .badValue }
                let before = UnsafeRawBufferPointer(
                    rebasing: content[..<(content.count - reader.rest.count)])
                try read(try Extension(&reader), behind: before)
            }
        } catch {
            // What is behind this place may bind.
            faults.insert(.badExtension)
        }
    }

    private mutating func read(
        _ one: Extension, behind before: UnsafeRawBufferPointer
    ) throws(DERError) {
        if !one.isCriticalInForm { faults.insert(.badEncoding) }
        if try CertificateExtensions.has(one.identifier, in: before) { faults.insert(.duplicateExtension) }
        do throws(DERError) {
            let isKnown = try take(one.identifier, one.value, one.isCritical)
            if !isKnown, one.isCritical {
                faults.insert(.unknownCriticalExtension)
                if unknown == nil { unknown = one.identifier }
            }
        } catch {
            guard CertificateExtensions.binds(one.identifier) else {
                faults.insert(.badEncoding)
                return
            }
            noteBad(one.identifier)
        }
    }

    private mutating func noteBad(_ identifier: UnsafeRawBufferPointer) {
        faults.insert(.badExtension)
        if bad == nil { bad = identifier }
    }

    /// Key usage, basic constraints, name constraints, purposes: all that may forbid something.
    private static func binds(_ identifier: UnsafeRawBufferPointer) -> Bool {
        guard identifier.count == 3, identifier[0] == 0x55, identifier[1] == 0x1D else { return false }
        switch identifier[2] {
        case 15, 19, 30, 37: return true
        default: return false
        }
    }

    private static func has(
        _ identifier: UnsafeRawBufferPointer, in extensions: UnsafeRawBufferPointer
    ) throws(DERError) -> Bool {
        var reader = DERReader(extensions)
        while !reader.isEmpty {
            if hasSameBytes(identifier, try Extension(&reader).identifier) { return true }
        }
        return false
    }

    /// Returns false when the extension is none whose meaning is respected here.
    private mutating func take(
        _ identifier: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, _ isCritical: Bool
    ) throws(DERError) -> Bool {
        // 2.5.29.x, id-ce
        guard identifier.count == 3, identifier[0] == 0x55, identifier[1] == 0x1D else { return false }
        switch identifier[2] {
        case 14: subjectKeyIdentifier = try CertificateExtensions.only(value, DERTag.octetString).content
        case 15: try takeKeyUsage(value)
        case 17:
            alternativeNames = try CertificateExtensions.only(value, DERTag.sequence).whole
            alternativeNamesAreCritical = isCritical
        case 19:
            try takeBasicConstraints(value)
            basicConstraintsAreCritical = isCritical
        case 30: nameConstraints = try NameConstraints(value)
        case 35:
            var reader = try CertificateExtensions.only(value, DERTag.sequence).reader
            authorityKeyIdentifier = try reader.optional(DERTag.context(0))?.content
        case 37: try takePurposes(value)
        // Certificate policies restrict nothing as long as any policy will do, and any will do here.
        case 32: _ = try CertificateExtensions.only(value, DERTag.sequence)
        default: return false
        }
        return true
    }

    /// The one element of an extension's value, in strict DER and not empty where emptiness has no meaning.
    static func only(_ value: UnsafeRawBufferPointer, _ tag: UInt8) throws(DERError) -> DERElement {
        try StrictDER.check(value)
        return try DERElement.only(tag, in: value)
    }

    private mutating func takeKeyUsage(_ value: UnsafeRawBufferPointer) throws(DERError) {
        let bits = try CertificateExtensions.only(value, DERTag.bitString).content
        // The byte for unused bits, and nine bits at most; RFC 5280 wants one of them set.
        guard bits.count == 2 || bits.count == 3 else { throw .badValue }
        guard bits[1] != 0 || bits[bits.count - 1] != 0 else { throw .badValue }
        keyUsage = KeyUsage(bits: bits[1])
        // The last bit that is written is a one: form alone, since it is clear what is said.
        if bits[bits.count - 1].trailingZeroBitCount != Int(bits[0]) { faults.insert(.badEncoding) }
    }

    private mutating func takeBasicConstraints(_ value: UnsafeRawBufferPointer) throws(DERError) {
        var reader = try CertificateExtensions.only(value, DERTag.sequence).reader
        if let authority = try reader.optional(DERTag.boolean) {
            guard authority.content[0] == 0xFF else { throw .badValue }
            isAuthority = true
        }
        if let length = try reader.optional(DERTag.integer)?.content {
            guard isAuthority, length[0] < 0x80 else { throw .badValue }
            pathLength = length.count == 1 ? Int(length[0]) : Int(UInt8.max)
        }
        try reader.end()
    }

    private mutating func takePurposes(_ value: UnsafeRawBufferPointer) throws(DERError) {
        var reader = try CertificateExtensions.only(value, DERTag.sequence).reader
        var purposes = Purposes()
        guard !reader.isEmpty else { throw .badValue }
        while !reader.isEmpty {
            let identifier = try reader.next(DERTag.objectIdentifier).content
            // 1.3.6.1.5.5.7.3.1, 1.3.6.1.5.5.7.3.2, 2.5.29.37.0
            if identifier.equals([0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01]) {
                purposes.server = true
            } else if identifier.equals([0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02]) {
                purposes.client = true
            } else if identifier.equals([0x55, 0x1D, 0x25, 0x00]) {
                purposes.any = true
            } else {
                purposes.other = true
            }
        }
        self.purposes = purposes
    }
}
