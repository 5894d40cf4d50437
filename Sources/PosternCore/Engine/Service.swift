// What a server does with the bytes it receives. Used as a generic, so that a service of your own costs what
// the built-in ones cost. One value serves all connections; it keeps nothing about any of them.

/// What a server does with the bytes it receives. One value serves all connections and keeps nothing about
/// any of them. It is used as a generic, so a service of your own costs what the built-in ones cost.
public protocol Service {
    /// Bytes at the start of the buffer that the service wants free, for what it puts before the data.
    var headroom: Int { get }
    /// The most bytes it wants to receive at once; at least 1.
    var maximum: Int { get }

    /// Called with every piece of plain text. `bytes[received]` is what came; all of `bytes` may be written
    /// to. The answer is a range of `bytes`: it goes out as one TLS record before anything else is received.
    mutating func answer(_ bytes: inout MutableSpan<UInt8>, received: Range<Int>) -> Answer
}

/// What a service sends back: a range of the buffer it was given, as one TLS record.
public enum Answer: Sendable {
    case nothing
    case bytes(Range<Int>)
    /// The last answer: then the connection is closed.
    case lastBytes(Range<Int>)
}
