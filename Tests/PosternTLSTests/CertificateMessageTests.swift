// Thousands of damaged Certificate messages, the same in every run: what is authorized is what the library
// keeps, or the connection ends.

import CTLSClient
import PosternTLS
import Testing

extension TLSTests {
    @Suite struct CertificateMessageTests {
        private struct Outcomes {
            var nobody = 0
            var agrees = 0
            var ended = 0
        }

        @Test(arguments: Fixtures.versions)
        func authorizedIsWhatTheLibraryKeeps(tls13: Bool) {
            let trial = ctls_trial_create(tls13 ? 1 : 0)!
            defer { ctls_trial_free(trial) }
            var outcomes = Outcomes()
            for seed in 0..<6_000 {
                var generator = Generator(seed: UInt64(seed))
                let body = generator.message(tls13: tls13)
                switch ctls_trial_run(trial, body, body.count) {
                case CTLS_TRIAL_NOBODY: outcomes.nobody += 1
                case CTLS_TRIAL_AGREES: outcomes.agrees += 1
                case CTLS_TRIAL_ENDED: outcomes.ended += 1
                default: Issue.record("seed \(seed) authorizes another certificate: \(body)")
                }
            }
            // Whatever the generator makes, all three are among it.
            #expect(outcomes.nobody > 100, "\(outcomes)")
            #expect(outcomes.agrees > 300, "\(outcomes)")
            #expect(outcomes.ended > 500, "\(outcomes)")
        }
    }
}

/// Messages of up to five entries, right, of unknown algorithms, several pieces in one, and damaged.
private struct Generator {
    private var state: UInt64
    private static let certificates = [
        Fixtures.good.der, Fixtures.other.der, Fixtures.good.derOfUnknownAlgorithm,
        Fixtures.other.derOfUnknownAlgorithm,
    ]

    init(seed: UInt64) { state = seed }

    /// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
    private mutating func number(below bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ mixed >> 31) % UInt64(bound))
    }

    mutating func message(tls13: Bool) -> [UInt8] {
        let entries = (0..<number(below: 6)).map { _ in entry() }
        var body = ClientChainForTests.body(entries, tls13: tls13)
        if number(below: 4) == 0 { damage(&body) }
        return body
    }

    private mutating func entry() -> [UInt8] {
        var der = Generator.certificates[number(below: Generator.certificates.count)]
        switch number(below: 12) {
        case 0: damage(&der)
        case 1: der += Generator.certificates[number(below: Generator.certificates.count)]
        case 2: der += [UInt8](repeating: UInt8(number(below: 256)), count: number(below: 20))
        case 3: der = Array(der.dropLast(1 + number(below: der.count)))
        case 4: writeLongLength(&der)
        default: break
        }
        return der
    }

    /// One to four bytes changed, put in or taken out.
    private mutating func damage(_ bytes: inout [UInt8]) {
        for _ in 0...number(below: 4) where !bytes.isEmpty {
            // Lengths and identifiers stand at the beginning.
            let place = number(below: number(below: 2) == 0 ? min(bytes.count, 40) : bytes.count)
            switch number(below: 4) {
            case 0: bytes.remove(at: place)
            case 1: bytes.insert(UInt8(number(below: 256)), at: place)
            case 2: bytes[place] ^= UInt8(1 << number(below: 8))
            default: bytes[place] = UInt8(number(below: 256))
            }
        }
    }

    /// The first length in a form that DER does not allow, and the library does.
    private func writeLongLength(_ der: inout [UInt8]) {
        guard der.count > 4, der[1] == 0x82 else { return }
        der.replaceSubrange(1..<2, with: [0x83, 0x00])
    }
}
