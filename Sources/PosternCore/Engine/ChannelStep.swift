// What the calls of a channel, and of the stream below it, lead to.

public enum ChannelStep: Sendable {
    case done
    case wantRead
    case wantWrite
    /// It has more to do at once: in a handshake after each step that costs time, else after many records of
    /// which nothing came.
    case again
}

public enum ReadStep: Sendable {
    /// How many bytes there are, of one record.
    case bytes(Int)
    case wantRead
    case wantWrite
    /// There may be more at once, which no readiness of the socket will announce.
    case again
    /// The peer will send no more and said so.
    case closeNotify
    /// The stream ended without a word.
    case endOfStream
}

public enum DiscardStep: Sendable {
    case wantRead
    /// There may be more at once.
    case more
    /// The peer has closed its side.
    case end
}

/// What a stream below TLS says to a receive or a send.
public enum StreamStep {
    case bytes(Int)
    case wouldBlock
    /// Of a receive: no more will come.
    case end
    case reset
}
