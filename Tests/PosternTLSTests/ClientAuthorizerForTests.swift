// The rules of a server for its clients, held where a session finds them.

import CMbedTLS
import PosternCore
import PosternTLS

final class AuthorizerForTests {
    private let memory = UnsafeMutablePointer<ClientAuthorizer>.allocate(capacity: 1)

    /// Clients with the keys of `pinned`, or below one of `authorities`.
    init(pinned: [Fixtures.Pair] = [], authorities: [[UInt8]] = []) throws {
        memory.initialize(to: try AuthorizerForTests.make(pinned, authorities))
    }

    deinit {
        memory.deinitialize(count: 1)
        memory.deallocate()
    }

    func authorizeClients(of context: borrowing TLSContext) { context.authorizeClients(by: memory) }

    func replace(pinned: [Fixtures.Pair]) throws { memory.pointee = try AuthorizerForTests.make(pinned, []) }

    private static func make(
        _ pinned: [Fixtures.Pair], _ authorities: [[UInt8]]
    ) throws -> ClientAuthorizer {
        let config = ClientConfig.required(
            ca: authorities.isEmpty ? nil : "ca", pins: pinned.isEmpty ? nil : "pins")
        var rules = ClientAuthorizer(config, releaseSeconds: 0) { 1_700_000_000 }
        for authority in authorities {
            var contents = authority + [0]
            try contents.withUnsafeMutableBytes {
                try rules.addAuthorities(UnsafeMutableRawBufferPointer(rebasing: $0.dropLast()))
            }
        }
        if !pinned.isEmpty {
            let pins = Array(pinned.map(\.pin).joined(separator: "\n").utf8)
            try pins.withUnsafeBytes { try rules.setPinList($0) }
        }
        return rules
    }
}

extension Fixtures.Pair {
    /// SHA-256 of its public key, in hexadecimal digits. A key on P-256 has 91 bytes of DER (RFC 5480).
    var pin: String {
        let start: [UInt8] = [0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01]
        let der = der
        let place = (0..<der.count - 91).first { Array(der[$0..<($0 + start.count)]) == start }!
        var hash = [UInt8](repeating: 0, count: 32)
        precondition(ctls_sha256(Array(der[place..<(place + 91)]), 91, &hash) == 0)
        return hash.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
