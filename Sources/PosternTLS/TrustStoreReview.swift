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
            do throws(DERError) { newest = max(newest, try Certificate(current.der).notBefore) } catch {}
        }
        return newest
    }

    /// The same for revocation lists.
    var newestRevocationListSeconds: Int64 {
        var newest: Int64 = 0
        var node = revocationLists.first
        while let current = node {
            node = current.pointee.next
            do throws(DERError) { newest = max(newest, try RevocationList(current.der).thisUpdate) } catch {}
        }
        return newest
    }
}

/// How many of the revocation lists are of which kind.
public struct RevocationListReview: Sendable {
    /// Signed by somebody else than the authority whose name they have, or damaged.
    public var unsigned = 0
    /// Signed by their authority, but not complete, without an end, or with parts that are not known.
    public var unsupported = 0
    /// Of an issuer that is not among the authorities: it may be one that clients show.
    public var ofOthers = 0
    /// Older than their next update, or not valid yet.
    public var outOfDate = 0
    /// Why there is none: the file could not be taken.
    public var problem: Line?

    public init() {}
}

extension TrustStore {
    var revokedCount: Int {
        var count = 0
        var node = revocationLists.first
        while let current = node {
            node = current.pointee.next
            guard let list = try? RevocationList(current.der) else { continue }
            var entries = DERReader(list.entries)
            while (try? entries.next()) != nil { count += 1 }
        }
        return count
    }

    /// Looks at each list. Throws only where memory ran out.
    func reviewRevocationLists(atSeconds time: Int64) throws(DocumentError) -> RevocationListReview {
        var review = RevocationListReview()
        var node = revocationLists.first
        while let current = node {
            node = current.pointee.next
            guard let list = try? RevocationList(current.der) else { continue }
            if !list.isCurrent(at: time) { review.outOfDate += 1 }
            switch status(of: list, current) {
            case nil: review.ofOthers += 1
            case .good: break
            case .outOfMemory: throw .outOfMemory
            case .unsupported: review.unsupported += 1
            case .bad, .keyUnusable, .tooCostly: review.unsigned += 1
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
            let status = PathSearch.status(of: list, document, by: authority, LibrarySignatures())
            // Of several authorities of one name the one that has signed it knows best.
            switch status {
            case .good, .unsupported, .outOfMemory: return status
            case .bad, .keyUnusable, .tooCostly: found = status
            }
        }
        return found
    }
}
