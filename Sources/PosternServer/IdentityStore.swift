// The certificate and key in use, and how they are replaced: as one, or not at all.

import PosternCore
import PosternLinux
import PosternTLS

struct IdentityStore: ~Copyable {
    private(set) var current: Identity
    /// The key's file may be read by its group or by others.
    private(set) var isKeyOpenToOthers: Bool

    init(_ config: Config) throws(StartFault) {
        var isOpen = false
        current = try IdentityStore.load(config, &isOpen)
        isKeyOpenToOthers = isOpen
    }

    /// False while handshakes still show as many replaced identities as may be; they last no longer than
    /// their deadline. So a thousand reloads take no more memory than a few.
    var canReplace: Bool { Identity.liveCount < Limits.identities }

    /// Takes what is in the files now, for all handshakes that start from now on. On a fault nothing
    /// changes.
    mutating func replace(_ config: Config) throws(StartFault) {
        var isOpen = false
        current = try IdentityStore.load(config, &isOpen)
        isKeyOpenToOthers = isOpen
    }

    private static func load(_ config: Config, _ isKeyOpenToOthers: inout Bool) throws(StartFault)
        -> Identity
    {
        guard let memory = TLSArena.allocate(2 * Limits.identityFileBytes) else {
            throw StartFault(.outOfMemory, certificate: config.certificate, key: config.key)
        }
        defer { TLSArena.release(memory) }
        let half = Limits.identityFileBytes
        let certificate = try read(
            config.certificate, "certificate", option: "--certificate",
            into: UnsafeMutableRawBufferPointer(rebasing: memory[..<half]))
        let key = try read(
            config.key, "key", option: "--key",
            into: UnsafeMutableRawBufferPointer(rebasing: memory[half...]))
        isKeyOpenToOthers = key.isOpenToOthers
        do throws(IdentityFault) {
            return try Identity(certificate: certificate.bytes, key: key.bytes)
        } catch {
            throw StartFault(error, certificate: config.certificate, key: config.key)
        }
    }

    private static func read(
        _ file: Text, _ role: Text, option: Text, into memory: UnsafeMutableRawBufferPointer
    ) throws(StartFault) -> (bytes: UnsafeRawBufferPointer, isOpenToOthers: Bool) {
        do throws(SystemFault) {
            let contents = try Process.read(file, into: memory)
            return (UnsafeRawBufferPointer(rebasing: memory[..<contents.count]), contents.isOpenToOthers)
        } catch {
            throw StartFault(file: file, role, option: option, error)
        }
    }
}
