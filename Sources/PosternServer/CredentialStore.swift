// Everything that is loaded from files: certificates and keys of the server, and the rules for clients. One
// set, replaced as one, or not at all.

import PosternAuthorization
import PosternCore
import PosternLinux
import PosternTLS
import PosternX509

struct CredentialStore: ~Copyable {
    private(set) var identity: Identity
    /// Keys whose files may be read by their group or by others, a bit for each chain.
    private(set) var keysOpenToOthers: UInt32
    /// In the arena, where TLS finds them; nil when clients are not asked for a certificate.
    let authorizer: UnsafeMutablePointer<ClientAuthorizer>?
    private(set) var lists: RevocationListReview

    /// `withMissing`: an identity that is not there yet and that a start would make is left out.
    init(_ config: Config, withMissing: Bool) throws(OperatorError) {
        let memory = try CredentialStore.readingMemory(config)
        defer { TLSArena.release(memory) }
        var keysOpen: UInt32 = 0
        var review = RevocationListReview()
        let identity = try CredentialStore.loadIdentity(
            config, &keysOpen, through: memory, withMissing: withMissing)
        authorizer = try CredentialStore.placeAuthorizer(config.clients, identity, through: memory, &review)
        self.identity = identity
        keysOpenToOthers = keysOpen
        lists = review
    }

    private static func placeAuthorizer(
        _ config: ClientConfig, _ identity: borrowing Identity,
        through memory: UnsafeMutableRawBufferPointer, _ review: inout RevocationListReview
    ) throws(OperatorError) -> UnsafeMutablePointer<ClientAuthorizer>? {
        guard config.certificates != .none else { return nil }
        let authorizer = try ClientFiles.load(config, identity, through: memory, review: &review)
        let place = TLSArena.allocate(MemoryLayout<ClientAuthorizer>.stride)
        guard let place = place?.bindMemory(to: ClientAuthorizer.self).baseAddress else {
            throw OperatorError.noRoomForClients
        }
        place.initialize(to: authorizer)
        return place
    }

    /// False while handshakes still show as many replaced identities as may be; they last no longer than
    /// their deadline. So a thousand reloads take no more memory than a few.
    var canReplace: Bool { Identity.liveCount < Limits.identities }

    /// Clients are authorized while the clock cannot be right.
    var clockIsUnset: Bool { authorizer?.pointee.clockReading.isUnset ?? false }

    /// Takes what is in the files now, for all handshakes that start from now on. On a fault nothing
    /// changes.
    mutating func replace(_ config: Config) throws(OperatorError) {
        let memory = try CredentialStore.readingMemory(config)
        defer { TLSArena.release(memory) }
        var keysOpen: UInt32 = 0
        let identity = try CredentialStore.loadIdentity(config, &keysOpen, through: memory)
        if let authorizer {
            var review = RevocationListReview()
            let replacement = try ClientFiles.load(
                config.clients, identity, through: memory, review: &review)
            if let file = config.clients.crl {
                try RevocationListFile.check(
                    file, config.clients, replacement, review, replaces: authorizer.pointee, lists)
            }
            authorizer.pointee = replacement
            lists = review
        }
        self.identity = identity
        keysOpenToOthers = keysOpen
    }

    /// Where files are read: a certificate and a key, or one of the lists of clients.
    private static func readingMemory(
        _ config: Config
    ) throws(OperatorError) -> UnsafeMutableRawBufferPointer {
        let lists =
            config.clients.certificates == .none || config.clients.crl == nil
            ? 0 : Limits.revocationFileBytes(entries: config.clients.crlEntries)
        guard let memory = TLSArena.allocate(max(Limits.clientFileBytes, lists)) else {
            let first = config.identities[0]
            throw OperatorError(.outOfMemory, certificate: first.certificate, key: first.key)
        }
        return memory
    }

    private static func loadIdentity(
        _ config: Config, _ keysOpenToOthers: inout UInt32, through memory: UnsafeMutableRawBufferPointer,
        withMissing: Bool = false
    ) throws(OperatorError) -> Identity {
        let identity = try empty(config)
        for index in 0..<config.identities.count {
            let files = config.identities[index]
            if withMissing, files.willBeMade { continue }
            let isOpen = try add(files, to: identity, through: memory)
            if isOpen { keysOpenToOthers |= 1 &<< UInt32(index) }
        }
        return identity
    }

    private static func empty(_ config: Config) throws(OperatorError) -> Identity {
        do throws(IdentityError) {
            return try Identity(unknownNames: config.unknownNames)
        } catch {
            let first = config.identities[0]
            throw OperatorError(error, certificate: first.certificate, key: first.key)
        }
    }

    /// Returns whether others may read the key's file.
    private static func add(
        _ files: IdentityFiles, to identity: borrowing Identity,
        through memory: UnsafeMutableRawBufferPointer
    ) throws(OperatorError) -> Bool {
        let contents = try IdentityContents(
            certificate: files.certificate, key: files.key, into: memory)
        do throws(IdentityError) {
            try identity.add(certificate: contents.certificate, key: contents.key)
        } catch {
            throw OperatorError(error, certificate: files.certificate, key: files.key)
        }
        return contents.isKeyOpenToOthers
    }
}

extension IdentityFiles {
    /// A start would make it.
    var willBeMade: Bool {
        guard case .createIfMissing = missing else { return false }
        return !File.exists(certificate)
    }
}
