// PROXY headers that stand before a handshake: whose address the client really has.

import PosternCore
import PosternLinux

extension ConnectionTable {
    func sendsProxyHeader(_ peer: PeerAddress) -> Bool {
        guard !proxyFrom.isEmpty, let endpoint = peer.endpoint else { return false }
        for index in 0..<proxyFrom.count where proxyFrom[index].contains(endpoint) { return true }
        return false
    }

    /// True when the header was there, and TLS begins.
    @inline(never)
    mutating func takeProxyHeader(
        of slot: Int, _ log: inout ServerLog, atMilliseconds now: Int64
    ) -> Bool {
        let place = slots.pointer(to: slot)
        let needed = Int(place.pointee.proxyHeaderBytes)
        switch ProxyHeader.take(from: place.pointee.descriptor, needed: needed) {
        case .waiting(let needed):
            place.pointee.proxyHeaderBytes = Int16(needed)
            return false
        case .malformed:
            close(slot, ChannelError(reason: .badProxyHeader, code: 0), &log, atMilliseconds: now)
            return false
        case .done(let addresses):
            place.pointee.proxyHeaderBytes = -1
            guard let addresses else { return true }
            place.pointee.peer = PeerAddress(addresses.source)
            place.pointee.local = addresses.destination
            return true
        }
    }
}
