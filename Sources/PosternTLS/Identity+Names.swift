// Which chains a client is offered, by the name that it asks for (SNI, RFC 6066, section 3). Called by the
// library's side in each handshake of a server.

import CMbedTLS
import PosternCore
import PosternX509

extension Identity {
    static func chooser(_ unknownNames: UnknownNames) -> ctls_choose {
        unknownNames == .refuse ? chooseOrRefuse : chooseOrFirst
    }

    /// All chains that cover a name, a bit for each.
    fileprivate static func chains(
        of handle: OpaquePointer, covering name: UnsafeRawBufferPointer
    ) -> UInt32 {
        var chosen: UInt32 = 0
        for chain in 0..<ctls_identity_chain_count(handle)
        where dnsName(handle, chain, for: name) != nil { chosen |= 1 &<< chain }
        return chosen
    }

    /// The first chain, and one of the other kind of key for the same name.
    fileprivate static func firstChains(of handle: OpaquePointer) -> UInt32 {
        guard let name = dnsName(handle, 0, for: nil) else { return 1 }
        return 1 | chains(of: handle, covering: name)
    }

    @inline(never) private static func dnsName(
        _ handle: OpaquePointer, _ chain: UInt32, for name: UnsafeRawBufferPointer?
    ) -> UnsafeRawBufferPointer? {
        try? Certificate(leaf(handle, chain)).dnsName(for: name)
    }
}

private func chooseOrRefuse(
    _ handle: OpaquePointer?, _ name: UnsafePointer<UInt8>?, _ count: Int
) -> UInt32 {
    guard let handle else { return 0 }
    guard let name else { return Identity.firstChains(of: handle) }
    return Identity.chains(of: handle, covering: UnsafeRawBufferPointer(start: name, count: count))
}

private func chooseOrFirst(
    _ handle: OpaquePointer?, _ name: UnsafePointer<UInt8>?, _ count: Int
) -> UInt32 {
    let chosen = chooseOrRefuse(handle, name, count)
    return chosen != 0 ? chosen : chooseOrRefuse(handle, nil, 0)
}
