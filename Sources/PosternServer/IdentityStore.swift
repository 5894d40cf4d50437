// The certificates and keys in use, and how they are replaced: all as one, or not at all.

import PosternCore
import PosternLinux
import PosternTLS

struct IdentityStore: ~Copyable {
    private(set) var current: Identity
    /// Keys whose files may be read by their group or by others, a bit for each chain.
    private(set) var keysOpenToOthers: UInt32

    init(_ config: Config) throws(OperatorFault) {
        var keysOpen: UInt32 = 0
        current = try IdentityStore.load(config, &keysOpen)
        keysOpenToOthers = keysOpen
    }

    /// False while handshakes still show as many replaced identities as may be; they last no longer than
    /// their deadline. So a thousand reloads take no more memory than a few.
    var canReplace: Bool { Identity.liveCount < Limits.identities }

    /// Takes what is in the files now, for all handshakes that start from now on. On a fault nothing
    /// changes.
    mutating func replace(_ config: Config) throws(OperatorFault) {
        var keysOpen: UInt32 = 0
        current = try IdentityStore.load(config, &keysOpen)
        keysOpenToOthers = keysOpen
    }

    private static func load(_ config: Config, _ keysOpenToOthers: inout UInt32) throws(OperatorFault)
        -> Identity
    {
        let first = config.identities[0]
        guard let memory = TLSArena.allocate(2 * Limits.identityFileBytes) else {
            throw OperatorFault(.outOfMemory, certificate: first.certificate, key: first.key)
        }
        defer { TLSArena.release(memory) }
        let identity = try empty(config)
        for index in 0..<config.identities.count {
            let files = config.identities[index]
            let isOpen = try add(files, to: identity, through: memory)
            if isOpen { keysOpenToOthers |= 1 &<< UInt32(index) }
        }
        return identity
    }

    private static func empty(_ config: Config) throws(OperatorFault) -> Identity {
        do throws(IdentityFault) {
            return try Identity(unknownNames: config.unknownNames)
        } catch {
            let first = config.identities[0]
            throw OperatorFault(error, certificate: first.certificate, key: first.key)
        }
    }

    /// Returns whether others may read the key's file.
    private static func add(
        _ files: IdentityFiles, to identity: borrowing Identity,
        through memory: UnsafeMutableRawBufferPointer
    ) throws(OperatorFault) -> Bool {
        let half = Limits.identityFileBytes
        let certificate = try read(
            files.certificate, "certificate", option: "--certificate",
            into: UnsafeMutableRawBufferPointer(rebasing: memory[..<half]))
        let key = try read(
            files.key, "key", option: "--key",
            into: UnsafeMutableRawBufferPointer(rebasing: memory[half...]))
        do throws(IdentityFault) {
            try identity.add(certificate: certificate.bytes, key: key.bytes)
        } catch {
            throw OperatorFault(error, certificate: files.certificate, key: files.key)
        }
        return key.isOpenToOthers
    }

    private static func read(
        _ file: Text, _ role: Text, option: Text, into memory: UnsafeMutableRawBufferPointer
    ) throws(OperatorFault) -> (bytes: UnsafeRawBufferPointer, isOpenToOthers: Bool) {
        do throws(SystemFault) {
            let contents = try File.read(file, into: memory)
            return (UnsafeRawBufferPointer(rebasing: memory[..<contents.count]), contents.isOpenToOthers)
        } catch {
            throw OperatorFault(file: file, role, option: option, error)
        }
    }
}
