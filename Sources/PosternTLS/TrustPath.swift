// How the path from a leaf to an authority is found: up from certificate to certificate, by name and
// signature, the trusted ones first. No step back: where there are several issuers of one name and key, the
// one that is in date and an authority is taken.

import CMbedTLS
import PosternCore
import PosternX509

struct TrustPath {
    let chain: UnsafeRawBufferPointer
    var verdict = TrustVerdict()
    /// Signatures are what costs, and a stranger says how many candidates there are.
    private var checksLeft = Limits.pathSignatures

    init(_ chain: UnsafeRawBufferPointer) { self.chain = chain }

    mutating func build(_ store: borrowing TrustStore, _ question: TrustQuestion) throws(DocumentFault) {
        var reader = DERReader(chain)
        guard let leaf = TrustPath.next(&reader), verdict.append(TrustVerdict.Item(leaf.whole)),
            var current = leaf.certificate
        else { return }
        while true {
            let depth = verdict.count - 1
            if store.contains(current.whole) {
                verdict.isAnchored = true
                return
            }
            var search = IssuerSearch(child: current, time: question.time)
            if !search.isCheckable { verdict.insert(.weakSignature, at: depth) }
            try look(store, &search)
            guard let issuer = search.best else {
                verdict.insert(search.fault, at: depth)
                return
            }
            if !search.isTrusted, depth >= question.intermediatesMost {
                verdict.insert(.chainTooLong, at: 0)
                return
            }
            _ = verdict.append(TrustVerdict.Item(issuer.whole))
            if search.hasUnusableKey { verdict.insert(.weakKey, at: depth + 1) }
            current = issuer
        }
    }

    /// Goes through the candidates until there is none better.
    private mutating func look(
        _ store: borrowing TrustStore, _ search: inout IssuerSearch
    ) throws(DocumentFault) {
        var node = store.authorities.first
        while let authority = node, !search.isOver {
            try consider(authority.der, isTrusted: true, &search)
            node = authority.pointee.next
        }
        var reader = DERReader(chain)
        while !search.isOver, let presented = TrustPath.next(&reader) {
            try consider(presented.whole, isTrusted: false, &search)
        }
    }

    private mutating func consider(
        _ candidate: UnsafeRawBufferPointer, isTrusted: Bool, _ search: inout IssuerSearch
    ) throws(DocumentFault) {
        for depth in 0..<verdict.count where hasSameBytes(verdict[depth].certificate, candidate) { return }
        guard let candidate = TrustPath.read(candidate),
            DistinguishedName.isSame(candidate.subject, search.child.issuer)
        else { return }
        guard checksLeft > 0 else { return }
        checksLeft -= 1
        try search.consider(candidate, isTrusted: isTrusted)
    }

    /// Says of each certificate in the chain that cannot be read that it cannot, where the path ends
    /// nowhere: it may have been the one that is missing.
    mutating func noteUnreadable() {
        guard !verdict.isAnchored else { return }
        var reader = DERReader(chain)
        while let presented = TrustPath.next(&reader) {
            guard presented.certificate == nil else { continue }
            let isLeaf = verdict.count == 1 && hasSameBytes(verdict[0].certificate, presented.whole)
            guard !isLeaf, verdict.append(TrustVerdict.Item(presented.whole, isInPath: false)) else {
                continue
            }
            verdict.insert(.badEncoding, at: verdict.count - 1)
        }
    }

    /// The next document of a chain; nil at its end, and where it is no DER any more.
    private static func next(_ reader: inout DERReader) -> (
        whole: UnsafeRawBufferPointer, certificate: Certificate?
    )? {
        guard !reader.isEmpty else { return nil }
        do throws(DERFault) {
            let whole = try reader.next().whole
            return (whole, read(whole))
        } catch {
            return nil
        }
    }

    private static func read(_ der: UnsafeRawBufferPointer) -> Certificate? {
        do throws(DERFault) { return try Certificate(der) } catch { return nil }
    }
}

/// The search for the issuer of one certificate.
struct IssuerSearch {
    let child: Certificate
    /// Where the signature is of a kind that is not checked, the name decides; the path is refused anyway.
    let isCheckable: Bool
    let time: Int64
    private(set) var best: Certificate?
    private(set) var isTrusted = false
    private(set) var hasUnusableKey = false
    private(set) var isOver = false
    private var hasSeenName = false

    init(child: Certificate, time: Int64) {
        self.child = child
        isCheckable = SignatureAlgorithm(child.signed.algorithm) != nil
        self.time = time
    }

    /// Why there is no issuer.
    var fault: CertificateFaults {
        if hasSeenName { return .badSignature }
        return child.isSelfIssued ? .selfSigned : .untrusted
    }

    mutating func consider(_ candidate: Certificate, isTrusted: Bool) throws(DocumentFault) {
        hasSeenName = true
        var isUnusable = false
        if isCheckable {
            switch Signature.check(child.signed, by: candidate.publicKey) {
            case .good: break
            case .bad: return
            case .keyUnusable: isUnusable = true
            case .outOfMemory: throw .outOfMemory
            }
        }
        let isFit =
            candidate.notBefore <= time && time <= candidate.notAfter && !isUnusable
            && CertificateExtensions(candidate.extensions).isAuthority
        guard best == nil || isFit else { return }
        best = candidate
        self.isTrusted = isTrusted
        hasUnusableKey = isUnusable
        isOver = isFit
    }
}
