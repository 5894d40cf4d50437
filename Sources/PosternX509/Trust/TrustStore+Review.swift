// What the operator should know about the files that a store was made of, before any client comes.

import PosternCore

extension TrustStore {
    /// Seconds since 1970 at which the oldest authority starts, 0 for none.
    package var oldestAuthoritySeconds: Int64 {
        var oldest = Int64.max
        var node = authorities.first
        while let current = node {
            node = current.pointee.next
            do throws(DERError) { oldest = min(oldest, try Certificate(current.der).notBefore) } catch {}
        }
        return oldest == Int64.max ? 0 : oldest
    }

    /// Seconds since 1970 of the newest revocation list that one of the authorities has signed, 0 for none.
    /// The lists have been reviewed.
    package var newestRevocationListSeconds: Int64 {
        var newest: Int64 = 0
        forEachRevocationList { list, document in
            if signer(of: document) != nil { newest = max(newest, list.thisUpdate) }
        }
        return newest
    }
}

extension TrustStore {
    /// Calls `body` with each trust anchor that vouches for no other certificate: with its faults, and
    /// whether it can at least be verified itself. Returns how many vouch for others, dates aside.
    @discardableResult
    package func forEachUnfitAuthority(
        for purpose: CertificatePurpose, atSeconds time: Int64,
        _ body: (Certificate, CertificateFaults, _ isGoodForItself: Bool) -> Void
    ) -> Int {
        var fit = 0
        var node = authorities.first
        while let current = node {
            node = current.pointee.next
            guard let anchor = try? Certificate(current.der) else { continue }
            let faults = faults(of: anchor, depth: 1, purpose, time)
            if faults.bits & ~CertificateFaults.timely.bits == 0 { fit += 1 }
            guard !faults.isEmpty else { continue }
            let isGoodForItself =
                faults.contains(.notAnAuthority) && self.faults(of: anchor, depth: 0, purpose, time).isEmpty
            body(anchor, faults, isGoodForItself)
        }
        return fit
    }

    private func faults(
        of anchor: Certificate, depth: Int, _ purpose: CertificatePurpose, _ time: Int64
    ) -> CertificateFaults {
        var rules = CertificateRules(purpose: purpose, time: time)
        var faults = rules.check(anchor, PathPosition(depth: depth, isAnchor: true))
        let hasAcceptedKey = !faults.hasAny(of: .badKey | .weakKey)
        // Out of memory is reported elsewhere.
        if hasAcceptedKey, Library().check(publicKey: anchor.publicKey) == .keyUnusable {
            faults.insert(.badKey)
        }
        return faults
    }
}
