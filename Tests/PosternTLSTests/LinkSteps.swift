// Single steps of a link, for tests that look into the middle of a connection.

import CTLSClient
import PosternTLS

func ctls_handshake(_ link: Link) -> Int32 { ctls_client_handshake(link.client) }

func ctls_read(_ link: Link, _ bytes: inout [UInt8]) -> Int32 {
    ctls_client_read(link.client, &bytes, bytes.count)
}

extension Link {
    /// Brings the handshake to its end on both sides.
    func open() {
        for _ in 0..<50 {
            let code = ctls_client_handshake(client)
            step()
            if code == 0 && connection.phase == .open { return }
        }
    }

    /// Sends one record with one of its bytes changed, and lets the server look at it.
    func sayOneRecord(_ message: [UInt8], changingByte position: Int) {
        let start = upward.waiting.count
        _ = ctls_client_write(client, message, message.count)
        let place = start + min(position, upward.waiting.count - start - 1)
        upward.waiting[place] ^= 1
        step()
    }
}
