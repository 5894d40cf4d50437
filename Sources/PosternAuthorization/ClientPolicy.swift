// From what was found about a client's certificates to whether it is authorized. Pure: what was found comes
// from elsewhere, so that every combination can be tested.

import PosternCore
import PosternX509

/// What there is to know about a client that has shown certificates.
public struct ClientFindings {
    /// Of the path to the CA, verified at `ClockReading.verifiedAtSeconds`; nil where there is no CA.
    public var faults: CertificateFaults?
    public var isPinned: Bool
    /// A certificate of its path, its own or an authority's, starts later than the clock shows.
    public var startsLater: Bool
    /// The authorities above do not forbid its common name as a name.
    public var commonNameIsAllowed: Bool

    public init(
        faults: CertificateFaults?, isPinned: Bool, startsLater: Bool, commonNameIsAllowed: Bool = false
    ) {
        self.faults = faults
        self.isPinned = isPinned
        self.startsLater = startsLater
        self.commonNameIsAllowed = commonNameIsAllowed
    }
}

public struct ClientPolicy: Sendable {
    public let crl: ClientConfig.RevocationPolicy
    public let unsetClock: ClientConfig.UnsetClock

    public init(crl: ClientConfig.RevocationPolicy, unsetClock: ClientConfig.UnsetClock) {
        self.crl = crl
        self.unsetClock = unsetClock
    }

    /// Nil when the client is authorized. A pinned key needs no CA, no dates and no name in the list.
    /// `isListed` is asked last: looking for names takes time, and anybody can write them into a
    /// certificate.
    public func reason(
        toRefuse findings: ClientFindings, clockIsUnset: Bool, isListed: () throws(DERError) -> Bool
    ) throws(DERError) -> CloseReason? {
        if clockIsUnset, unsetClock == .refuse, findings.startsLater { return .clientCertificateNotYetValid }
        if findings.isPinned { return nil }
        guard var faults = findings.faults else { return .clientNotAllowed }
        if clockIsUnset {
            faults.remove(.notYetValid)
            if unsetClock != .accept, findings.startsLater { faults.insert(.notYetValid) }
        }
        if crl == .warn { faults.remove(.uncheckedRevocation) }
        if let reason = ClientPolicy.reason(for: faults) { return reason }
        return try isListed() ? nil : .clientNotAllowed
    }

    /// Whether a client is authorized without a revocation check: the log has to say it.
    public func skipsRevocation(_ findings: ClientFindings) -> Bool {
        guard crl == .warn, !findings.isPinned, let faults = findings.faults else { return false }
        return faults.hasAny(of: .uncheckedRevocation)
    }

    /// Of several faults the one that explains most: who does not lead to the CA is unknown, whatever
    /// else is wrong.
    private static func reason(for faults: CertificateFaults) -> CloseReason? {
        guard !faults.isEmpty else { return nil }
        if faults.hasAny(of: .chainTooLong | .chainTooCostly) { return .clientChainTooLong }
        if faults.hasAny(of: .untrusted | .selfSigned) { return .clientCertificateUntrusted }
        var rest = faults
        rest.remove(.wrongPurpose | .revoked | .expired | .notYetValid | .uncheckedRevocation)
        if !rest.isEmpty { return .clientCertificateInvalid }
        if faults.contains(.wrongPurpose) { return .clientCertificateWrongPurpose }
        if faults.contains(.revoked) { return .clientCertificateRevoked }
        if faults.contains(.expired) { return .clientCertificateExpired }
        if faults.contains(.notYetValid) { return .clientCertificateNotYetValid }
        return .clientRevocationUnknown
    }
}

/// What the clock says, and whether it can be believed: a device without a battery starts in 1970, or where
/// it was switched off.
public struct ClockReading: Sendable {
    /// Seconds since 1970, UTC.
    public let nowSeconds: Int64
    /// No clock that has been set shows less: this release, the oldest authority, the server's certificates
    /// and every revocation list that an authority has signed are older than now.
    public let earliestPlausibleSeconds: Int64

    public init(nowSeconds: Int64, earliestPlausibleSeconds: Int64) {
        self.nowSeconds = nowSeconds
        self.earliestPlausibleSeconds = earliestPlausibleSeconds
    }

    public var isUnset: Bool { nowSeconds < earliestPlausibleSeconds }

    /// The time at which certificates are verified: what has ended before the floor has ended, whatever the
    /// clock shows.
    public var verifiedAtSeconds: Int64 { max(nowSeconds, earliestPlausibleSeconds) }
}
