// A file of certificates, requests or revocation lists, read into memory of the arena as DER.

import PosternCore
import PosternLinux
import PosternTLS
import PosternX509

package enum DocumentFile {
    /// Memory for a file; it is never given back, the command ends soon.
    package static func allocate(_ bytes: Int) throws(OperatorError) -> UnsafeMutableRawBufferPointer {
        guard let memory = TLSArena.allocate(bytes) else {
            throw OperatorError { line in
                line.append("the arena has no room for files; give the port's StaticMemory more pages")
            }
        }
        return memory
    }

    /// The documents of a file, one behind the other, at the start of `memory`.
    package static func documents(
        of file: Text, _ role: Text, option: Text, _ kinds: DocumentKinds, called content: Text,
        into memory: UnsafeMutableRawBufferPointer
    ) throws(OperatorError) -> UnsafeRawBufferPointer {
        let contents = try File.contents(of: file, role, option: option, into: memory).bytes
        do throws(DocumentError) {
            return try Documents<MbedTLS>.decode(contents, kinds)
        } catch {
            throw OperatorError(error, role, file: file, holds: content, option: option)
        }
    }
}
