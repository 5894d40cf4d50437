// What is wrong with one path to a trust anchor: the rules first, which cost little, then signatures from
// the anchor down, then revocation. A path that cannot be better than the best so far costs no signature.

import PosternCore

/// A signature that was checked: paths share them.
struct KnownSignature {
    let child: UnsafeRawPointer?
    let key: UnsafeRawPointer?
    let status: SignatureStatus
}

extension PathSearch {
    mutating func evaluate() {
        var result = VerificationResult()
        for depth in 0..<path.count { _ = result.append(VerificationResult.Item(path[depth].whole)) }
        result.isAnchored = true
        result.applyRules(parameters)
        guard isBetter(result) else { return }
        if checkSignatures(&result), parameters.checksRevocation { checkRevocation(&result) }
        if isBetter(result) { best = result }
    }

    private func isBetter(_ result: VerificationResult) -> Bool {
        guard let best else { return true }
        return result.severity < best.severity
    }

    /// False where one is not good.
    private mutating func checkSignatures(_ result: inout VerificationResult) -> Bool {
        var depth = path.count - 2
        while depth >= 0 {
            let isAnchor = depth + 1 == path.count - 1
            let fault = check(path[depth], by: path[depth + 1], isAnchor: isAnchor)
            guard fault.isEmpty else {
                result.insert(fault, at: fault == .badKey ? depth + 1 : depth)
                return false
            }
            depth -= 1
        }
        // Whoever is trusted goes on to use the leaf's key.
        guard isAccepted(path[0].publicKey, isAnchor: false) else { return false }
        switch checker.check(publicKey: path[0].publicKey) {
        case .good: return true
        case .outOfMemory: isOutOfMemory = true
        case .bad, .keyUnusable: result.insert(.badKey, at: 0)
        }
        return false
    }

    private func isAccepted(_ publicKey: UnsafeRawBufferPointer, isAnchor: Bool) -> Bool {
        guard let kind = try? PublicKeyKind(publicKey) else { return false }
        return isAnchor ? kind.isAcceptedOfAnchor : kind.isAccepted
    }

    /// Empty as well where the rules have refused the algorithm or the key: then nothing is checked.
    private mutating func check(
        _ child: Certificate, by issuer: Certificate, isAnchor: Bool
    ) -> CertificateFaults {
        guard let scheme = SignatureScheme(child.signed.algorithm),
            isAccepted(issuer.publicKey, isAnchor: isAnchor)
        else { return CertificateFaults() }
        let childStart = child.whole.baseAddress
        let keyStart = issuer.publicKey.baseAddress
        for index in 0..<knownSignatures.count
        where knownSignatures[index].child == childStart && knownSignatures[index].key == keyStart {
            return fault(of: knownSignatures[index].status)
        }
        guard let status = check(child.signed, scheme, by: issuer.publicKey) else { return .chainTooCostly }
        if status != .good { budget.noteFailure() }
        _ = knownSignatures.append(KnownSignature(child: childStart, key: keyStart, status: status))
        return fault(of: status)
    }

    private mutating func fault(of status: SignatureStatus) -> CertificateFaults {
        switch status {
        case .good: return CertificateFaults()
        case .bad: return .badSignature
        case .keyUnusable: return .badKey
        case .outOfMemory:
            isOutOfMemory = true
            return .badSignature
        }
    }

    /// Nil when it would cost more than is left. The key's kind is accepted.
    mutating func check(
        _ signed: SignedDocument, _ scheme: SignatureScheme, by publicKey: UnsafeRawBufferPointer
    ) -> SignatureStatus? {
        guard let kind = try? PublicKeyKind(publicKey), scheme.goes(with: kind) else { return .bad }
        guard budget.pay(kind.verificationCost) else { return nil }
        return checker.check(signed, scheme, by: publicKey)
    }
}

extension VerificationResult {
    /// Goes down the path and asks for the rules of each certificate.
    mutating func applyRules(_ parameters: VerificationParameters) {
        var rules = CertificateRules(purpose: parameters.purpose, time: parameters.time)
        for depth in (0..<count).reversed() {
            guard let certificate = try? Certificate(self[depth].certificate) else {
                insert(.badEncoding, at: depth)
                continue
            }
            let position = PathPosition(depth: depth, isAnchor: isAnchored && depth == count - 1)
            insert(rules.check(certificate, position), at: depth)
            for other in 0..<depth where isSecond(certificate, self[other].certificate) {
                insert(.duplicateSerial, at: other)
            }
        }
        commonNameIsAllowed = rules.commonNameIsAllowed
    }

    /// Another certificate with the same issuer and serial number.
    private func isSecond(_ certificate: Certificate, _ other: UnsafeRawBufferPointer) -> Bool {
        guard let other = try? Certificate(other) else { return false }
        return hasSameBytes(certificate.serial, other.serial)
            && DistinguishedName.isSame(certificate.issuer, other.issuer)
    }
}
