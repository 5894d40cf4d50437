// What is offered and accepted in handshakes, by the numbers of the IANA registries: cipher suites,
// signature schemes, groups. Given to the library when a context is made.

import CMbedTLS
import PosternCore

extension ctls_settings {
    mutating func setAlgorithms(_ config: TLSConfig) {
        // A library without TLS 1.3 must not see the suites of TLS 1.3, which come first: 2.28 fails when a
        // client offers one of them too.
        let first = TLSContext.hasTLS13 ? 0 : 3
        let order = config.suites.numbers
        withUnsafeMutableBytes(of: &suites) { suites in
            let suites = suites.bindMemory(to: Int32.self)
            for index in first..<order.count { suites[index - first] = order[index] }
        }
        let schemes = is_client != 0 ? Schemes.ofClient : Schemes.ofServer
        withUnsafeMutableBytes(of: &signatures) { signatures in
            let signatures = signatures.bindMemory(to: UInt16.self)
            for index in schemes.indices { signatures[index] = schemes[index] }
        }
        withUnsafeMutableBytes(of: &groups) { groups in
            let groups = groups.bindMemory(to: UInt16.self)
            for index in 0..<config.groups.count { groups[index] = config.groups[index].number }
        }
    }
}

extension TLSConfig.SuiteOrder {
    /// AEAD suites with forward secrecy, best first, from "TLS Cipher Suites"; the three of TLS 1.3 first.
    fileprivate var numbers: InlineArray<9, Int32> {
        switch self {
        case .aesFirst:
            [
                0x1301, 0x1302, 0x1303,  // TLS_AES_128_GCM, AES_256_GCM, CHACHA20_POLY1305
                0xC02B, 0xC02F, 0xC02C, 0xC030,  // ECDHE ECDSA / RSA with AES_128_GCM, with AES_256_GCM
                0xCCA9, 0xCCA8,  // ECDHE ECDSA / RSA with CHACHA20_POLY1305
            ]
        case .chachaFirst:
            [0x1303, 0x1301, 0x1302, 0xCCA9, 0xCCA8, 0xC02B, 0xC02F, 0xC02C, 0xC030]
        }
    }
}

/// SHA-256 and better, best first, from "TLS SignatureScheme": ECDSA with P-256 and SHA-256, P-384 and
/// SHA-384, P-521 and SHA-512; RSA-PSS (08) and RSA PKCS#1 (01) with the same.
private enum Schemes {
    static var ofServer: InlineArray<9, UInt16> {
        [0x0403, 0x0503, 0x0603, 0x0806, 0x0805, 0x0804, 0x0601, 0x0501, 0x0401]
    }

    /// A client offers one list for both versions, and in TLS 1.2 the library cannot do the RSA-PSS of TLS
    /// 1.3: so that comes last, which servers of TLS 1.2 mostly respect.
    static var ofClient: InlineArray<9, UInt16> {
        [0x0403, 0x0503, 0x0603, 0x0401, 0x0501, 0x0601, 0x0804, 0x0805, 0x0806]
    }
}

extension TLSConfig.Group {
    /// In the IANA registry "TLS Supported Groups".
    var number: UInt16 {
        switch self {
        case .secp256r1: UInt16(CTLS_GROUP_SECP256R1.rawValue)
        case .secp384r1: UInt16(CTLS_GROUP_SECP384R1.rawValue)
        case .x25519: UInt16(CTLS_GROUP_X25519.rawValue)
        }
    }
}
