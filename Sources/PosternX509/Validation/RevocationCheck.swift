// What the revocation lists of a store say about the certificates of a path (RFC 5280, section 6.3). A list
// clears somebody only when the issuer of the certificate has signed it, it is complete and in date; that
// none does is a fault, not silence. A list that clears nobody still revokes whom it names.

import PosternCore

/// What a list is worth to one issuer.
public enum RevocationListStatus: Sendable {
    case good
    /// Signed by the issuer, but of a kind that clears nobody here.
    case unsupported
    /// Not signed by the issuer, or not written as RFC 5280 asks.
    case bad
    /// The issuer's key or key usage does not do for lists.
    case keyUnusable
    case tooCostly
    case outOfMemory
}

extension PathSearch {
    mutating func checkRevocation(_ result: inout VerificationResult) {
        for depth in 0..<(path.count - 1) {
            let issuer = path[depth + 1]
            let isStored = depth + 1 == path.count - 1
            let faults = revocation(of: path[depth], by: issuer, issuerIsStored: isStored)
            result.insert(faults, at: depth)
        }
    }

    private mutating func revocation(
        of certificate: Certificate, by issuer: Certificate, issuerIsStored: Bool
    ) -> CertificateFaults {
        var faults = CertificateFaults()
        var isCleared = false
        var absence = CertificateFaults.crlMissing
        var node = revocationLists.first
        while let current = node {
            node = current.pointee.next
            guard let list = try? RevocationList(current.der),
                DistinguishedName.isSame(list.issuer, issuer.subject)
            else { continue }
            var reason: CertificateFaults?
            switch check(list, current, issuer, issuerIsStored: issuerIsStored) {
            case .good:
                if list.isCurrent(at: parameters.time) { isCleared = true } else { reason = .crlExpired }
                if list.revokes(certificate.serial) { faults.insert(.revoked) }
            case .unsupported:
                reason = .crlUnsupported
                if list.revokes(certificate.serial) { faults.insert(.revoked) }
            case .bad, .keyUnusable: reason = .crlBad
            case .tooCostly: faults.insert(.chainTooCostly)
            case .outOfMemory: isOutOfMemory = true
            }
            // What is said of a list that its issuer has signed explains more.
            if let reason, absence != .crlExpired, absence == .crlMissing || reason != .crlBad {
                absence = reason
            }
        }
        if !isCleared { faults.insert(absence) }
        return faults
    }

    /// What a list is worth to an authority of the store.
    public static func status(
        of list: RevocationList, _ document: UnsafeMutablePointer<StoredDocument>, by authority: Certificate,
        _ checker: Checker
    ) -> RevocationListStatus {
        let nobody = UnsafeRawBufferPointer(start: nil, count: 0)
        var search = PathSearch(
            nobody, anchors: StoredDocuments(), revocationLists: StoredDocuments(),
            VerificationParameters(purpose: .any, time: 0, checksRevocation: true), checker)
        return search.check(list, document, authority, issuerIsStored: true)
    }

    /// What a list is worth to this issuer. The answer for a key in the store, whose memory stays, is kept.
    mutating func check(
        _ list: RevocationList, _ node: UnsafeMutablePointer<StoredDocument>, _ issuer: Certificate,
        issuerIsStored: Bool
    ) -> RevocationListStatus {
        if let usage = CertificateExtensions(issuer.extensions).keyUsage, !usage.signsRevocationLists {
            return .keyUnusable
        }
        if node.pointee.checkedKey == issuer.publicKey.baseAddress { return node.pointee.checkedStatus }
        guard let scheme = SignatureScheme(list.signed.algorithm),
            hasSameBytes(list.innerAlgorithm, list.signed.algorithm)
        else { return .unsupported }
        guard (try? StrictDER.check(list.signed.whole)) != nil else { return .bad }
        guard let kind = try? PublicKeyKind(issuer.publicKey),
            issuerIsStored ? kind.isAcceptedOfAnchor : kind.isAccepted
        else { return .keyUnusable }
        switch check(list.signed, scheme, by: issuer.publicKey) {
        case nil: return .tooCostly
        case .bad: return .bad
        case .keyUnusable: return .keyUnusable
        case .outOfMemory: return .outOfMemory
        case .good: break
        }
        let status: RevocationListStatus = list.isSupported ? .good : .unsupported
        if issuerIsStored {
            node.pointee.checkedKey = issuer.publicKey.baseAddress
            node.pointee.checkedStatus = status
        }
        return status
    }
}
