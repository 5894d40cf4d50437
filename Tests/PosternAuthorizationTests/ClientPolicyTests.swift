// Who may come in, by what was found: every policy, the order of reasons, and a clock that is not set.

import PosternAuthorization
import PosternCore
import PosternX509
import Testing

@Suite struct ClientPolicyTests {
    private func reason(
        _ faults: CertificateFaults?, pinned: Bool = false, listed: Bool = true, later: Bool = false,
        crl: ClientConfig.RevocationPolicy = .refuse, clock: ClientConfig.UnsetClock = .pinsOnly,
        unset: Bool = false
    ) -> CloseReason? {
        let findings = ClientFindings(faults: faults, isPinned: pinned, startsLater: later)
        var isAsked = false
        let policy = ClientPolicy(crl: crl, unsetClock: clock)
        let reason = try? policy.reason(toRefuse: findings, clockIsUnset: unset) {
            isAsked = true
            return listed
        }
        // The list is asked about whom nothing else refuses.
        #expect(isAsked == (!pinned && faults != nil && (reason == nil || reason == .clientNotAllowed)))
        return reason
    }

    @Test func eachFaultHasItsReason() {
        let expected: [(CertificateFaults, CloseReason?)] = [
            (CertificateFaults(), nil), (.badEncoding, .clientCertificateInvalid),
            (.badSignature, .clientCertificateInvalid), (.nameConstraint, .clientCertificateInvalid),
            (.untrusted, .clientCertificateUntrusted), (.selfSigned, .clientCertificateUntrusted),
            (.chainTooLong, .clientChainTooLong), (.wrongPurpose, .clientCertificateWrongPurpose),
            (.expired, .clientCertificateExpired), (.notYetValid, .clientCertificateNotYetValid),
            (.revoked, .clientCertificateRevoked), (.crlMissing, .clientRevocationUnknown),
            (.crlExpired, .clientRevocationUnknown), (.crlBad, .clientRevocationUnknown),
            (.crlUnsupported, .clientRevocationUnknown), (.chainTooCostly, .clientChainTooLong),
            (.expired | .revoked, .clientCertificateRevoked),
            (.untrusted | .badEncoding, .clientCertificateUntrusted),
            (.wrongPurpose | .expired, .clientCertificateWrongPurpose),
            (.crlMissing | .expired, .clientCertificateExpired),
        ]
        for (faults, wanted) in expected { #expect(reason(faults) == wanted) }
    }

    @Test func aPinNeedsNothingElse() {
        for bit: UInt32 in 0..<28 {
            #expect(reason(CertificateFaults(bits: 1 << bit), pinned: true) == nil)
        }
        #expect(reason(nil, pinned: true) == nil)
        #expect(reason(nil) == .clientNotAllowed)
    }

    @Test func theListOfNamesComesLast() {
        #expect(reason(CertificateFaults(), listed: false) == .clientNotAllowed)
        #expect(reason(.expired, listed: false) == .clientCertificateExpired)
    }

    @Test func warningLetsInWhatNoListSpeaksOf() {
        let silent = CertificateFaults.uncheckedRevocation
        #expect(reason(silent, crl: .warn) == nil)
        #expect(reason(silent | .revoked, crl: .warn) == .clientCertificateRevoked)
        let policy = ClientPolicy(crl: .warn, unsetClock: .accept)
        let found = ClientFindings(faults: silent, isPinned: false, startsLater: false)
        #expect(policy.skipsRevocation(found))
    }

    @Test func aClockThatIsNotSet() {
        let late = CloseReason.clientCertificateNotYetValid
        #expect(reason(.notYetValid, later: true, clock: .accept, unset: true) == nil)
        #expect(reason(.notYetValid, later: true, clock: .pinsOnly, unset: true) == late)
        #expect(reason(CertificateFaults(), later: true, clock: .pinsOnly, unset: true) == late)
        #expect(reason(CertificateFaults(), later: false, clock: .pinsOnly, unset: true) == nil)
        #expect(reason(CertificateFaults(), pinned: true, later: true, clock: .pinsOnly, unset: true) == nil)
        #expect(reason(nil, pinned: true, later: true, clock: .refuse, unset: true) == late)
        #expect(reason(nil, pinned: true, later: true, clock: .refuse, unset: false) == nil)
        #expect(reason(.notYetValid, later: true, clock: .accept, unset: false) == late)
        #expect(reason(.expired, later: false, clock: .accept, unset: true) == .clientCertificateExpired)
    }

    @Test func certificatesAreVerifiedAtTheFloor() {
        #expect(ClockReading(nowSeconds: 5, earliestPlausibleSeconds: 9).isUnset)
        #expect(ClockReading(nowSeconds: 5, earliestPlausibleSeconds: 9).verifiedAtSeconds == 9)
        #expect(!ClockReading(nowSeconds: 9, earliestPlausibleSeconds: 9).isUnset)
        #expect(ClockReading(nowSeconds: 12, earliestPlausibleSeconds: 9).verifiedAtSeconds == 12)
    }
}
