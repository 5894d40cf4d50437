// What Mbed TLS takes out of the arena, so that a configuration can be added up before it runs. The numbers are
// measured by Tests/Acceptance/test_memory_plan.py on 2.28 and 3.6, 64-bit, which also fails when they are far too large.

public enum TLSMemoryNeeds {
    /// Context, tickets, random numbers, two identities of RSA-4096 with a chain, and the files they are read from.
    public static let sharedBytes = 160 * 1024
    /// A connection between two steps of its handshake: session, both record buffers, handshake state.
    public static let connectionBytes = 52 * 1024
    /// What one step of a handshake takes for a moment; one thread makes one step at a time.
    public static let stepBytes = 96 * 1024
}
