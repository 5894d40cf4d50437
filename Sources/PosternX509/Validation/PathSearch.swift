// How the path from a leaf to a trust anchor is found (RFC 4158): by names alone up to an anchor, with steps
// back, and then signatures from the anchor down. So a peer's certificates cost nothing as long as they lead
// nowhere, and what they cost then is bounded. `certificate verify`, the probe and the server all use it.

import PosternCore

public struct PathSearch<Checker: SignatureChecker> {
    /// Certificates in DER one behind the other, the leaf first, the others in any order.
    let chain: UnsafeRawBufferPointer
    let anchors: StoredDocuments
    let revocationLists: StoredDocuments
    let parameters: VerificationParameters
    let checker: Checker

    /// From the leaf to where the search is.
    var path = FixedList<11, Certificate>()
    var budget = VerificationBudget()
    var knownSignatures = FixedList<32, KnownSignature>()
    var isOutOfMemory = false
    /// Of all paths to an anchor so far.
    var best: VerificationResult?
    /// The longest that leads to none; used where there is nothing better.
    private var deadEnd = VerificationResult()
    private var deadEndIsTooLong = false
    private var stepsLeft = Limits.pathSteps

    public init(
        _ chain: UnsafeRawBufferPointer, anchors: StoredDocuments, revocationLists: StoredDocuments,
        _ parameters: VerificationParameters, _ checker: Checker
    ) {
        self.chain = chain
        self.anchors = anchors
        self.revocationLists = revocationLists
        self.parameters = parameters
        self.checker = checker
    }

    /// Nil when memory ran out.
    public mutating func run() -> VerificationResult? {
        var reader = DERReader(chain)
        guard let whole = try? reader.next().whole else { return VerificationResult() }
        guard let leaf = try? Certificate(whole) else {
            var result = VerificationResult()
            _ = result.append(VerificationResult.Item(whole))
            result.insert(.badEncoding, at: 0)
            return result
        }
        _ = path.append(leaf)
        extend()
        if isOutOfMemory { return nil }
        return best ?? unanchoredResult()
    }

    private var isOver: Bool { isOutOfMemory || best?.isTrusted == true || budget.isExhausted }

    /// Looks for all ways on from the last certificate of the path.
    private mutating func extend() {
        guard stepsLeft > 0 else { return }
        stepsLeft -= 1
        let depth = path.count - 1
        if let anchor = anchors.document(equalTo: path[depth].whole),
            let certificate = try? Certificate(anchor)
        {
            path[depth] = certificate
            evaluate()
            return
        }
        let candidates = issuers(of: path[depth])
        var isTooLong = false
        for index in 0..<candidates.count where !isOver {
            let candidate = candidates[index]
            guard candidate.isAnchor || depth < parameters.intermediatesMax else {
                isTooLong = true
                continue
            }
            guard let issuer = try? Certificate(candidate.der), path.append(issuer) else { continue }
            if candidate.isAnchor { evaluate() } else { extend() }
            path.removeLast()
        }
        if candidates.isEmpty || isTooLong { noteDeadEnd(isTooLong: isTooLong) }
    }

    // Candidates

    /// Those that have the name of a certificate's issuer, the likeliest first.
    private func issuers(of child: Certificate) -> IssuerCandidates {
        var candidates = IssuerCandidates(of: child, at: parameters.time)
        var node = anchors.first
        while let current = node {
            if let anchor = issuer(of: child, current.der) { candidates.insert(anchor, isAnchor: true) }
            node = current.pointee.next
        }
        var reader = DERReader(chain)
        while let der = try? reader.next().whole {
            if let other = issuer(of: child, der), !isInPath(other) {
                candidates.insert(other, isAnchor: false)
            }
        }
        return candidates
    }

    private func issuer(of child: Certificate, _ der: UnsafeRawBufferPointer) -> Certificate? {
        guard let candidate = try? Certificate(der),
            DistinguishedName.isSame(candidate.subject, child.issuer)
        else { return nil }
        return candidate
    }

    /// The same certificate, or another one for the same name and key: going through it again leads nowhere
    /// that was not reached before.
    private func isInPath(_ certificate: Certificate) -> Bool {
        for depth in 0..<path.count
        where hasSameBytes(path[depth].publicKey, certificate.publicKey)
            && DistinguishedName.isSame(path[depth].subject, certificate.subject)
        {
            return true
        }
        return false
    }

    // Where no path leads to an anchor

    private mutating func noteDeadEnd(isTooLong: Bool) {
        guard path.count > deadEnd.count || (isTooLong && !deadEndIsTooLong) else { return }
        deadEnd = VerificationResult()
        deadEndIsTooLong = isTooLong
        for depth in 0..<path.count { _ = deadEnd.append(VerificationResult.Item(path[depth].whole)) }
    }

    /// Signatures are not checked: that nobody vouches for the last one says enough.
    private func unanchoredResult() -> VerificationResult {
        var result = deadEnd
        if result.count == 0 { _ = result.append(VerificationResult.Item(path[0].whole)) }
        result.applyRules(parameters)
        if deadEndIsTooLong {
            result.insert(.chainTooLong, at: 0)
        } else if let last = try? Certificate(result[result.count - 1].certificate) {
            result.insert(last.isSelfIssued ? .selfSigned : .untrusted, at: result.count - 1)
        }
        noteUnreadable(&result)
        return result
    }

    /// Marks each unreadable certificate of the chain: it may have been the one that is missing.
    private func noteUnreadable(_ result: inout VerificationResult) {
        var reader = DERReader(chain)
        while let der = try? reader.next().whole {
            let isUnreadable = (try? Certificate(der)) == nil
            let item = VerificationResult.Item(der, isInPath: false)
            guard isUnreadable, result.append(item) else { continue }
            result.insert(.badEncoding, at: result.count - 1)
        }
    }
}
