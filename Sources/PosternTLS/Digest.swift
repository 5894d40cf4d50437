// SHA-256: fingerprints of certificates.

import CMbedTLS

public enum Digest {
    /// Nil when memory ran out.
    public static func sha256(_ bytes: UnsafeRawBufferPointer) -> InlineArray<32, UInt8>? {
        var digest = InlineArray<32, UInt8>(repeating: 0)
        let result = withUnsafeMutableBytes(of: &digest) { digest in
            ctls_sha256(
                bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count,
                digest.baseAddress?.assumingMemoryBound(to: UInt8.self))
        }
        return result == 0 ? digest : nil
    }
}
