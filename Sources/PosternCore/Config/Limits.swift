// Every limit of the Swift code that is not a board's choice, each with unit and reason; those of the shim
// are in its headers. A board's own values stand in its Config.swift; what both must fulfil together is
// checked in ConfigRules.swift.

/// Every limit that is fixed when Postern is compiled, each with its unit and reason.
public enum Limits {
    /// Addresses to listen on. A device has a handful of interfaces; each costs a descriptor.
    public static let listeners = 8
    /// Certificate chains with keys in an identity (CTLS_PAIR_LIMIT): an RSA and an ECDSA one for two names.
    public static let chains = 4
    /// ALPN names on offer. The shim has the same number (CTLS_ALPN_LIMIT).
    public static let protocolNames = 4
    /// Key exchange groups: P-256, X25519, P-384 (CTLS_GROUP_LIMIT).
    public static let groups = 3

    /// Services to forward to, for all clients and with server names: a few machines behind one address, and
    /// a second one for each that matters.
    public static let targets = 4
    public static let namedRoutes = 8
    /// Networks of balancers that send PROXY headers: two of each family.
    public static let proxyNetworks = 4
    /// Bytes of a PROXY header that is read: the smallest segment that every host can take (RFC 9293,
    /// section 3.7.1), since a header comes in one. Those of balancers have some 100.
    public static let proxyHeaderBytes = 536

    /// Connections: a token has 24 bits for a slot, but long before that descriptors and RAM end.
    public static let connectionsMax = 16_384
    /// Bytes of plain text in one TLS record (RFC 8446, section 5.1; RFC 5246, section 6.2.1).
    public static let recordBytes = 16_384
    /// Bytes of the smallest record that a client may negotiate (RFC 6066, section 4): an answer always fits
    /// into one.
    public static let recordBytesMin = 512
    /// Bytes of the prefix of the service `respond`. Leaves room for data in the smallest record.
    public static let prefixBytesMax = 256
    /// Bytes that a service may leave unread while it waits for more: one record.
    public static let unreadBytesMax = 16_384
    /// Cipher text that a connection may hold which TLS has not asked for yet. One system call then brings
    /// header and body of a small record, or the body of a large one and the next header.
    public static let readAheadBytes = 256
    /// Bytes of a certificate or key file. A chain of eight RSA-4096 certificates in PEM has 16 KiB.
    public static let identityFileBytes = 24_576
    /// Bytes of a file of authorities or of revocation lists. Debian's bundle of public ones has 220 KiB.
    public static let authorityFileBytes = 393_216
    /// Bytes of the files of a chain that is looked at, together.
    public static let chainFileBytes = 262_144
    /// Authorities between a leaf and the one that is trusted. Public chains have two or three; Mbed TLS
    /// stops at eight too.
    public static let pathIntermediates = 8
    /// Steps of the search for a path, each to one certificate. They compare names and check no signature.
    public static let pathSteps = 128
    /// Signatures of one peer's chain that may be wrong: a public key may have been renewed under the same
    /// name, with nothing to say which is which, but not often.
    public static let pathFailedSignatures = 4
    /// What all signature checks of one verification may cost, in millions of instructions on a 64-bit
    /// processor: nine certificates with P-256, each with a revocation list, or ten checks with P-384.
    public static let verificationCost = 320
    /// Of one check by kind of key, measured with callgrind on Mbed TLS 2.28. RSA with an exponent of 32
    /// bits costs four times what it does with 65537, and that is what counts here.
    public static let verificationCostOfP256 = 17
    public static let verificationCostOfP384 = 30
    public static let verificationCostOfRSA2048 = 3
    public static let verificationCostOfRSA4096 = 9
    /// Alternative names of a client's certificate that are looked up in the allow list. With 7,000 entries
    /// in it that costs 24 million instructions, less than two signatures with P-256.
    public static let listedNames = 64
    /// Bytes of a file about clients, read where a certificate and its key are: seven hundred pins, two
    /// thousand names, some forty authorities.
    public static let clientFileBytes = 2 * identityFileBytes
    /// Revoked certificates in the lists of a server: more would be 12.8 MB, and a long walk for each
    /// client.
    public static let revocationEntriesMax = 200_000
    /// Bytes of one in DER: a serial number of 20 bytes, a time and a reason take 56.
    public static let revocationEntryBytes = 64
    /// Bytes of lists with so many entries in DER, with what stands around them, and in PEM.
    public static func revocationListBytes(entries: Int) -> Int { 4_096 + entries * revocationEntryBytes }
    public static func revocationFileBytes(entries: Int) -> Int {
        revocationListBytes(entries: entries) / 48 * 65 + 512
    }
    /// Milliseconds without a change after which files that are watched are loaded: whoever replaces several
    /// is done by then.
    public static let settledMilliseconds = 1_000
    /// Connections whose client is authorized again in one turn after a reload, each for a signature or two.
    public static let reauthorizationsPerTurn = 1
    /// Identities in memory at once: the current one and replaced ones that handshakes still show. One more
    /// reload waits until such a handshake has ended.
    public static let identities = 4
    /// Bytes of a log line; a longer one is cut. Below PIPE_BUF (4096), so that a write to a pipe is whole
    /// or nothing.
    public static let logLineBytes = 1_024

    /// Addresses of a target's name that are tried, the first ones: a device has one of each family.
    public static let addressesOfTarget = 2
    /// Milliseconds until a plain service that had no room is tried again.
    public static let busyBackendMilliseconds = 20
    /// Milliseconds for which an address that has refused or not answered is tried after the others.
    public static let avoidedBackendMilliseconds = 5_000
    /// Milliseconds that a PROXY header waits for the client's first bytes, to leave in one segment with
    /// them.
    public static let proxyHeaderMilliseconds = 5
    /// Bytes of the name of a local socket (unix(7); CLINUX_SOCKET_NAME_BYTES).
    public static let socketNameBytes = 107

    /// Milliseconds of a deadline or waiting time: a day. Larger ones are mistakes of unit.
    public static let deadlineMillisecondsMax = 86_400_000
    /// Life of a session ticket in seconds: a week (RFC 8446, section 4.6.1).
    public static let ticketSecondsMax = 604_800
    /// Milliseconds until the loop looks again at what no event announces: whether there are descriptors,
    /// whether the log may go on, whether the clock is right by now.
    public static let retryMilliseconds = 1_000
    /// Days before the end of a certificate from which on a start warns.
    public static let expiryWarningDays = 14

    /// Life of a certificate that the server makes itself, in days: ten years. Whoever trusts it has pinned
    /// it or its key, and a device whose clock is never set counts from the release on.
    public static let ownCertificateDays = 3_650
    /// Days before its end from which on it is made again.
    public static let ownCertificateRenewalDays = 30
    /// Milliseconds between two looks at whether that is due: an hour. A host name that has changed is then
    /// noticed without a signal.
    public static let ownIdentityCheckMilliseconds = 3_600_000

    /// Descriptors beside those of connections and listeners: standard streams, poller, signals, system log,
    /// a certificate file, and some to spare.
    public static let descriptorReserve = 16
}
