// What the files of a certificate chain and its key hold, for the server and the probe alike.

import PosternCore

public struct IdentityContents {
    public let certificate: UnsafeMutableRawBufferPointer
    public let key: UnsafeMutableRawBufferPointer
    /// Others may read the key's file.
    public let isKeyOpenToOthers: Bool

    /// Reads both into `memory`, which has room for two of `Limits.identityFileBytes`. A file that has both
    /// is read once: from a pipe nothing comes a second time.
    public init(
        certificate: Text, key: Text, into memory: UnsafeMutableRawBufferPointer
    ) throws(OperatorError) {
        let half = Limits.identityFileBytes
        let first = try File.contents(
            of: certificate, "certificate", option: "--certificate",
            into: UnsafeMutableRawBufferPointer(rebasing: memory[..<half]))
        let rest = UnsafeMutableRawBufferPointer(rebasing: memory[half..<(2 * half)])
        self.certificate = first.bytes
        if key == certificate {
            rest.copyMemory(from: UnsafeRawBufferPointer(first.bytes))
            self.key = UnsafeMutableRawBufferPointer(rebasing: rest[..<first.bytes.count])
            isKeyOpenToOthers = first.isOpenToOthers
        } else {
            let second = try File.contents(of: key, "key", option: "--key", into: rest)
            self.key = second.bytes
            isKeyOpenToOthers = second.isOpenToOthers
        }
    }
}
