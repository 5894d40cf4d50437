// Who is authorized is who has proven that the key is his. Mbed TLS passes over certificates with a
// signature algorithm that it does not know, and has the first one that it does know checked against
// CertificateVerify.

import CMbedTLS
import PosternCore
import PosternTLS
import Testing

extension TLSTests {
    @Suite final class AuthorizedCertificateTests {
        private let identity: Identity
        private let message: [UInt8] = Array("who am I?".utf8)
        nonisolated(unsafe) private static let arena = UnsafeMutableRawBufferPointer.allocate(
            byteCount: 64 * 4096, alignment: 16)
        private static let own = Fixtures.good
        private static let victim = Fixtures.other
        private static let third = Fixtures.Pair()

        init() throws {
            KernelPages.useArena(Self.arena, bytes: 4096)
            identity = try Fixtures.identity()
        }

        private func connect(
            _ session: TLSSession, tls13: Bool, _ entries: [[UInt8]], resuming previous: Link? = nil
        ) throws -> Link {
            let shown = ClientChainForTests(entries, key: Self.own.key, tls13: tls13)
            let link = try Link(session, identity, tls13: tls13, resuming: previous, showing: shown)
            link.run(saying: message)
            return link
        }

        private func expect(
            _ entries: [[UInt8]], _ reason: CloseReason, _ rules: AuthorizerForTests, tls13: Bool,
            clients: ClientConfig.Certificates = .required,
            sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            let context = try TLSContext(TLSConfig(), clients: clients)
            rules.authorizeClients(of: context)
            let session = try TLSSession(context)
            defer { session.free() }
            let link = try connect(session, tls13: tls13, entries)
            #expect(link.closed?.reason == reason, sourceLocation: sourceLocation)
            let isIn = reason == .peerClosed
            #expect(link.received == (isIn ? message : []), sourceLocation: sourceLocation)
            if isIn {
                #expect(Array(session.clientChain) == entries.flatMap { $0 }, sourceLocation: sourceLocation)
            }
        }

        // Pins: what is pinned is a public key, which everybody may know.

        @Test(arguments: Fixtures.versions, [ClientConfig.Certificates.required, .optional])
        func pinnedKeyInACertificateThatTheLibraryPassesOver(
            tls13: Bool, clients: ClientConfig.Certificates
        ) throws {
            let rules = try AuthorizerForTests(pinned: [Self.victim])
            let forged = Self.victim.derOfUnknownAlgorithm
            let own = Self.own.der
            for entries in [
                [forged, own], [forged, forged, own], [forged, own, own], [forged], [forged, forged],
            ] {
                try expect(entries, .clientCertificateInvalid, rules, tls13: tls13, clients: clients)
            }
            // With one that the library knows it is the victim's key that has to prove it.
            try expect(
                [Self.victim.der, own], .clientCertificateInvalid, rules, tls13: tls13, clients: clients)
            try expect([own, forged], .clientNotAllowed, rules, tls13: tls13, clients: clients)
        }

        @Test(arguments: Fixtures.versions)
        func passedOverBehindTheClientsOwn(tls13: Bool) throws {
            let rules = try AuthorizerForTests(pinned: [Self.own])
            let unknown = Self.third.derOfUnknownAlgorithm
            try expect([Self.own.der], .peerClosed, rules, tls13: tls13)
            try expect([Self.own.der, Self.own.der], .peerClosed, rules, tls13: tls13)
            try expect([Self.own.der, unknown, Self.third.der], .peerClosed, rules, tls13: tls13)
            try expect([unknown, Self.own.der], .clientNotAllowed, rules, tls13: tls13)
            // Its own key, its own proof: but no certificate that the library goes on with.
            try expect([Self.own.derOfUnknownAlgorithm], .clientCertificateInvalid, rules, tls13: tls13)
        }

        // A CA: an anchor that the library cannot read is public as well.

        @Test(arguments: Fixtures.versions)
        func anchorInPlaceOfTheClientsOwn(tls13: Bool) throws {
            let anchor = Self.victim.derOfUnknownAlgorithm
            let rules = try AuthorizerForTests(authorities: [anchor])
            try expect([anchor, Self.own.der], .clientCertificateInvalid, rules, tls13: tls13)
            try expect([anchor], .clientCertificateInvalid, rules, tls13: tls13)
            // Its own has the anchor's name as its issuer's, but not its signature.
            try expect([Self.own.der, anchor], .clientCertificateInvalid, rules, tls13: tls13)
        }

        // One entry is one certificate

        @Test(arguments: Fixtures.versions)
        func entryOfSeveralPieces(tls13: Bool) throws {
            let rules = try AuthorizerForTests(pinned: [Self.own, Self.victim])
            let own = Self.own.der
            for entries in [
                [own + [0]], [own + own], [own + Self.victim.der], [Self.victim.derOfUnknownAlgorithm + own],
                [own, own + [0]], [own, []], [[], own], [own, [0x30, 0x00] + own], [Array(own.dropLast())],
                [own, [UInt8](repeating: 0x30, count: 200)],
            ] {
                try expect(entries, .clientCertificateInvalid, rules, tls13: tls13)
            }
        }

        @Test(arguments: Fixtures.versions)
        func noCertificate(tls13: Bool) throws {
            let rules = try AuthorizerForTests(pinned: [Self.own])
            try expect([], .clientCertificateMissing, rules, tls13: tls13)
        }

        // Resumption

        @Test(arguments: Fixtures.versions)
        func resumedClientIsTheOneThatWasProven(tls13: Bool) throws {
            let context = try TLSContext(TLSConfig(), clients: .required)
            let rules = try AuthorizerForTests(pinned: [Self.own])
            rules.authorizeClients(of: context)
            let session = try TLSSession(context)
            defer { session.free() }
            let first = try connect(session, tls13: tls13, [Self.own.der])
            #expect(first.received == message)
            let forged = [Self.victim.derOfUnknownAlgorithm, Self.own.der]
            #expect(session.recycle())
            let second = try connect(session, tls13: tls13, forged, resuming: first)
            #expect(second.received == message && session.isResumed)
            #expect(Array(session.clientChain) == Self.own.der)
            // The ticket's client may not come in any more: a full handshake, with the forged chain.
            try rules.replace(pinned: [Self.victim])
            #expect(session.recycle())
            let third = try connect(session, tls13: tls13, forged, resuming: first)
            #expect(third.received.isEmpty && !session.isResumed)
            #expect(third.closed?.reason == .clientCertificateInvalid)
            // And what has been refused cannot be resumed.
            #expect(session.recycle())
            let fourth = try connect(session, tls13: tls13, forged, resuming: third)
            #expect(fourth.received.isEmpty && !session.isResumed)
        }
    }
}
