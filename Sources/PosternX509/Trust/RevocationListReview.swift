// What is wrong with the revocation lists of a store, before any client comes, and what would be lost if
// they took the place of others. Signatures are checked once: the list keeps what the check said.

import PosternCore

/// How many of the revocation lists are of which kind.
public struct RevocationListReview: Sendable {
    /// Signed by somebody else than the authority whose name they have, or damaged.
    public var unsigned = 0
    /// Of an authority whose key or key usage is not for lists.
    public var unauthorized = 0
    /// Signed by their authority, but not complete, without an end, or with parts that are not known.
    public var unsupported = 0
    /// Of an issuer that is not among the authorities: it may be one that clients show.
    public var ofOthers = 0
    /// Past their next update, or not valid yet.
    public var outOfDate = 0
    /// Signed by their authority, and complete.
    public var good = 0
    /// Why there is none: the file could not be taken.
    public var problem: Line?

    public init() {}
}

extension TrustStore {
    package var revokedCount: Int {
        var count = 0
        forEachRevocationList { list, _ in
            var entries = DERReader(list.entries)
            while (try? entries.next()) != nil { count += 1 }
        }
        return count
    }

    /// Lists that are past their next update at a time in seconds since 1970, or not valid yet.
    package func outOfDateCount(atSeconds time: Int64) -> Int {
        var count = 0
        forEachRevocationList { list, _ in
            if !list.isCurrent(at: time) { count += 1 }
        }
        return count
    }

    func forEachRevocationList(_ body: (RevocationList, UnsafeMutablePointer<StoredDocument>) -> Void) {
        var node = revocationLists.first
        while let current = node {
            node = current.pointee.next
            if let list = try? RevocationList(current.der) { body(list, current) }
        }
    }

    /// The first authority that is wanted.
    private func authority(where isWanted: (Certificate) -> Bool) -> Certificate? {
        var node = authorities.first
        while let current = node {
            node = current.pointee.next
            if let authority = try? Certificate(current.der), isWanted(authority) { return authority }
        }
        return nil
    }

    /// Looks at each list, but at no date. Throws only where memory ran out.
    package func reviewRevocationLists() throws(DocumentError) -> RevocationListReview {
        var review = RevocationListReview()
        var node = revocationLists.first
        while let current = node {
            node = current.pointee.next
            guard let list = try? RevocationList(current.der) else { continue }
            switch status(of: list, current) {
            case nil: review.ofOthers += 1
            case .good: review.good += 1
            case .outOfMemory: throw .outOfMemory
            case .unsupported: review.unsupported += 1
            case .keyUnusable: review.unauthorized += 1
            case .bad, .tooCostly: review.unsigned += 1
            }
        }
        return review
    }

    /// What a list is worth to the authorities with its issuer's name; nil when there is none.
    private func status(
        of list: RevocationList, _ document: UnsafeMutablePointer<StoredDocument>
    ) -> RevocationListStatus? {
        var found: RevocationListStatus?
        var node = authorities.first
        while let current = node {
            node = current.pointee.next
            guard let authority = try? Certificate(current.der),
                DistinguishedName.isSame(authority.subject, list.issuer)
            else { continue }
            let status = PathSearch.status(of: list, document, by: authority, Library())
            // Of several authorities of one name the one that has signed it knows best.
            switch status {
            case .good, .unsupported, .outOfMemory: return status
            case .bad, .keyUnusable, .tooCostly: found = status
            }
        }
        return found
    }
}

// What a reload would lose

/// Why a list that is in force has no successor among others.
public enum RevocationListLoss: Sendable {
    /// Its issuer has none there.
    case missing
    /// Those of its issuer are not proven to be.
    case unproven
    /// Those of its issuer do not name all whom it has revoked.
    case unsupported
    /// Those of its issuer came before it.
    case older
}

extension TrustStore {
    /// Calls `body` with the issuer of each list of `old` that would be in force no more, why, and whether
    /// the issuer is an authority there. Authorities that are trusted no longer take their lists along. Both
    /// stores have been reviewed.
    package func forEachLoss(
        from old: borrowing TrustStore<Library>,
        _ body: (UnsafeRawBufferPointer, RevocationListLoss, _ isOfAuthority: Bool) -> Void
    ) {
        let hasLeft = old.authorities.documents.hasOthers(than: authorities.documents)
        old.forEachRevocationList { list, document in
            let signer = old.signer(of: document)
            if let signer {
                guard trusts(signer) else { return }
            } else {
                // One that its authority did not sign was never in force. Of another's list nobody knows
                // under which authority it is.
                guard !old.hasAuthority(named: list.issuer), !hasLeft else { return }
            }
            if let loss = loss(of: list, by: signer) { body(list.issuer, loss, signer != nil) }
        }
    }

    /// The authority that has signed a list.
    func signer(of list: UnsafeMutablePointer<StoredDocument>) -> Certificate? {
        authority { list.pointee.isSigned(by: $0) }
    }

    private func hasAuthority(named name: UnsafeRawBufferPointer) -> Bool {
        authority { DistinguishedName.isSame($0.subject, name) } != nil
    }

    /// An authority of the same name and key may have another certificate.
    private func trusts(_ other: Certificate) -> Bool { authority { $0.isSameAuthority(as: other) } != nil }

    /// Nil where one of the lists takes the place of that one. Of several the best counts.
    private func loss(of old: RevocationList, by oldSigner: Certificate?) -> RevocationListLoss? {
        var found = RevocationListLoss.missing
        var node = revocationLists.first
        while let current = node {
            node = current.pointee.next
            guard let list = try? RevocationList(current.der),
                DistinguishedName.isSame(list.issuer, old.issuer)
            else { continue }
            let signer = signer(of: current)
            let isProven =
                if let oldSigner { signer?.isSameAuthority(as: oldSigner) ?? false } else {
                    signer != nil || !hasAuthority(named: list.issuer)
                }
            if !isProven {
                if found == .missing { found = .unproven }
            } else if old.isSupported, !list.isSupported {
                if found != .older { found = .unsupported }
            } else if list.isOlder(than: old) {
                found = .older
            } else {
                return nil
            }
        }
        return found
    }
}

extension Certificate {
    fileprivate func isSameAuthority(as other: Certificate) -> Bool {
        hasSameBytes(publicKey, other.publicKey) && DistinguishedName.isSame(subject, other.subject)
    }
}
