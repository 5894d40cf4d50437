// What the revocation lists of a store say about the certificates of a path. A list counts when the issuer
// of the certificate has signed it; that none does is a fault, not silence.

import CMbedTLS
import PosternCore
import PosternX509

extension TrustStore {
    func checkRevocation(_ verdict: inout TrustVerdict, _ question: TrustQuestion) throws(DocumentFault) {
        for depth in 0..<verdict.count {
            let isAnchor = verdict.isAnchored && depth == verdict.count - 1
            guard !isAnchor else { return }
            guard depth + 1 < verdict.count else {
                verdict.insert(.crlMissing, at: depth)
                return
            }
            let certificate: Certificate
            let issuer: Certificate
            do throws(DERFault) {
                certificate = try Certificate(verdict[depth].certificate)
                issuer = try Certificate(verdict[depth + 1].certificate)
            } catch {
                continue
            }
            verdict.insert(try revocation(of: certificate, by: issuer, question.time), at: depth)
        }
    }

    private func revocation(
        of certificate: Certificate, by issuer: Certificate, _ time: Int64
    ) throws(DocumentFault) -> CertificateFaults {
        var faults = CertificateFaults()
        var isCleared = false
        var isOutOfMemory = false
        var absence = CertificateFaults.crlMissing
        var node = revocationLists.first
        while let current = node {
            node = current.pointee.next
            do throws(DERFault) {
                let list = try RevocationList(current.der)
                guard DistinguishedName.isSame(list.issuer, issuer.subject) else { continue }
                let status = try check(list, current, issuer)
                if case .outOfMemory = status { isOutOfMemory = true }
                guard case .good = status else {
                    if absence == .crlMissing { absence = .crlBad }
                    continue
                }
                if try list.entry(serial: certificate.serial) != nil { faults.insert(.revoked) }
                if list.isCurrent(at: time) { isCleared = true } else { absence = .crlExpired }
            } catch {
                if absence == .crlMissing { absence = .crlBad }
            }
        }
        guard !isOutOfMemory else { throw .outOfMemory }
        if !isCleared { faults.insert(absence) }
        return faults
    }

    /// Whether a list is understood, and signed by this issuer. The answer for a key of an authority, whose
    /// memory stays, is kept.
    func check(
        _ list: RevocationList, _ node: UnsafeMutablePointer<DocumentList.Node>, _ issuer: Certificate
    ) throws(DERFault) -> Signature.Status {
        if let usage = CertificateExtensions(issuer.extensions).keyUsage, !usage.signsRevocationLists {
            return .keyUnusable
        }
        if node.pointee.checkedKey == issuer.publicKey.baseAddress { return .good }
        guard !list.isPartial, hasSameBytes(list.innerAlgorithm, list.signed.algorithm) else { return .bad }
        try StrictDER.check(list.signed.whole)
        let status = Signature.check(list.signed, by: issuer.publicKey)
        if case .good = status, isStored(issuer) { node.pointee.checkedKey = issuer.publicKey.baseAddress }
        return status
    }

    private func isStored(_ certificate: Certificate) -> Bool {
        var node = authorities.first
        while let current = node {
            if current.der.baseAddress == certificate.whole.baseAddress { return true }
            node = current.pointee.next
        }
        return false
    }
}
