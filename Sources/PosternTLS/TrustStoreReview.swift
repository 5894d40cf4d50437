// What the operator should know about the files that a store was made of, before any client comes.

import CMbedTLS
import PosternCore
import PosternX509

extension TrustStore {
    /// Seconds since 1970 at which the newest authority starts, 0 for none.
    var newestAuthoritySeconds: Int64 {
        var newest: Int64 = 0
        var node = authorities.first
        while let current = node {
            node = current.pointee.next
            do throws(DERFault) { newest = max(newest, try Certificate(current.der).notBefore) } catch {}
        }
        return newest
    }

    /// The same for revocation lists.
    var newestRevocationListSeconds: Int64 {
        var newest: Int64 = 0
        var node = revocationLists.first
        while let current = node {
            node = current.pointee.next
            do throws(DERFault) { newest = max(newest, try RevocationList(current.der).thisUpdate) } catch {}
        }
        return newest
    }
}

/// How many of the revocation lists are of which kind.
public struct RevocationListReview: Sendable {
    /// Signed by somebody else than the authority whose name they have, or not understood.
    public var unsigned = 0
    /// Of an issuer that is not among the authorities: it may be one that clients show.
    public var ofOthers = 0
    /// Older than their next update, or not valid yet.
    public var outOfDate = 0
    /// There is none, because the file could not be taken.
    public var isMissing = false

    public init() {}
}

extension TrustStore {
    /// Looks at each list. Throws only where memory ran out.
    func reviewRevocationLists(atSeconds time: Int64) throws(DocumentFault) -> RevocationListReview {
        var review = RevocationListReview()
        var node = revocationLists.first
        while let current = node {
            node = current.pointee.next
            guard let list = TrustStoreReview.read(current.der) else { continue }
            if !list.isCurrent(at: time) { review.outOfDate += 1 }
            switch signature(of: list, current) {
            case nil: review.ofOthers += 1
            case .good: break
            case .outOfMemory: throw .outOfMemory
            case .bad, .keyUnusable: review.unsigned += 1
            }
        }
        return review
    }

    /// What an authority with the issuer's name says; nil when there is none.
    private func signature(
        of list: RevocationList, _ document: UnsafeMutablePointer<DocumentList.Node>
    ) -> Signature.Status? {
        var status: Signature.Status?
        var node = authorities.first
        while let current = node {
            node = current.pointee.next
            do throws(DERFault) {
                let authority = try Certificate(current.der)
                guard DistinguishedName.isSame(authority.subject, list.issuer) else { continue }
                status = try check(list, document, authority)
                if case .good = status { return status }
            } catch {
                status = .bad
            }
        }
        return status
    }
}

private enum TrustStoreReview {
    static func read(_ der: UnsafeRawBufferPointer) -> RevocationList? {
        do throws(DERFault) { return try RevocationList(der) } catch { return nil }
    }
}
