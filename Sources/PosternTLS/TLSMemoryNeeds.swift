// What Mbed TLS takes out of the arena, so that a configuration can be added up before it runs. The numbers
// are measured by Tests/Acceptance/test_memory_plan.py with Mbed TLS 2.28 and 3.6 on 64-bit processors,
// where they are largest.

import CMbedTLS
import PosternCore

public enum TLSMemoryNeeds {
    /// Context, tickets, random numbers; four identities with chains of three RSA-4096 certificates, the
    /// current one and replaced ones; and the files from which one is read.
    public static let sharedBytes = 128 * 1024
    /// A connection between two steps of its handshake: session, both record buffers, handshake state.
    public static let connectionBytes = 52 * 1024
    /// What one step of a handshake takes for a moment; one thread makes one step at a time.
    public static let stepBytes = 24 * 1024
    /// Where clients are asked for certificates: the present rules and those that take their place, each
    /// with a CA, names and pins as large as files may be.
    public static let clientAuthorizerBytes = 2 * 132 * 1024
    /// For revocation lists, likewise, and for the file that they are read from where it is larger than
    /// others.
    public static func revocationBytes(entries: Int) -> Int {
        2 * Limits.revocationListBytes(entries: entries)
            + max(Limits.revocationFileBytes(entries: entries) - Limits.clientFileBytes, 0)
    }
    /// And for each connection what its client has shown, and its own certificate parsed.
    public static let clientChainBytes = 8 * 1024
    /// All of it for a number of connections, as the arena hands it out.
    public static func blockBytes(connections: Int, asksClients: Bool, revocationEntries: Int) -> Int {
        let revocation = revocationEntries > 0 ? revocationBytes(entries: revocationEntries) : 0
        let client = asksClients ? clientAuthorizerBytes + revocation + connections * clientChainBytes : 0
        return sharedBytes + stepBytes + roundingBytes + connections * connectionBytes + client
    }

    /// A page that is not yet full for each size of small blocks.
    public static let roundingBytes = Int(CTLS_ARENA_CLASS_COUNT * CTLS_ARENA_PAGE_BYTES)
}
