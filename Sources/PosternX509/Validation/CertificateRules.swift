// What RFC 5280 asks of a certificate in its place, beyond signatures and revocation: its encoding, its
// extensions, its dates, and what authorities above it allow. A path is gone down from the anchor to the
// leaf; faults are gathered, so that each can be named.

import PosternCore

public enum CertificatePurpose: Sendable {
    case server
    case client
    case any

    public static func named(_ name: Text) -> CertificatePurpose? {
        if name == "server" { return .server }
        return name == "client" ? .client : nil
    }
}

/// Where in its path a certificate stands.
public struct PathPosition {
    /// 0 for the leaf.
    public let depth: Int
    /// A trust anchor: its own signature is not checked.
    public let isAnchor: Bool

    public init(depth: Int, isAnchor: Bool) {
        self.depth = depth
        self.isAnchor = isAnchor
    }
}

public struct CertificateRules {
    public let purpose: CertificatePurpose
    /// Seconds since 1970.
    public let time: Int64
    /// Authorities that may still follow; nil for any number.
    private var pathLength: Int?
    private var constraints = FixedList<10, NameConstraints>()
    /// Every authority may issue the common names of the leaf, should somebody use them as names of a kind.
    public private(set) var commonNameIsAllowed = true

    public init(purpose: CertificatePurpose, time: Int64) {
        self.purpose = purpose
        self.time = time
    }

    /// The faults of the next certificate on the way down.
    public mutating func check(_ certificate: Certificate, _ position: PathPosition) -> CertificateFaults {
        let extensions = CertificateExtensions(certificate.extensions)
        var faults = extensions.faults
        faults.insert(CertificateRules.form(of: certificate, extensions, position))
        // Public roots are older than the care for DER; whoever trusts one trusts how it is written. What it
        // forbids must be readable all the same: those faults have other names.
        if position.isAnchor, position.depth > 0 { faults.remove(.badEncoding | .badName) }
        if certificate.notAfter < time { faults.insert(.expired) }
        if certificate.notBefore > time { faults.insert(.notYetValid) }
        if position.depth > 0 {
            faults.insert(CertificateRules.authority(certificate, extensions, position))
        } else {
            faults.insert(leaf(extensions))
        }
        if let purposes = extensions.purposes, !allows(purposes) { faults.insert(.wrongPurpose) }
        faults.insert(applyPathConstraints(certificate, extensions, position))
        return faults
    }

    // Each on its own

    /// Its encoding, its numbers, its key.
    private static func form(
        of certificate: Certificate, _ extensions: CertificateExtensions, _ position: PathPosition
    ) -> CertificateFaults {
        var faults = CertificateFaults()
        do throws(DERError) {
            try StrictDER.check(certificate.whole)
        } catch {
            faults.insert(.badEncoding)
        }
        faults.insert(fault(ofKey: certificate.publicKey, position))
        if !position.isAnchor, SignatureScheme(certificate.signed.algorithm) == nil {
            faults.insert(.weakSignature)
        }
        let hasExtensions = certificate.extensions != nil
        let isVersionWrong =
            (hasExtensions && certificate.version != 2)
            || (certificate.hasUniqueIdentifiers && certificate.version == 0)
        let emptySequenceBytes = 2
        let hasNoSubject = certificate.subject.count <= emptySequenceBytes
        let isNameless = hasNoSubject && (position.depth > 0 || !extensions.alternativeNamesAreCritical)
        if isVersionWrong || isNameless || certificate.issuer.count <= emptySequenceBytes
            || !hasSameBytes(certificate.innerAlgorithm, certificate.signed.algorithm)
            || !certificate.hasTimesInForm || !hasNames(extensions)
        {
            faults.insert(.badEncoding)
        }
        if !DistinguishedName.isWellFormed(certificate.subject)
            || !DistinguishedName.isWellFormed(certificate.issuer) || !areNamesWellFormed(extensions)
        {
            faults.insert(.badName)
        }
        if !isSerialRight(certificate.serial, position) { faults.insert(.badSerial) }
        return faults
    }

    /// RFC 5280, section 4.1.2.2. Roots with the number 0 are in use, and nobody revokes them by it.
    private static func isSerialRight(_ serial: UnsafeRawBufferPointer, _ position: PathPosition) -> Bool {
        guard serial.count >= 1, serial.count <= 20, serial[0] < 0x80 else { return false }
        return position.isAnchor || serial.count > 1 || serial[0] != 0
    }

    /// Only the key of an anchor may have the exponent 3, which old roots have.
    private static func fault(
        ofKey publicKey: UnsafeRawBufferPointer, _ position: PathPosition
    ) -> CertificateFaults {
        do throws(DERError) {
            let kind = try PublicKeyKind(publicKey)
            let isAccepted = position.isAnchor ? kind.isAcceptedOfAnchor : kind.isAccepted
            guard !isAccepted else { return CertificateFaults() }
            switch kind {
            case .damaged: return .badKey
            case .rsaWithExponent3(let bits) where PublicKeyKind.rsa(bits: bits).isAccepted: return .badKey
            default: return .weakKey
            }
        } catch {
            return .badKey
        }
    }

    /// Alternative names are at least one, and can be told apart.
    private static func hasNames(_ extensions: CertificateExtensions) -> Bool {
        guard let alternativeNames = extensions.alternativeNames else { return true }
        do throws(DERError) {
            var names = try PresentedNames(alternativeNames)
            guard try names.next() != nil else { return false }
            while try names.next() != nil {}
            return true
        } catch {
            return false
        }
    }

    private static func areNamesWellFormed(_ extensions: CertificateExtensions) -> Bool {
        var areWellFormed = true
        extensions.forEachName { name in
            if !NameSyntax.isWellFormed(name) { areWellFormed = false }
        }
        return areWellFormed
    }

    /// It has issued the one below. Other authorities have certified what an intermediate may be used for;
    /// an anchor may leave its key usage open, and then is not bound.
    private static func authority(
        _ certificate: Certificate, _ extensions: CertificateExtensions, _ position: PathPosition
    ) -> CertificateFaults {
        var faults = CertificateFaults()
        if !extensions.isAuthority {
            faults.insert(.notAnAuthority)
        } else if !position.isAnchor, !extensions.basicConstraintsAreCritical {
            faults.insert(.badExtension)
        }
        if let usage = extensions.keyUsage {
            if !usage.signsCertificates { faults.insert(.wrongKeyUsage) }
        } else if !position.isAnchor {
            faults.insert(.wrongKeyUsage)
        }
        return faults
    }

    private func leaf(_ extensions: CertificateExtensions) -> CertificateFaults {
        var faults = CertificateFaults()
        guard let usage = extensions.keyUsage else { return faults }
        // RFC 5280, section 4.2.1.9: who signs certificates is an authority; a path length is for these.
        if usage.signsCertificates ? !extensions.isAuthority : extensions.pathLength != nil {
            faults.insert(.wrongKeyUsage)
        }
        let isFit =
            switch purpose {
            case .server: usage.signs || usage.enciphersKeys || usage.agreesOnKeys
            case .client: usage.signs || usage.agreesOnKeys
            case .any: true
            }
        if !isFit { faults.insert(.wrongKeyUsage) }
        return faults
    }

    /// Purposes of an authority bind those below it, which RFC 5280 leaves open and everybody does.
    private func allows(_ purposes: CertificateExtensions.Purposes) -> Bool {
        switch purpose {
        case .server: purposes.server || purposes.any
        case .client: purposes.client || purposes.any
        case .any: true
        }
    }

    // By what is above

    /// Path length and name constraints, RFC 5280, sections 6.1.3 (b), (c) and 6.1.4 (g), (l), (m).
    private mutating func applyPathConstraints(
        _ certificate: Certificate, _ extensions: CertificateExtensions, _ position: PathPosition
    ) -> CertificateFaults {
        var faults = CertificateFaults()
        let isLeaf = position.depth == 0
        let isSelfIssued = certificate.isSelfIssued
        if isLeaf || !isSelfIssued {
            for index in 0..<constraints.count {
                if !CertificateRules.isAllowed(certificate, extensions, by: constraints[index]) {
                    faults.insert(.nameConstraint)
                }
                if isLeaf {
                    faults.insert(check(commonNamesOf: certificate, extensions, by: constraints[index]))
                }
            }
        }
        guard !isLeaf else { return faults }
        if let left = pathLength, !isSelfIssued, !position.isAnchor {
            if left == 0 { faults.insert(.pathLength) } else { pathLength = left - 1 }
        }
        if let own = extensions.pathLength { pathLength = min(own, pathLength ?? own) }
        // There is room for those of the longest path.
        if let own = extensions.nameConstraints, !constraints.append(own) { faults.insert(.nameConstraint) }
        return faults
    }

    /// A common name is a name of a kind only where there is no alternative name of that kind. One without a
    /// dot is also what people and devices are called: it is no fault, but nobody may go by it.
    private mutating func check(
        commonNamesOf leaf: Certificate, _ extensions: CertificateExtensions, by constraints: NameConstraints
    ) -> CertificateFaults {
        guard !constraints.allow(commonNamesOf: leaf.subject, extensions, withoutDot: true) else {
            return CertificateFaults()
        }
        commonNameIsAllowed = false
        return constraints.allow(commonNamesOf: leaf.subject, extensions, withoutDot: false)
            ? CertificateFaults() : .nameConstraint
    }

    /// A constraint that cannot be read allows nothing.
    private static func isAllowed(
        _ certificate: Certificate, _ extensions: CertificateExtensions, by constraints: NameConstraints
    ) -> Bool {
        do throws(DERError) {
            return try constraints.allow(
                subject: certificate.subject, alternativeNames: extensions.alternativeNames)
        } catch {
            return false
        }
    }
}
