// Who is trusted: trust anchors and their revocation lists, and what they say about a chain of certificates.
// The documents are kept here, and a library checks signatures. `postern certificate verify`, the probe and
// the server verify with this one function.

import PosternCore

public struct TrustStore<Library: CertificateLibrary>: ~Copyable {
    var authorities = DocumentList<Library>()
    var revocationLists = DocumentList<Library>()

    public init() {}

    public var authorityCount: Int { authorities.count }
    public var revocationListCount: Int { revocationLists.count }

    /// Trusts the certificates of a file: PEM with any number of them, or DER. `contents` are followed by a
    /// zero byte, which is not counted, and are overwritten. On a fault some of them may have been added.
    public mutating func addAuthorities(_ contents: UnsafeMutableRawBufferPointer) throws(DocumentError) {
        var reader = DERReader(try Documents<Library>.decode(contents, .certificates))
        while !reader.isEmpty {
            let document: UnsafeRawBufferPointer
            do throws(DERError) {
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
    ) throws(DocumentError) -> Int {
        var reader = DERReader(try Documents<Library>.decode(contents, .certificates))
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
    public mutating func addRevocationLists(_ contents: UnsafeMutableRawBufferPointer) throws(DocumentError)
    {
        var reader = DERReader(try Documents<Library>.decode(contents, .revocationLists))
        while !reader.isEmpty {
            let document: UnsafeRawBufferPointer
            do throws(DERError) {
                document = try reader.next().whole
                _ = try RevocationList(document)
            } catch {
                throw .unreadable
            }
            guard revocationLists.append(document) else { throw .outOfMemory }
        }
    }

    public mutating func removeRevocationLists() { revocationLists = DocumentList<Library>() }

    /// Verifies a chain: certificates in DER one behind the other, the leaf first, the others in any order.
    /// Throws only where memory ran out.
    public func verify(
        _ chain: UnsafeRawBufferPointer, _ parameters: VerificationParameters
    ) throws(DocumentError) -> VerificationResult {
        var search = PathSearch(
            chain, anchors: authorities.documents, revocationLists: revocationLists.documents, parameters,
            Library())
        guard let result = search.run() else { throw .outOfMemory }
        return result
    }
}
