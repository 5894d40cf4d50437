// Which clients are authorized: the CA with its revocation lists, the list of names, the pinned keys, and
// what the clock has to say. One immutable set: a reload makes another one. It authorizes clients in full
// handshakes, in resumed ones, and once more when the rules have changed, always in the same way.

import CMbedTLS
import PosternAuthorization
import PosternCore
import PosternX509

public struct ClientAuthorizer: ~Copyable {
    /// Seconds since 1970, UTC.
    public typealias Clock = @convention(c) () -> Int64

    private let policy: ClientPolicy
    private let requiresCertificate: Bool
    private let depth: Int
    private let checksRevocation: Bool
    private let clock: Clock
    private var trust = TrustStore<MbedTLS>()
    private var allow: AllowList?
    private var allowMemory: UnsafeMutableRawBufferPointer?
    private var pins: PinList?
    private var pinMemory: UnsafeMutableRawBufferPointer?
    /// No clock that has been set shows less.
    private var earliestPlausibleSeconds: Int64

    /// `releaseSeconds`: when this program was made.
    public init(_ config: ClientConfig, releaseSeconds: Int64, clock: @escaping Clock) {
        policy = ClientPolicy(crl: config.crlPolicy, unsetClock: config.clock)
        requiresCertificate = config.certificates == .required
        depth = config.depth
        checksRevocation = config.crl != nil
        earliestPlausibleSeconds = releaseSeconds
        self.clock = clock
    }

    deinit {
        if let allowMemory { TLSArena.release(allowMemory) }
        if let pinMemory { TLSArena.release(pinMemory) }
    }

    // What it is made of. Contents of files are followed by a zero byte that is not counted.

    public mutating func addAuthorities(_ contents: UnsafeMutableRawBufferPointer) throws(DocumentError) {
        try trust.addAuthorities(contents)
        // Not the newest: an authority may be there for later.
        raiseClockFloor(to: trust.oldestAuthoritySeconds)
    }

    public mutating func removeRevocationLists() { trust.removeRevocationLists() }

    public mutating func addRevocationLists(_ contents: UnsafeMutableRawBufferPointer) throws(DocumentError)
    {
        try trust.addRevocationLists(contents)
    }

    /// Something that the server was given starts then: the clock cannot be right before.
    public mutating func raiseClockFloor(to seconds: Int64) {
        earliestPlausibleSeconds = max(earliestPlausibleSeconds, seconds)
    }

    public mutating func setAllowList(_ contents: UnsafeRawBufferPointer) throws(ClientListError) {
        let memory = try ClientAuthorizer.allocate(AllowList.memoryBytes(for: contents))
        allowMemory = memory
        do throws(ListError) {
            allow = try AllowList(contents, into: memory)
        } catch {
            throw .line(error)
        }
    }

    public mutating func setPinList(_ contents: UnsafeRawBufferPointer) throws(ClientListError) {
        let memory = try ClientAuthorizer.allocate(PinList.memoryBytes(for: contents))
        pinMemory = memory
        do throws(ListError) {
            pins = try PinList(contents, into: memory)
        } catch {
            throw .line(error)
        }
    }

    private static func allocate(
        _ count: Int
    ) throws(ClientListError) -> UnsafeMutableRawBufferPointer {
        guard let memory = TLSArena.allocate(max(count, 1)) else { throw .outOfMemory }
        return memory
    }

    public var authorityCount: Int { trust.authorityCount }
    public var revocationListCount: Int { trust.revocationListCount }
    /// Entries of all revocation lists.
    public var revokedCount: Int { trust.revokedCount }
    public var nameCount: Int { allow?.count ?? 0 }
    public var pinCount: Int { pins?.count ?? 0 }

    /// What is wrong with the revocation lists. Throws only where memory ran out.
    public mutating func reviewRevocationLists() throws(DocumentError) -> RevocationListReview {
        var review = try trust.reviewRevocationLists()
        // Not before it is known who has signed them: not everybody may set the clock.
        raiseClockFloor(to: trust.newestRevocationListSeconds)
        review.outOfDate = trust.outOfDateCount(atSeconds: clockReading.verifiedAtSeconds)
        return review
    }

    /// Calls `body` with each authority that no client can be verified with: with its faults, and whether it
    /// is at least a certificate that one client may have. Returns how many vouch for clients, dates aside.
    @discardableResult
    public func forEachUnfitAuthority(
        _ body: (Certificate, CertificateFaults, _ isOfOneClient: Bool) -> Void
    ) -> Int {
        trust.forEachUnfitAuthority(for: .client, atSeconds: clockReading.verifiedAtSeconds, body)
    }

    /// Calls `body` with the issuer of each revocation list of other rules that would be in force no more if
    /// these took their place, why, and whether it is one of their authorities. The lists of both have been
    /// reviewed.
    public func forEachLoss(
        from old: borrowing ClientAuthorizer,
        _ body: (UnsafeRawBufferPointer, RevocationListLoss, _ isOfAuthority: Bool) -> Void
    ) {
        trust.forEachLoss(from: old.trust, body)
    }

    // Authorization

    /// What the clock says now.
    public var clockReading: ClockReading {
        ClockReading(nowSeconds: clock(), earliestPlausibleSeconds: earliestPlausibleSeconds)
    }

    /// Why a client is not authorized, from its certificates in DER, one behind the other, its own first;
    /// nil if it is, provided that it proves its key. `skipsRevocation`: it is, without a revocation check.
    fileprivate func authorize(
        _ state: ctls_chain_state, _ chain: UnsafeRawBufferPointer, _ skipsRevocation: inout Bool
    ) -> CloseReason? {
        switch state {
        case CTLS_CHAIN_WHOLE: authorize(chain, &skipsRevocation)
        case CTLS_CHAIN_MISSING: requiresCertificate ? .clientCertificateMissing : nil
        case CTLS_CHAIN_TOO_LONG: .clientChainTooLong
        case CTLS_CHAIN_OUT_OF_MEMORY: .outOfMemory
        default: .clientCertificateInvalid
        }
    }

    private func authorize(
        _ chain: UnsafeRawBufferPointer, _ skipsRevocation: inout Bool
    ) -> CloseReason? {
        let clock = clockReading
        do throws(DERError) {
            var reader = DERReader(chain)
            let leaf = try Certificate(try reader.next().whole)
            guard let findings = try findings(chain, leaf, clock) else { return .outOfMemory }
            let reason = try policy.reason(toRefuse: findings, clockIsUnset: clock.isUnset) {
                () throws(DERError) in try isListed(leaf, commonNameIsAllowed: findings.commonNameIsAllowed)
            }
            skipsRevocation = reason == nil && policy.skipsRevocation(findings)
            return reason
        } catch {
            return .clientCertificateInvalid
        }
    }

    /// Nil when memory ran out.
    private func findings(
        _ chain: UnsafeRawBufferPointer, _ leaf: Certificate, _ clock: ClockReading
    ) throws(DERError) -> ClientFindings? {
        guard let isPinned = isPinned(leaf) else { return nil }
        // A pin proves who it is, not that the library may be given such a key.
        if isPinned, try !PublicKeyKind(leaf.publicKey).isAccepted { throw .badValue }
        let startsLater = leaf.notBefore > clock.nowSeconds
        guard !isPinned, authorityCount > 0 else {
            return ClientFindings(faults: nil, isPinned: isPinned, startsLater: startsLater)
        }
        let parameters = VerificationParameters(
            purpose: .client, time: clock.verifiedAtSeconds, intermediatesMax: depth,
            checksRevocation: checksRevocation)
        let result: VerificationResult
        do throws(DocumentError) { result = try trust.verify(chain, parameters) } catch { return nil }
        return ClientFindings(
            faults: result.faults, isPinned: false,
            startsLater: startsLater || (clock.isUnset && result.hasStart(after: clock.nowSeconds)),
            commonNameIsAllowed: result.commonNameIsAllowed)
    }

    /// Nil when memory ran out.
    private func isPinned(_ leaf: Certificate) -> Bool? {
        guard let pins else { return false }
        var pin = InlineArray<32, UInt8>(repeating: 0)
        let status = withUnsafeMutablePointer(to: &pin) { pin in
            ctls_sha256(
                leaf.publicKey.baseAddress?.assumingMemoryBound(to: UInt8.self), leaf.publicKey.count,
                UnsafeMutableRawPointer(pin).assumingMemoryBound(to: UInt8.self))
        }
        guard status == 0 else { return nil }
        return withUnsafeBytes(of: &pin) { pins.contains($0) }
    }

    /// The common name counts only where no alternative name of its kind is there and no authority is
    /// forbidden to issue it.
    private func isListed(_ leaf: Certificate, commonNameIsAllowed: Bool) throws(DERError) -> Bool {
        guard let allow else { return true }
        let extensions = CertificateExtensions(leaf.extensions)
        let commonName = DistinguishedName.commonName(of: leaf.subject)
        if commonNameIsAllowed, CommonName.counts(commonName, beside: extensions),
            allow.allows(commonName: commonName)
        {
            return true
        }
        guard let alternativeNames = extensions.alternativeNames else { return false }
        return try allow.allows(try PresentedNames(alternativeNames))
    }
}

/// Why a list of clients was refused.
public enum ClientListError: Error, Sendable {
    case line(ListError)
    case outOfMemory
}

extension TLSContext {
    /// From now on clients are authorized by this authorizer: it must not move, and outlive the context's
    /// sessions. What is there may be replaced by another one between two calls.
    public func authorizeClients(by authorizer: UnsafeMutablePointer<ClientAuthorizer>) {
        ctls_context_set_authorizer(handle, authorizeClient, UnsafeMutableRawPointer(authorizer))
    }
}

/// Called by the library's side in a handshake, and by `TLSSession.reauthorize`.
private func authorizeClient(
    _ parameter: UnsafeMutableRawPointer?, _ state: ctls_chain_state, _ isTLS13: Int32,
    _ chain: UnsafePointer<UInt8>?, _ count: Int
) -> ctls_verdict {
    let authorizer = parameter.unsafelyUnwrapped.assumingMemoryBound(to: ClientAuthorizer.self)
    var skipsRevocation = false
    let reason = authorizer.pointee.authorize(
        state, UnsafeRawBufferPointer(start: chain, count: count), &skipsRevocation)
    guard let reason else {
        return ctls_verdict(reason: 0, alert: 0, is_unchecked: skipsRevocation ? 1 : 0)
    }
    return ctls_verdict(
        reason: Int32(reason.rawValue), alert: reason.alertForClient(isTLS13: isTLS13 != 0), is_unchecked: 0)
}

extension CloseReason {
    /// Of a verdict on a client: nil for 0, which is `peerClosed`, for which nobody is refused.
    init?(ofVerdict reason: Int32) {
        guard reason != 0 else { return nil }
        self.init(rawValue: UInt8(truncatingIfNeeded: reason))
    }

    /// The alert that tells a client why it is refused (RFC 5246, section 7.2.2, RFC 8446, section 6.2).
    fileprivate func alertForClient(isTLS13: Bool) -> UInt8 {
        switch self {
        case .clientCertificateMissing: isTLS13 ? 116 : 40  // certificate_required, handshake_failure
        case .clientCertificateUntrusted: 48  // unknown_ca
        case .clientCertificateExpired: 45  // certificate_expired
        case .clientCertificateNotYetValid: 45  // "or is not currently valid"
        case .clientCertificateWrongPurpose: 43  // unsupported_certificate
        case .clientCertificateRevoked: 44  // certificate_revoked
        case .clientRevocationUnknown: 46  // certificate_unknown
        case .clientNotAllowed: 49  // access_denied
        case .outOfMemory: 80  // internal_error
        default: 42  // bad_certificate
        }
    }
}
