// The trust store: what it takes from files, what it says about authorities and revocation lists, and that it
// gives back its memory. The library is one of the tests' own.

import Foundation
import PosternCore
import PosternX509
import Testing

/// Signatures as CountingChecker knows them, and memory that can run out. The suite is serialized.
private struct TestLibrary: CertificateLibrary {
    nonisolated(unsafe) static var blocksInUse = 0
    nonisolated(unsafe) static var blocksLeft = Int.max

    func check(
        _ signed: SignedDocument, _ scheme: SignatureScheme, by publicKey: UnsafeRawBufferPointer
    ) -> SignatureStatus { CountingChecker().check(signed, scheme, by: publicKey) }

    func check(publicKey: UnsafeRawBufferPointer) -> SignatureStatus {
        publicKey.last == unusableKey ? .keyUnusable : .good
    }

    static func allocate(_ bytes: Int) -> UnsafeMutableRawPointer? {
        guard blocksLeft > 0 else { return nil }
        blocksLeft -= 1
        blocksInUse += 1
        return UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 16)
    }

    static func release(_ memory: UnsafeMutableRawPointer) {
        blocksInUse -= 1
        memory.deallocate()
    }

    static func decodeBase64(
        _ text: UnsafeRawBufferPointer, into memory: UnsafeMutableRawBufferPointer
    ) -> Int {
        guard let bytes = Data(base64Encoded: Data(text)), bytes.count <= memory.count else { return 0 }
        memory.copyBytes(from: bytes)
        return bytes.count
    }
}

private let unusableKey: UInt8 = 66
private let root = Owner("Root", key: 1)
private let middle = Owner("Middle", key: 3)
private let leaf = Owner("leaf", key: 4)
private let rootCertificate = root.certificate(by: root, serial: 1)
private let middleCertificate = middle.certificate(by: root, serial: 3)
private let leafCertificate = leaf.certificate(by: middle, serial: 9, extensions: [dnsNames("a.home")])
private let now: Int64 = 1_700_000_000

private func says(_ error: DocumentError) -> String { "\(error)" }

private func pem(_ label: String, _ der: [UInt8]) -> String {
    let text = Data(der).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
    return "-----BEGIN \(label)-----\n\(text)\n-----END \(label)-----\n"
}

/// A revocation list of `issuer`, with serial numbers of one byte.
private func list(
    by issuer: Owner, revoked: [UInt8] = [], from start: String = "200101000000Z", forged: Bool = false
) -> [UInt8] {
    let algorithm = der(0x30, [0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02])
    let time = der(0x17, Array(start.utf8))
    let entries = revoked.flatMap { der(0x30, der(0x02, [$0]), time) }
    let content = der(
        0x30, [0x02, 0x01, 0x01], algorithm, issuer.name, time, der(0x17, Array("400101000000Z".utf8)),
        entries.isEmpty ? [] : der(0x30, entries))
    return der(0x30, content, algorithm, der(0x03, [0] + (forged ? [0xEE] : issuer.publicKey.suffix(1))))
}

@Suite(.serialized) struct TrustStoreTests {
    private typealias Store = TrustStore<TestLibrary>

    /// Gives a file's bytes to a store, with the zero behind them.
    private func adding(
        _ bytes: [UInt8], _ add: (UnsafeMutableRawBufferPointer) throws(DocumentError) -> Void
    ) throws(DocumentError) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count + 1, alignment: 8)
        defer { memory.deallocate() }
        memory.copyBytes(from: bytes + [0])
        try add(UnsafeMutableRawBufferPointer(rebasing: memory[..<bytes.count]))
    }

    /// Nil when it was taken, else why not.
    private func refusal(of bytes: [UInt8], in store: inout Store) -> String? {
        do throws(DocumentError) {
            try adding(bytes) { contents throws(DocumentError) in try store.addAuthorities(contents) }
            return nil
        } catch {
            return "\(error)"
        }
    }

    private func refusal(of text: String, in store: inout Store) -> String? {
        refusal(of: Array(text.utf8), in: &store)
    }

    private func isTrusted(_ chain: [[UInt8]], by store: borrowing Store, checksRevocation: Bool) -> Bool {
        let bytes = chain.flatMap { $0 }
        return bytes.withUnsafeBytes { bytes in
            (try? store.verify(
                bytes,
                VerificationParameters(purpose: .any, time: now, checksRevocation: checksRevocation)))?
                .isTrusted ?? false
        }
    }

    @Test func authoritiesComeInPEMWithOtherThingsAroundThemOrInDER() {
        for file in [
            Array(
                "Root\n\(pem("CERTIFICATE", middleCertificate))# and\n\(pem("CERTIFICATE", rootCertificate))"
                    .utf8),
            Array((pem("PRIVATE KEY", [0x30, 0x00]) + pem("CERTIFICATE", rootCertificate)).utf8),
            rootCertificate, middleCertificate + rootCertificate,
        ] {
            var store = Store()
            #expect(refusal(of: file, in: &store) == nil)
            let trusted = isTrusted(
                [leafCertificate, middleCertificate], by: store, checksRevocation: false)
            #expect(trusted)
        }
        #expect(TestLibrary.blocksInUse == 0, "a store gives back its memory")
    }

    @Test func otherFilesAreRefusedWithTheReason() {
        var store = Store()
        #expect(refusal(of: "no PEM", in: &store) == says(.noneFound))
        #expect(refusal(of: pem("X509 CRL", list(by: root)), in: &store) == says(.holds(.revocationList)))
        #expect(refusal(of: list(by: root), in: &store) == says(.holds(.revocationList)))
        #expect(refusal(of: pem("CERTIFICATE", [0x30, 0x01]), in: &store) == says(.unreadable))
        #expect(refusal(of: rootCertificate.dropLast() + [], in: &store) == says(.unreadable))
        #expect(
            refusal(of: "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n", in: &store)
                == says(.unreadable))
        #expect(store.authorityCount == 0)
    }

    @Test func aBundleLosesOnlyWhatCannotBeRead() throws {
        var store = Store()
        let bundle = pem("CERTIFICATE", rootCertificate) + pem("CERTIFICATE", [0x30, 0x00])
        var unreadable = 0
        try adding(Array(bundle.utf8)) { contents throws(DocumentError) in
            unreadable = try store.addReadableAuthorities(contents)
        }
        #expect(unreadable == 1 && store.authorityCount == 1)
    }

    @Test func memoryThatRunsOutIsSaid() {
        TestLibrary.blocksLeft = 1
        defer { TestLibrary.blocksLeft = .max }
        var store = Store()
        #expect(refusal(of: rootCertificate + middleCertificate, in: &store) == says(.outOfMemory))
        #expect(store.authorityCount == 1 && TestLibrary.blocksInUse == 1)
    }

    @Test func revocationListsOfAuthoritiesCount() throws {
        var store = Store()
        #expect(refusal(of: rootCertificate, in: &store) == nil)
        let lists = list(by: root, revoked: [5, 6]) + list(by: middle, revoked: [9], from: "210101000000Z")
        try adding(lists) { contents throws(DocumentError) in try store.addRevocationLists(contents) }
        #expect(store.revocationListCount == 2 && store.revokedCount == 3)
        #expect(store.oldestAuthoritySeconds == 1_577_836_800)
        #expect(store.newestRevocationListSeconds == 0, "none is proven to be its authority's")
        _ = try store.reviewRevocationLists()
        #expect(
            store.newestRevocationListSeconds == 1_577_836_800, "one of an issuer that is unknown is newer")
        let chain = [leafCertificate, middleCertificate]
        let withoutCheck = isTrusted(chain, by: store, checksRevocation: false)
        #expect(withoutCheck)
        let revoked = isTrusted(chain, by: store, checksRevocation: true)
        #expect(!revoked, "the leaf is revoked")
        let other = leaf.certificate(by: middle, serial: 8, extensions: [dnsNames("a.home")])
        let unrevoked = isTrusted([other, middleCertificate], by: store, checksRevocation: true)
        #expect(unrevoked)
    }

    @Test func reviewTellsGoodListsFromOthers() throws {
        var store = Store()
        #expect(refusal(of: rootCertificate, in: &store) == nil)
        let lists =
            list(by: root) + list(by: root, forged: true) + list(by: middle)
            + list(by: root, from: "390101000000Z")
        try adding(lists) { contents throws(DocumentError) in try store.addRevocationLists(contents) }
        let review = try store.reviewRevocationLists()
        #expect(review.unsigned == 1 && review.ofOthers == 1 && store.outOfDateCount(atSeconds: now) == 1)
        #expect(review.unsupported == 0 && review.unauthorized == 0)
    }

    @Test func whatAReloadWouldLoseIsNamed() throws {
        func store(_ lists: [UInt8]) throws -> Store {
            var store = Store()
            #expect(refusal(of: rootCertificate, in: &store) == nil)
            if !lists.isEmpty {
                try adding(lists) { contents throws(DocumentError) in try store.addRevocationLists(contents)
                }
            }
            _ = try store.reviewRevocationLists()
            return store
        }
        let old = try store(list(by: root, from: "210101000000Z"))
        for (lists, expected) in [
            ([], RevocationListLoss.missing), (list(by: root), .older),
            (list(by: root, from: "220101000000Z", forged: true), .unproven),
            (list(by: root, from: "220101000000Z"), nil),
        ] as [([UInt8], RevocationListLoss?)] {
            var found: RevocationListLoss?
            let new = try store(lists)
            new.forEachLoss(from: old) { _, loss, _ in found = loss }
            #expect(found == expected)
        }
    }

    @Test func anchorsThatVouchForNobodyAreNamed() {
        var store = Store()
        let unusable = Owner("Unusable", key: unusableKey)
        let plain = leaf.certificate(by: leaf, serial: 2, extensions: [dnsNames("a.home")])
        let anchors = rootCertificate + plain + unusable.certificate(by: unusable, serial: 4)
        #expect(refusal(of: anchors, in: &store) == nil)
        var found: [(CertificateFaults, Bool)] = []
        let fit = store.forEachUnfitAuthority(for: .any, atSeconds: now) { _, faults, isGoodForItself in
            found.append((faults, isGoodForItself))
        }
        #expect(fit == 1 && found.count == 2)
        #expect(found[0].0.contains(.notAnAuthority) && found[0].1)
        #expect(found[1].0.contains(.badKey) && !found[1].1)
    }
}
