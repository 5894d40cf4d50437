// What certificates need of a TLS library: signatures, memory that outlives a call, and base64 in a time
// that tells nothing of a key. Everything else about them is decided here, so tests need no library.

import PosternCore

public protocol CertificateLibrary: SignatureChecker {
    init()

    /// Memory with the alignment of a pointer; nil when there is none left.
    static func allocate(_ bytes: Int) -> UnsafeMutableRawPointer?
    /// Takes back what `allocate` gave.
    static func release(_ memory: UnsafeMutableRawPointer)

    /// Decodes base64 without blanks. `memory` may be the text itself, or begin before it. Returns how many
    /// bytes came out; 0 when it is no base64 or does not fit.
    static func decodeBase64(
        _ text: UnsafeRawBufferPointer, into memory: UnsafeMutableRawBufferPointer
    ) -> Int
}

extension CertificateLibrary {
    /// Decodes a block to the start of `memory`, which may be the text that it stands in, up to its body.
    /// Nil when it is no base64, or nothing.
    package static func decode(
        _ block: PEMBlock, into memory: UnsafeMutableRawBufferPointer
    ) -> UnsafeRawBufferPointer? {
        let base64 = UnsafeRawBufferPointer(block.compact())
        guard !base64.isEmpty else { return nil }
        let count = decodeBase64(base64, into: memory)
        return count > 0 ? UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(memory)[..<count]) : nil
    }
}
