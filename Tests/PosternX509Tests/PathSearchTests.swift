// The search for a path: steps back, loops, what is reported when no path is good, and what a peer can make
// it cost.

import PosternCore
import PosternX509
import Testing

private let root = Owner("Root", key: 1)
private let otherRoot = Owner("Other root", key: 2)
private let middle = Owner("Middle", key: 3)
private let leaf = Owner("leaf", key: 4)
private let rootCertificate = root.certificate(by: root, serial: 1)
private let otherRootCertificate = otherRoot.certificate(by: otherRoot, serial: 2)
private let leafCertificate = leaf.certificate(by: middle, serial: 9, extensions: [dnsNames("a.home")])

/// All orders of some certificates.
private func orders<Element>(_ elements: [Element]) -> [[Element]] {
    guard elements.count > 1 else { return [elements] }
    return elements.indices.flatMap { index in
        var rest = elements
        let first = rest.remove(at: index)
        return orders(rest).map { [first] + $0 }
    }
}

@Suite struct PathSearchTests {
    /// Expects trust in whatever order the other certificates and the anchors are.
    private func expectTrusted(_ others: [[UInt8]], anchors: [[UInt8]], _ comment: Comment) {
        for others in orders(others) {
            for anchors in orders(anchors) {
                let outcome = verify([leafCertificate] + others, anchors: anchors)
                #expect(outcome.isTrusted, comment)
                #expect(outcome.badChecks <= 4)
            }
        }
    }

    @Test func anOrdinaryPath() {
        let outcome = verify(
            [leafCertificate, middle.certificate(by: root, serial: 3)], anchors: [rootCertificate])
        #expect(outcome.isTrusted)
        #expect(outcome.goodChecks == 2 && outcome.badChecks == 0)
        #expect(outcome.path.count == 3)
    }

    @Test func anIntermediateOfAnUnknownAndOfATrustedRoot() {
        let good = middle.certificate(by: root, serial: 3)
        let unknown = middle.certificate(by: otherRoot, serial: 4)
        expectTrusted([unknown, good], anchors: [rootCertificate], "only one of them leads to an anchor")
    }

    @Test func aCrossSignedRoot() {
        // The new root is trusted in itself by some and by way of the old one by others.
        let ofNew = middle.certificate(by: root, serial: 3)
        let cross = root.certificate(by: otherRoot, serial: 5)
        expectTrusted([ofNew, cross], anchors: [rootCertificate], "new root")
        expectTrusted([ofNew, cross], anchors: [otherRootCertificate], "old root")
        let both = [rootCertificate, otherRootCertificate]
        expectTrusted([ofNew, cross], anchors: both, "both")
        expectTrusted([ofNew, cross, rootCertificate], anchors: [otherRootCertificate], "with the root")
        let ended = root.certificate(by: otherRoot, serial: 5, until: "210101000000Z")
        expectTrusted([ofNew, ended, cross], anchors: [otherRootCertificate], "expired cross-certificate")
        let oldEnded = otherRoot.certificate(by: otherRoot, serial: 2, until: "210101000000Z")
        expectTrusted([ofNew, cross], anchors: [rootCertificate, oldEnded], "an expired old root")
    }

    @Test func alternativesWithFaultsOfTheirOwn() {
        let good = middle.certificate(by: root, serial: 3)
        let constraints = der(0x30, der(0xA0, der(0x30, der(0x82, Array("other.home".utf8)))))
        let bad: [[UInt8]] = [
            middle.certificate(by: root, serial: 4, until: "210101000000Z"),
            middle.certificate(
                by: root, serial: 4, extensions: authorityExtensions + [standardExtension(30, constraints)]),
            middle.certificate(by: root, serial: 4, extensions: []),
            middle.certificate(by: root, serial: 4, forged: true),
            Owner("Middle", key: 77).certificate(by: root, serial: 4),
            middle.certificate(by: Owner("Root", key: 78), serial: 4),
        ]
        for (index, one) in bad.enumerated() {
            #expect(!verify([leafCertificate, one], anchors: [rootCertificate]).isTrusted)
            expectTrusted([one, good], anchors: [rootCertificate], "alternative \(index)")
        }
    }

    @Test func twoAnchorsOfOneNameAndDifferentKeys() {
        let renewed = Owner("Root", key: 78).certificate(by: Owner("Root", key: 78), serial: 6)
        expectTrusted(
            [middle.certificate(by: root, serial: 3)], anchors: [renewed, rootCertificate], "renewed root")
    }

    @Test func authoritiesThatSignEachOther() {
        let one = Owner("One", key: 11)
        let two = Owner("Two", key: 12)
        let leafOfOne = leaf.certificate(by: one, serial: 9, extensions: [dnsNames("a.home")])
        let circle = [one.certificate(by: two, serial: 1), two.certificate(by: one, serial: 2)]
        for circle in orders(circle) {
            let nowhere = verify([leafOfOne] + circle, anchors: [rootCertificate])
            #expect(!nowhere.isTrusted && nowhere.goodChecks + nowhere.badChecks == 0)
            #expect(nowhere.faults.contains { $0.contains(.untrusted) })
        }
        let wayOut = two.certificate(by: root, serial: 3)
        for others in orders(circle + [wayOut]) {
            #expect(verify([leafOfOne] + others, anchors: [rootCertificate]).isTrusted)
        }
    }

    @Test func aCertificateThatSignedItself() {
        let own = leaf.certificate(by: leaf, serial: 1, extensions: [dnsNames("a.home")])
        #expect(verify([own], anchors: [own]).isTrusted)
        let outcome = verify([own, own], anchors: [rootCertificate])
        #expect(!outcome.isTrusted && outcome.faults == [.selfSigned])
    }

    @Test func theFaultsOfTheBestPathAreReported() {
        let ended = middle.certificate(by: root, serial: 3, until: "210101000000Z")
        let forged = middle.certificate(by: root, serial: 4, forged: true)
        let unknown = middle.certificate(by: otherRoot, serial: 4)
        for others in orders([forged, ended, unknown]) {
            let outcome = verify([leafCertificate] + others, anchors: [rootCertificate])
            #expect(outcome.faults == [CertificateFaults(), .expired, CertificateFaults()])
            #expect(outcome.path[1] == ended)
        }
    }
}

@Suite struct PathCostTests {
    /// Certificates of a peer that cannot sign for anybody: `count` keys under each of `names`.
    private func strangers(_ names: [String], count: Int) -> [[UInt8]] {
        var made: [[UInt8]] = []
        for (index, name) in names.enumerated() {
            for number in 0..<count {
                let key = UInt8(100 + index * count + number)
                let above = Owner(index + 1 < names.count ? names[index + 1] : "Root", key: 99)
                made.append(Owner(name, key: key).certificate(by: above, serial: key, forged: true))
            }
        }
        return made
    }

    @Test func whatLeadsNowhereCostsNothing() {
        let outcome = verify(
            [leafCertificate] + strangers(["Middle", "Upper", "Top"], count: 5),
            anchors: [otherRootCertificate])
        #expect(!outcome.isTrusted && outcome.goodChecks + outcome.badChecks == 0)
    }

    @Test(arguments: [1, 2, 7])
    func atMostFourSignaturesFail(count: Int) {
        for names in [["Middle"], ["Middle", "Upper"], ["Middle", "Upper", "Top"]] {
            let outcome = verify(
                [leafCertificate] + strangers(names, count: count), anchors: [rootCertificate])
            #expect(!outcome.isTrusted)
            #expect(outcome.badChecks == min(count, 4) && outcome.goodChecks == 0)
            #expect(outcome.faults.contains { $0.contains(.badSignature) })
        }
    }

    @Test func aForgedLeafBelowTrueAuthoritiesCostsTheirsOnce() {
        // Seven true certificates of one intermediate, and leaf by a stranger.
        let forged = leaf.certificate(by: middle, serial: 9, extensions: [dnsNames("a.home")], forged: true)
        let outcome = verify(
            [forged] + (0..<7).map { middle.certificate(by: root, serial: 20 + $0) },
            anchors: [rootCertificate])
        #expect(!outcome.isTrusted)
        #expect(outcome.badChecks <= 4 && outcome.goodChecks <= 7)
    }

    /// Names alone: all of one name and signed by that name, so that every order of them is a path.
    @Test func certificatesOfOneNameEndTheSearch() {
        let same = (0..<9).map { number in
            Owner("Middle", key: UInt8(100 + number)).certificate(
                by: Owner("Middle", key: 99), serial: UInt8(100 + number))
        }
        let start = ContinuousClock.now
        let outcome = verify([leafCertificate] + same, anchors: [rootCertificate])
        #expect(!outcome.isTrusted && outcome.goodChecks + outcome.badChecks == 0)
        // There are 9! such paths, which take minutes.
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    @Test(arguments: 0...3)
    func intermediatesAreBounded(intermediatesMax: Int) {
        let upper = Owner("Upper", key: 5)
        let chain = [
            leafCertificate, middle.certificate(by: upper, serial: 3),
            upper.certificate(by: root, serial: 4),
        ]
        let outcome = verify(chain, anchors: [rootCertificate], intermediatesMax: intermediatesMax)
        #expect(outcome.isTrusted == (intermediatesMax >= 2))
        #expect(outcome.faults.contains { $0.contains(.chainTooLong) } == (intermediatesMax < 2))
    }

    /// Of many issuers of one name the one that the key identifier means is tried first, wherever it stands.
    @Test func keyIdentifiersChooseTheIssuer() {
        func identifier(_ number: UInt8) -> [UInt8] { [UInt8](repeating: number, count: 20) }
        let child = leaf.certificate(
            by: middle, serial: 9,
            extensions: [
                dnsNames("a.home"),
                standardExtension(35, der(0x30, der(0x80, identifier(7))), critical: false),
            ])
        func issuer(_ owner: Owner, _ number: UInt8) -> [UInt8] {
            owner.certificate(
                by: root, serial: number,
                extensions: authorityExtensions + [
                    standardExtension(14, der(0x04, identifier(number)), critical: false)
                ])
        }
        let others = (0..<6).map { issuer(Owner("Middle", key: UInt8(100 + $0)), UInt8(100 + $0)) }
        for chain in [[issuer(middle, 7)] + others, others + [issuer(middle, 7)]] {
            let outcome = verify([child] + chain, anchors: [rootCertificate])
            #expect(outcome.isTrusted && outcome.goodChecks == 2 && outcome.badChecks == 0)
        }
    }

    /// A path as long as is allowed fits the cost, with a revocation list for each.
    @Test func theLongestPathIsPaidFor() {
        var chain: [[UInt8]] = []
        var above = root
        for number in 0..<8 {
            let authority = Owner("Authority \(number)", key: UInt8(100 + number))
            chain.insert(authority.certificate(by: above, serial: UInt8(100 + number)), at: 0)
            above = authority
        }
        let last = leaf.certificate(by: above, serial: 9, extensions: [dnsNames("a.home")])
        let outcome = verify([last] + chain, anchors: [rootCertificate])
        #expect(outcome.isTrusted && outcome.goodChecks == 9)
        let cost = 2 * 9 * Limits.verificationCostOfP256
        #expect(cost <= Limits.verificationCost)
    }
}
