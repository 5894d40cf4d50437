// Private keys as they come in a file: in PEM, or one in DER. They become DER, one behind the other, in the
// memory that the file was read into; which of them is meant, the certificate decides. What the library
// would refuse without a name is named here.

import PosternCore
import PosternX509

enum KeyText {
    static func decode(
        _ contents: UnsafeMutableRawBufferPointer
    ) throws(IdentityError) -> UnsafeRawBufferPointer {
        let whole = UnsafeRawBufferPointer(contents)
        guard PrivateKeyForm(whole) == nil else { return try check(whole) }
        if let format = FileFormat(whole) { throw .keyHolds(format) }
        guard contents.first != DERTag.sequence else {
            guard let kind = DocumentKind(whole) else { throw .keyUnreadable }
            throw .keyHolds(FileFormat(kind))
        }
        var text = PEMText(contents)
        var other: FileFormat?
        var count = 0
        while let block = try next(&text) {
            guard let format = FileFormat(block) else { continue }
            guard format == .privateKey else {
                if format == .opensshKey { throw .keyHolds(format) }
                other = other ?? format
                continue
            }
            guard !block.isEncrypted, !block.isLabelled("ENCRYPTED PRIVATE KEY") else { throw .keyEncrypted }
            let rest = UnsafeMutableRawBufferPointer(rebasing: contents[count...])
            guard let der = MbedTLS.decode(block, into: rest) else { throw .keyUnreadable }
            count += try check(der).count
        }
        guard count == 0 else { return UnsafeRawBufferPointer(rebasing: whole[..<count]) }
        guard let other else { throw .keyUnreadable }
        throw .keyHolds(other)
    }

    private static func check(_ der: UnsafeRawBufferPointer) throws(IdentityError) -> UnsafeRawBufferPointer
    {
        switch PrivateKeyForm(der) {
        case .encrypted: throw .keyEncrypted
        case .explicitCurve: throw .keyHolds(.explicitCurveKey)
        case .plain, nil: return der
        }
    }

    private static func next(_ text: inout PEMText) throws(IdentityError) -> PEMBlock? {
        do throws(DERError) { return try text.next() } catch { throw .keyUnreadable }
    }
}
