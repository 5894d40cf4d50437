// What a chain is verified for, and what came out.

import PosternCore

public struct VerificationParameters {
    public let purpose: CertificatePurpose
    /// Seconds since 1970, UTC: whose dates must hold then. No other clock is asked.
    public let time: Int64
    /// Authorities that may stand between the leaf and the trust anchor.
    public let intermediatesMax: Int
    /// Each certificate but the anchor must be cleared by a revocation list of its issuer.
    public let checksRevocation: Bool

    public init(
        purpose: CertificatePurpose, time: Int64, intermediatesMax: Int = Limits.pathIntermediates,
        checksRevocation: Bool
    ) {
        self.purpose = purpose
        self.time = time
        self.intermediatesMax = min(intermediatesMax, Limits.pathIntermediates)
        self.checksRevocation = checksRevocation
    }
}

/// The certificates that were looked at, the leaf first, each with its faults.
public struct VerificationResult {
    public struct Item {
        /// In DER, in the memory of the chain or of the store.
        public let certificate: UnsafeRawBufferPointer
        public internal(set) var faults = CertificateFaults()
        /// Part of the path. Others only stood in the chain and could not be read.
        public let isInPath: Bool

        init(_ certificate: UnsafeRawBufferPointer, isInPath: Bool = true) {
            self.certificate = certificate
            self.isInPath = isInPath
        }
    }

    private var items = FixedList<11, Item>()
    /// The last one of the path is a trust anchor.
    public internal(set) var isAnchored = false
    /// The leaf's common name may be used as a name, as far as the authorities above it say.
    public internal(set) var commonNameIsAllowed = true

    public var count: Int { items.count }
    public subscript(depth: Int) -> Item { items[depth] }

    /// The faults of all.
    public var faults: CertificateFaults {
        var faults = CertificateFaults()
        for depth in 0..<count { faults.insert(items[depth].faults) }
        return faults
    }

    public var isTrusted: Bool { isAnchored && faults.isEmpty }

    /// Whether a certificate of the path is not valid before a time later than `seconds` since 1970.
    public func hasStart(after seconds: Int64) -> Bool {
        for depth in 0..<count {
            guard let certificate = try? Certificate(items[depth].certificate) else { continue }
            if certificate.notBefore > seconds { return true }
        }
        return false
    }

    mutating func append(_ item: Item) -> Bool { items.append(item) }

    public mutating func insert(_ faults: CertificateFaults, at depth: Int) {
        items.modify(depth) { $0.faults.insert(faults) }
    }

    /// How far it is from a good path: what kind of fault it has at worst, then how many faults.
    var severity: Int {
        let all = faults
        guard !all.isEmpty else { return 0 }
        var rest = all
        rest.remove(.timely)
        var worst = 1
        if !rest.isEmpty {
            rest.remove(.uncheckedRevocation)
            worst = rest.isEmpty ? 2 : rest == .revoked ? 3 : rest.hasAny(of: .unproven) ? 5 : 4
        }
        var number = 0
        for depth in 0..<count { number += items[depth].faults.number }
        let numberMax = 1_024
        return worst * numberMax + number
    }
}
