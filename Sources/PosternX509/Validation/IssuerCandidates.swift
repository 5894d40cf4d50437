// Certificates that have the name of another one's issuer, in the order in which they are tried. Key
// identifiers help to find the right one and prove nothing (RFC 5280, section 4.2.1.1).

import PosternCore

struct IssuerCandidates {
    struct Candidate {
        let der: UnsafeRawBufferPointer
        let isAnchor: Bool
        /// The smaller the likelier.
        let rank: Int
    }

    private let keyIdentifier: UnsafeRawBufferPointer?
    private let time: Int64
    /// More of one name are not in use; the least likely ones give way.
    private var list = FixedList<8, Candidate>()

    init(of child: Certificate, at time: Int64) {
        keyIdentifier = CertificateExtensions(child.extensions).authorityKeyIdentifier
        self.time = time
    }

    var count: Int { list.count }
    var isEmpty: Bool { list.isEmpty }
    subscript(index: Int) -> Candidate { list[index] }

    mutating func insert(_ certificate: Certificate, isAnchor: Bool) {
        let candidate = Candidate(
            der: certificate.whole, isAnchor: isAnchor, rank: rank(of: certificate, isAnchor: isAnchor))
        if !list.append(candidate) {
            guard candidate.rank < list[list.count - 1].rank else { return }
            list[list.count - 1] = candidate
        }
        var index = list.count - 1
        while index > 0, list[index].rank < list[index - 1].rank {
            let other = list[index - 1]
            list[index - 1] = list[index]
            list[index] = other
            index -= 1
        }
    }

    /// First by key identifier, then by what is an authority and in date, then anchors before others.
    private func rank(of certificate: Certificate, isAnchor: Bool) -> Int {
        let extensions = CertificateExtensions(certificate.extensions)
        var rank = isAnchor ? 0 : 1
        let isInDate = certificate.notBefore <= time && time <= certificate.notAfter
        if !extensions.isAuthority || !isInDate { rank += 2 }
        if let wanted = keyIdentifier, let own = extensions.subjectKeyIdentifier {
            rank += hasSameBytes(wanted, own) ? 0 : 8
        } else {
            rank += 4
        }
        return rank
    }
}
