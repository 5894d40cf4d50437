// The PROXY header that stands before the TLS handshake of a connection, where a balancer sends one.

import CLinux
import PosternCore

/// What became of it in one turn.
public enum ProxyHeaderStep {
    case done(ProxyHeader.Addresses?)
    /// So many bytes must be there, from the first one on.
    case waiting(needed: Int)
    case malformed
}

extension ProxyHeader {
    /// Takes the header off a socket. `needed` is what the turn before said, or 0.
    public static func take(from descriptor: Int32, needed: Int) -> ProxyHeaderStep {
        var bytes = InlineArray<536, UInt8>(repeating: 0)
        return withUnsafeMutableBytes(of: &bytes) { bytes in
            let count = Int(clinux_peek(descriptor, bytes.baseAddress, bytes.count))
            if count < 0, clinux_kind_of_error(Int32(count)) == CLINUX_ERROR_WOULD_BLOCK {
                return .waiting(needed: needed)
            }
            // Readable, and without what it waits for: the peer has ended.
            guard count > 0, count >= needed else { return .malformed }
            switch read(UnsafeRawBufferPointer(rebasing: bytes[..<count])) {
            case .incomplete(let needed):
                guard needed > count, needed <= bytes.count else { return .malformed }
                clinux_wait_for(descriptor, needed)
                return .waiting(needed: needed)
            case .complete(let length, let addresses):
                guard Int(clinux_receive(descriptor, bytes.baseAddress, length)) == length else {
                    return .malformed
                }
                clinux_wait_for(descriptor, 1)
                return .done(addresses)
            case .malformed:
                return .malformed
            }
        }
    }
}
