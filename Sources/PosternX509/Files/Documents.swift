// Certificates, requests and revocation lists as they come in files: PEM with any number of blocks, or DER.
// Either becomes DER, one document behind the other, in the memory that the file was read into.

import PosternCore

public enum Documents<Library: CertificateLibrary> {
    /// Replaces the contents of a file by DER and returns it, a part of `contents`. What is inside of the
    /// documents is not looked at.
    public static func decode(
        _ contents: UnsafeMutableRawBufferPointer, _ kinds: DocumentKinds
    ) throws(DocumentError) -> UnsafeRawBufferPointer {
        if let format = FileFormat(UnsafeRawBufferPointer(contents)) { throw .holds(format) }
        if contents.first == DERTag.sequence {
            let der = UnsafeRawBufferPointer(contents)
            try checkSequences(der)
            if let kind = DocumentKind(der), !kinds.contains(FileFormat(kind)) {
                throw .holds(FileFormat(kind))
            }
            return der
        }
        var text = PEMText(contents)
        var count = 0
        var other: FileFormat?
        while let block = try next(&text) {
            guard let format = FileFormat(block) else { continue }
            guard kinds.contains(format) else {
                if isRefused(format) { throw .holds(format) }
                other = other ?? format
                continue
            }
            let rest = UnsafeMutableRawBufferPointer(rebasing: contents[count...])
            guard let der = Library.decode(block, into: rest) else { throw .unreadable }
            count += der.count
        }
        guard count > 0 else {
            guard let other else { throw .noneFound }
            throw .holds(other)
        }
        let der = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(contents)[..<count])
        try checkSequences(der)
        return der
    }

    private static func next(_ text: inout PEMText) throws(DocumentError) -> PEMBlock? {
        do throws(DERError) { return try text.next() } catch { throw .unreadable }
    }

    /// What may hold certificates that would be passed over.
    private static func isRefused(_ format: FileFormat) -> Bool {
        format == .trustedCertificate || format == .pkcs7
    }

    /// Nothing but complete SEQUENCEs.
    private static func checkSequences(_ der: UnsafeRawBufferPointer) throws(DocumentError) {
        var reader = DERReader(der)
        do throws(DERError) {
            while !reader.isEmpty { _ = try reader.next(DERTag.sequence) }
        } catch {
            throw .unreadable
        }
    }
}

/// What is looked for in a file. Blocks of other kinds, such as a key in the same file, are passed over.
public struct DocumentKinds: Sendable {
    fileprivate let bits: UInt32
    public static let certificates = DocumentKinds(.certificate)
    public static let requests = DocumentKinds(.request)
    public static let revocationLists = DocumentKinds(.revocationList)
    public static var any: DocumentKinds {
        DocumentKinds(bits: certificates.bits | requests.bits | revocationLists.bits)
    }

    private init(_ format: FileFormat) { bits = 1 &<< UInt32(format.rawValue) }
    private init(bits: UInt32) { self.bits = bits }

    fileprivate func contains(_ format: FileFormat) -> Bool { bits & DocumentKinds(format).bits != 0 }
}
