// The private key that a file holds, read for whoever signs with it.

import PosternCore
import PosternLinux
import PosternTLS
import PosternX509

package enum KeyFile {
    /// `certificate` is the file that it goes with, for messages; where `of` is given, the key has to be
    /// that certificate's.
    package static func read(
        _ file: Text, option: Text, certificate: Text, of owner: Certificate? = nil
    ) throws(OperatorError) -> PrivateKey {
        let memory = try DocumentFile.allocate(Limits.identityFileBytes)
        defer { TLSArena.release(memory) }
        let contents = try File.contents(of: file, "key", option: option, into: memory).bytes
        do throws(IdentityError) {
            return try PrivateKey(contents, of: owner?.publicKey)
        } catch {
            throw OperatorError(error, certificate: certificate, key: file)
        }
    }
}
