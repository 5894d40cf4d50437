// Certificates that a file holds, read for an authority or a renewal.

import PosternCore
import PosternTLS
import PosternX509

package enum CertificateFile {
    /// The documents of a file, one behind the other, in memory of the arena that is not given back.
    package static func documents(
        of file: Text, _ role: Text, option: Text
    ) throws(OperatorError) -> UnsafeRawBufferPointer {
        let memory = try DocumentFile.allocate(Limits.identityFileBytes)
        return try DocumentFile.documents(
            of: file, role, option: option, .certificates, called: "certificate", into: memory)
    }

    /// The first certificate of a file.
    package static func first(of file: Text, _ role: Text, option: Text) throws(OperatorError) -> Certificate
    {
        try first(of: try documents(of: file, role, option: option), file, role)
    }

    package static func first(
        of documents: UnsafeRawBufferPointer, _ file: Text, _ role: Text
    ) throws(OperatorError) -> Certificate {
        var reader = DERReader(documents)
        do throws(DERError) {
            return try Certificate(try reader.next().whole)
        } catch {
            throw OperatorError(
                usage: role, file, "holds no certificate that can be read; give one in PEM or DER")
        }
    }
}
