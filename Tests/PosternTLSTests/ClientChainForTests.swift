// What a client of the tests sends as its Certificate message, well formed or not, and the key with which it
// proves that it is who it is.

import Foundation

struct ClientChainForTests {
    /// PEM, ended by a zero byte.
    let key: [UInt8]
    /// RFC 5246, section 7.4.6; RFC 8446, section 4.4.2.
    let body: [UInt8]

    init(_ entries: [[UInt8]], key: [UInt8], tls13: Bool) {
        self.key = key
        body = ClientChainForTests.body(entries, tls13: tls13)
    }

    init(body: [UInt8], key: [UInt8]) {
        self.key = key
        self.body = body
    }

    static func body(_ entries: [[UInt8]], tls13: Bool) -> [UInt8] {
        var list: [UInt8] = []
        for entry in entries {
            list += length(of: entry) + entry
            if tls13 { list += [0, 0] }  // extensions
        }
        return (tls13 ? [0] : []) + length(of: list) + list
    }

    private static func length(of bytes: [UInt8]) -> [UInt8] {
        [16, 8, 0].map { UInt8(truncatingIfNeeded: bytes.count >> $0) }
    }
}

extension Fixtures.Pair {
    /// The certificate in DER.
    var der: [UInt8] {
        let lines = String(decoding: certificate.dropLast(), as: UTF8.self).split(separator: "\n")
        return Array(Data(base64Encoded: lines.filter { !$0.hasPrefix("-----") }.joined())!)
    }

    /// The same with a signature algorithm that no library knows: its owner's key, nobody's signature.
    var derOfUnknownAlgorithm: [UInt8] {
        let ecdsaWithSHA256: [UInt8] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02]
        var der = der
        for start in 0..<(der.count - ecdsaWithSHA256.count)
        where Array(der[start..<(start + ecdsaWithSHA256.count)]) == ecdsaWithSHA256 {
            der[start + ecdsaWithSHA256.count - 1] = 0x7F
        }
        return der
    }
}
