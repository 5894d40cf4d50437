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

    /// Reads a file to the start of `memory`. `role` and `option` are for messages.
    package static func contents(
        of file: Text, _ role: Text, option: Text, into memory: UnsafeMutableRawBufferPointer
    ) throws(OperatorError) -> UnsafeMutableRawBufferPointer {
        do throws(SystemError) {
            let count = try File.read(file, into: memory).count
            return UnsafeMutableRawBufferPointer(rebasing: memory[..<count])
        } catch {
            throw OperatorError(file: file, role, option: option, error)
        }
    }

    /// The documents of a file, one behind the other, at the start of `memory`.
    package static func documents(
        of file: Text, _ role: Text, option: Text, _ kinds: DocumentKinds, called content: Text,
        into memory: UnsafeMutableRawBufferPointer
    ) throws(OperatorError) -> UnsafeRawBufferPointer {
        let contents = try contents(of: file, role, option: option, into: memory)
        do throws(DocumentError) {
            return try Documents<MbedTLS>.decode(contents, kinds)
        } catch {
            throw OperatorError(error, role, file: file, holds: content, option: option)
        }
    }
}
