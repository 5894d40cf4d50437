// Who is trusted: authorities and their revocation lists, and what they say about a chain of certificates.
// The path from the leaf to an authority is found here, signatures are Mbed TLS's work, the rest are the
// rules of PosternX509. `postern certificate verify`, the probe and the server judge with this one function.

import CMbedTLS
import PosternCore
import PosternX509

public struct TrustStore: ~Copyable {
    var authorities = DocumentList()
    var revocationLists = DocumentList()

    public init() {}

    public var authorityCount: Int { authorities.count }
    public var revocationListCount: Int { revocationLists.count }

    /// Trusts the certificates of a file: PEM with any number of them, or DER. `contents` are followed by a
    /// zero byte, which is not counted, and are overwritten. On a fault some of them may have been added.
    public mutating func addAuthorities(_ contents: UnsafeMutableRawBufferPointer) throws(DocumentFault) {
        var reader = DERReader(try Documents.decode(contents, .certificates))
        while !reader.isEmpty {
            let document: UnsafeRawBufferPointer
            do throws(DERFault) {
                document = try reader.next().whole
                _ = try Certificate(document)
            } catch {
                throw .unreadable
            }
            guard authorities.append(document) else { throw .outOfMemory }
        }
    }

    /// Trusts those certificates of a bundle that can be read, and returns how many cannot: there is one
    /// among the public authorities. Otherwise as above.
    public mutating func addReadableAuthorities(
        _ contents: UnsafeMutableRawBufferPointer
    ) throws(DocumentFault) -> Int {
        var reader = DERReader(try Documents.decode(contents, .certificates))
        var unreadable = 0
        while let document = try? reader.next().whole {
            guard (try? Certificate(document)) != nil else {
                unreadable += 1
                continue
            }
            guard authorities.append(document) else { throw .outOfMemory }
        }
        guard authorities.count > 0 else { throw .unreadable }
        return unreadable
    }

    /// The same for revocation lists.
    public mutating func addRevocationLists(_ contents: UnsafeMutableRawBufferPointer) throws(DocumentFault)
    {
        var reader = DERReader(try Documents.decode(contents, .revocationLists))
        while !reader.isEmpty {
            let document: UnsafeRawBufferPointer
            do throws(DERFault) {
                document = try reader.next().whole
                _ = try RevocationList(document)
            } catch {
                throw .unreadable
            }
            guard revocationLists.append(document) else { throw .outOfMemory }
        }
    }

    /// Judges a chain: certificates in DER one behind the other, the leaf first, the others in any order.
    /// Throws only where memory ran out.
    public func verify(
        _ chain: UnsafeRawBufferPointer, _ question: TrustQuestion
    ) throws(DocumentFault) -> TrustVerdict {
        var path = TrustPath(chain)
        try path.build(self, question)
        path.verdict.judge(question)
        if question.checksRevocation { try checkRevocation(&path.verdict, question) }
        path.noteUnreadable()
        return path.verdict
    }

    /// Byte for byte one of the authorities.
    func contains(_ certificate: UnsafeRawBufferPointer) -> Bool {
        var node = authorities.first
        while let current = node {
            if hasSameBytes(current.der, certificate) { return true }
            node = current.pointee.next
        }
        return false
    }
}

/// What a chain is judged for.
public struct TrustQuestion {
    public let purpose: CertificatePurpose
    /// Seconds since 1970, UTC: whose dates must hold then. No other clock is asked.
    public let time: Int64
    /// Authorities that may stand between the leaf and the one that is trusted.
    public let intermediatesMost: Int
    /// Each certificate but the trusted one must be cleared by a revocation list of its issuer.
    public let checksRevocation: Bool

    public init(
        purpose: CertificatePurpose, time: Int64, intermediatesMost: Int = Limits.pathIntermediates,
        checksRevocation: Bool
    ) {
        self.purpose = purpose
        self.time = time
        self.intermediatesMost = min(intermediatesMost, Limits.pathIntermediates)
        self.checksRevocation = checksRevocation
    }
}

/// What came out: the certificates that were looked at, the leaf first, each with its faults.
public struct TrustVerdict {
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
    /// The last one of the path is trusted for itself.
    var isAnchored = false

    public var count: Int { items.count }
    public subscript(depth: Int) -> Item { items[depth] }

    /// The faults of all.
    public var faults: CertificateFaults {
        var faults = CertificateFaults()
        for depth in 0..<count { faults.insert(items[depth].faults) }
        return faults
    }

    public var isTrusted: Bool { isAnchored && faults.isEmpty }

    mutating func append(_ item: Item) -> Bool { items.append(item) }

    public mutating func insert(_ faults: CertificateFaults, at depth: Int) {
        items.modify(depth) { $0.faults.insert(faults) }
    }

    /// Goes down the path and asks for the rules of each certificate.
    mutating func judge(_ question: TrustQuestion) {
        var rules = CertificateRules(purpose: question.purpose, time: question.time)
        for depth in (0..<count).reversed() {
            do throws(DERFault) {
                let certificate = try Certificate(items[depth].certificate)
                let place = CertificatePlace(depth: depth, isAnchor: isAnchored && depth == count - 1)
                insert(rules.check(certificate, place), at: depth)
                for other in 0..<depth where isSecond(certificate, items[other].certificate) {
                    insert(.duplicateSerial, at: other)
                }
            } catch {
                insert(.badEncoding, at: depth)
            }
        }
    }

    /// Another certificate with the same issuer and serial number.
    private func isSecond(_ certificate: Certificate, _ other: UnsafeRawBufferPointer) -> Bool {
        do throws(DERFault) {
            let other = try Certificate(other)
            return hasSameBytes(certificate.serial, other.serial)
                && DistinguishedName.isSame(certificate.issuer, other.issuer)
        } catch {
            return false
        }
    }
}
