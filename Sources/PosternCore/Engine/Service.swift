// What a server does for its clients. Used as a generic, so that a service of your own costs what the
// built-in ones cost. Each connection has a state of the service's own type; the service itself is one
// value for all of them.

/// What a server does for its clients: it is given what each of them sends, answers in place, streams, or
/// sends by itself. It is used as a generic, so a service of your own costs what the built-in ones cost.
///
/// One value serves all connections. What belongs to one of them stands in its `State`, which is made when
/// the handshake is over and ends with the connection. No method may wait, and none may allocate: the build
/// for a board refuses a class, an array or a string that is built.
public protocol Service {
    /// What the service keeps for one connection; its size counts for each in the RAM of the server.
    associatedtype State

    /// The most bytes of input that may stay unread while more is awaited: the longest line, the longest
    /// header. 0 to 16384; counts for each connection in the RAM of the server.
    var unreadLimit: Int { get }
    /// Takes input while its own last record has not left. Such a service sends by `send` alone.
    var isDuplex: Bool { get }
    /// Takes the end of a stream for the peer's even where no close_notify said so.
    var acceptsMissingCloseNotify: Bool { get }

    /// Before the server listens, and at each reload: looks up what it needs. Throws a sentence for the
    /// operator, and then what was known before stays.
    mutating func prepare() throws(OperatorError)

    /// The server has its rights and its root by now: files have the names that `config` says.
    mutating func start(_ config: Config)

    /// A client has finished its handshake and may be served: `turn.client` tells who it is. Nil refuses it,
    /// with the alert that `turn.fail` was given or else `access_denied`.
    mutating func open(_ turn: inout Turn) -> State?

    /// Input has come. What the service leaves unread (`turn.leaveUnread`) is offered again: with more bytes
    /// behind it if nothing was taken, at once otherwise. `output` has room for 512 bytes at least and for
    /// one record at most; a longer answer out of the input ends the connection as `inputTooLong`.
    mutating func receive(
        _ input: inout MutableSpan<UInt8>, _ output: inout MutableSpan<UInt8>, _ state: inout State,
        _ turn: inout Turn
    ) -> Answer

    /// The client will send no more, and has said so. `input` is what the service left unread. Unless the
    /// turn is told to `close`, the service goes on sending.
    mutating func receiveEnd(
        _ input: inout MutableSpan<UInt8>, _ output: inout MutableSpan<UInt8>, _ state: inout State,
        _ turn: inout Turn
    ) -> Answer

    /// After `turn.stream`: the last record has left. Returns how many bytes of `output` are the next one,
    /// and is called again until it says `turn.pauseOutput` or ends.
    mutating func send(
        _ output: inout MutableSpan<UInt8>, _ state: inout State, _ turn: inout Turn
    ) -> Int

    /// What `turn.wake` or `turn.watch` asked for, perhaps without need: a descriptor may have become
    /// unready since.
    mutating func wake(_ cause: WakeCause, _ state: inout State, _ turn: inout Turn)

    /// The connection ends; its state is gone afterwards. Descriptors of the connection are closed here.
    mutating func close(_ state: inout State, because reason: CloseReason)

    /// Appends what the log line of a connection's end should have, each field behind a blank.
    func describe(_ state: borrowing State, to line: inout Line)
}

extension Service {
    public var unreadLimit: Int { 0 }
    public var isDuplex: Bool { false }
    public var acceptsMissingCloseNotify: Bool { false }

    public mutating func prepare() throws(OperatorError) {}

    public mutating func start(_ config: Config) {}

    public mutating func receiveEnd(
        _ input: inout MutableSpan<UInt8>, _ output: inout MutableSpan<UInt8>, _ state: inout State,
        _ turn: inout Turn
    ) -> Answer {
        turn.close()
        return .nothing
    }

    public mutating func send(
        _ output: inout MutableSpan<UInt8>, _ state: inout State, _ turn: inout Turn
    ) -> Int {
        turn.pauseOutput()
        return 0
    }

    public mutating func wake(_ cause: WakeCause, _ state: inout State, _ turn: inout Turn) {}

    public mutating func close(_ state: inout State, because reason: CloseReason) {}

    public func describe(_ state: borrowing State, to line: inout Line) {}
}

/// What a service sends back: bytes of its input, changed or not, or of the output buffer, as one TLS
/// record.
public enum Answer: Sendable {
    case nothing
    case input(Range<Int>)
    case output(Range<Int>)
}

/// Why a service is woken.
public enum WakeCause: Sendable {
    /// The time that `turn.wake` was given has come.
    case time
    /// The descriptor that `turn.watch` was given is ready; a hang-up or an error is both.
    case descriptor(isReadable: Bool, isWritable: Bool)
}
