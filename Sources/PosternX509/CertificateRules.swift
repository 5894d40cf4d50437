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
public struct CertificatePlace {
    /// 0 for the leaf.
    public let depth: Int
    /// It is trusted for itself, and signed by nobody as far as we are concerned.
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

    public init(purpose: CertificatePurpose, time: Int64) {
        self.purpose = purpose
        self.time = time
    }

    /// The faults of the next certificate on the way down.
    public mutating func check(_ certificate: Certificate, _ place: CertificatePlace) -> CertificateFaults {
        let extensions = CertificateExtensions(certificate.extensions)
        var faults = extensions.faults
        faults.insert(CertificateRules.form(of: certificate, extensions, place))
        // Public roots are older than the care for DER; whoever trusts one trusts it as it is.
        if place.isAnchor, place.depth > 0 { faults.remove(.badEncoding) }
        if certificate.notAfter < time { faults.insert(.expired) }
        if certificate.notBefore > time { faults.insert(.notYetValid) }
        if place.depth > 0 {
            faults.insert(CertificateRules.authority(certificate, extensions, place))
        } else {
            faults.insert(leaf(extensions))
        }
        if let purposes = extensions.purposes, !allows(purposes) { faults.insert(.wrongPurpose) }
        faults.insert(goDown(certificate, extensions, place))
        return faults
    }

    // Each on its own

    /// Its encoding, its numbers, its key.
    private static func form(
        of certificate: Certificate, _ extensions: CertificateExtensions, _ place: CertificatePlace
    ) -> CertificateFaults {
        var faults = CertificateFaults()
        do throws(DERFault) {
            try StrictDER.check(certificate.whole)
            if try !PublicKeyKind(certificate.publicKey).isAccepted { faults.insert(.weakKey) }
        } catch {
            faults.insert(.badEncoding)
        }
        let hasExtensions = certificate.extensions != nil
        let isVersionWrong =
            (hasExtensions && certificate.version != 2)
            || (certificate.hasUniqueIdentifiers && certificate.version == 0)
        let emptySequenceBytes = 2
        let hasNoSubject = certificate.subject.count <= emptySequenceBytes
        let isNameless = hasNoSubject && (place.depth > 0 || !extensions.alternativeNamesAreCritical)
        if isVersionWrong || isNameless || certificate.issuer.count <= emptySequenceBytes
            || !hasSameBytes(certificate.innerAlgorithm, certificate.signed.algorithm)
            || !certificate.hasTimesInForm || !hasNames(extensions)
        {
            faults.insert(.badEncoding)
        }
        if !isSerialRight(certificate.serial, place) { faults.insert(.badSerial) }
        return faults
    }

    /// RFC 5280, section 4.1.2.2. Roots with the number 0 are in use, and nobody revokes them by it.
    private static func isSerialRight(_ serial: UnsafeRawBufferPointer, _ place: CertificatePlace) -> Bool {
        guard serial.count >= 1, serial.count <= 20, serial[0] < 0x80 else { return false }
        return place.isAnchor || serial.count > 1 || serial[0] != 0
    }

    /// Alternative names are at least one, and each is readable.
    private static func hasNames(_ extensions: CertificateExtensions) -> Bool {
        guard let alternativeNames = extensions.alternativeNames else { return true }
        do throws(DERFault) {
            var names = try PresentedNames(alternativeNames)
            var count = 0
            while let name = try names.next() {
                count += 1
                let isAddress = name.tag == PresentedName.addressTag
                guard !isAddress || IPAddress(bytes: name.content) != nil else { return false }
            }
            return count > 0
        } catch {
            return false
        }
    }

    /// It has issued the one below. Other authorities have certified what an intermediate may be used for;
    /// an anchor may leave its key usage open, and then is not bound.
    private static func authority(
        _ certificate: Certificate, _ extensions: CertificateExtensions, _ place: CertificatePlace
    ) -> CertificateFaults {
        var faults = CertificateFaults()
        if !extensions.isAuthority { faults.insert(.notAnAuthority) }
        if let usage = extensions.keyUsage {
            if !usage.signsCertificates { faults.insert(.wrongKeyUsage) }
        } else if !place.isAnchor {
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
    private mutating func goDown(
        _ certificate: Certificate, _ extensions: CertificateExtensions, _ place: CertificatePlace
    ) -> CertificateFaults {
        var faults = CertificateFaults()
        let isLeaf = place.depth == 0
        let isSelfIssued = certificate.isSelfIssued
        if isLeaf || !isSelfIssued {
            for index in 0..<constraints.count {
                if !CertificateRules.isAllowed(certificate, extensions, by: constraints[index]) {
                    faults.insert(.nameConstraint)
                }
            }
        }
        guard !isLeaf else { return faults }
        if let left = pathLength, !isSelfIssued, !place.isAnchor {
            if left == 0 { faults.insert(.pathLength) } else { pathLength = left - 1 }
        }
        if let own = extensions.pathLength { pathLength = min(own, pathLength ?? own) }
        if let content = extensions.nameConstraints, !add(content) { faults.insert(.badEncoding) }
        return faults
    }

    /// False when they cannot be read, or are more than a path can have.
    private mutating func add(_ content: UnsafeRawBufferPointer) -> Bool {
        do throws(DERFault) {
            return constraints.append(try NameConstraints(content))
        } catch {
            return false
        }
    }

    /// A constraint that cannot be read allows nothing.
    private static func isAllowed(
        _ certificate: Certificate, _ extensions: CertificateExtensions, by constraints: NameConstraints
    ) -> Bool {
        do throws(DERFault) {
            return try constraints.allow(
                subject: certificate.subject, alternativeNames: extensions.alternativeNames)
        } catch {
            return false
        }
    }
}
