// What a service can ask for while it has its turn with one connection.

/// One turn of a service with one connection: who the client is, what the time is, and what the service
/// wants next. What it asks for stays until it asks for something else.
public struct Turn {
    /// How the connection ends, when the service has said so.
    enum Ending {
        case none
        /// close_notify behind what was sent; the client may go on sending.
        case output
        case close
        /// A fatal alert behind what was sent.
        case alert(UInt8, ChannelError)
        /// The end of the stream without close_notify.
        case abort(ChannelError)
    }

    /// What a service wants, from one turn to the next.
    struct Demand {
        var input = true
        var output = false
    }

    /// The monotonic clock.
    public let nowMilliseconds: Int64
    private let place: UnsafeMutableRawPointer
    private let describe: Describe
    var demand = Demand()
    var ending = Ending.none
    var unreadCount = 0
    /// What the answer of this turn waits for, if it has not left.
    var answerWait: Progress?
    /// Asked for in this turn, for the server's loop.
    public private(set) var wakeRequest: WakeRequest?
    public private(set) var watchRequest: WatchRequest?

    public var hasRequests: Bool { wakeRequest != nil || watchRequest != nil }

    /// Tells who the client of a connection at a place is, in an optional `ClientInfo` at another place.
    public typealias Describe = @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> Void

    /// `describe` is called with `place`.
    public init(
        nowMilliseconds: Int64, _ place: UnsafeMutableRawPointer,
        describe: @escaping Describe
    ) {
        self.nowMilliseconds = nowMilliseconds
        self.place = place
        self.describe = describe
    }

    /// Who the client is; what it points to is valid as long as the turn.
    public var client: ClientInfo {
        var client: ClientInfo?
        withUnsafeMutablePointer(to: &client) { result in describe(place, UnsafeMutableRawPointer(result)) }
        guard let client else { preconditionFailure("a client that nobody has described") }
        return client
    }

    // Input and output

    /// Of the input that is offered, the last `count` bytes are not done with.
    public mutating func leaveUnread(_ count: Int) { unreadCount = count }

    /// No more input until `resumeInput`. What is unread stays where it is, and TCP slows the client down.
    public mutating func pauseInput() { demand.input = false }
    public mutating func resumeInput() { demand.input = true }

    /// Have `send` called as soon as the last record has left, and again until `pauseOutput`.
    public mutating func stream() { demand.output = true }
    public mutating func pauseOutput() { demand.output = false }

    // Time and descriptors

    /// Have `wake` called in so many milliseconds, at least 1; an earlier request is forgotten.
    public mutating func wake(afterMilliseconds delay: Int) {
        wakeRequest = .at(nowMilliseconds + Int64(widening: max(delay, 1)))
    }
    public mutating func cancelWake() { wakeRequest = .never }

    /// Have `wake` called when a descriptor of this connection is ready: one that the service has opened,
    /// and closes at last in `close`. There is one at a time.
    public mutating func watch(_ descriptor: Int32, for interest: Interest) {
        let isNew = watchRequest.map { request in request.isNew || request.descriptor < 0 } ?? false
        watchRequest = WatchRequest(descriptor: descriptor, interest: interest, isNew: isNew)
    }
    /// Before the descriptor is closed while the connection goes on.
    public mutating func endWatch() {
        watchRequest = WatchRequest(descriptor: -1, interest: .nothing, isNew: false)
    }

    // The end

    /// Nothing more will be sent: the client gets close_notify behind the last answer, and may go on
    /// sending.
    public mutating func endOutput() { ending = .output }

    /// The connection closes behind the last answer.
    public mutating func close() { ending = .close }

    /// The client gets a fatal alert (RFC 8446, section 6) behind what was sent, then the connection closes
    /// with `reason`.
    public mutating func fail(alert: UInt8, _ reason: CloseReason, code: Int32 = 0) {
        ending = .alert(alert, ChannelError(reason: reason, code: code))
    }

    /// The client sees the end of the stream without close_notify, which tells it that something is missing.
    public mutating func abort(_ reason: CloseReason, code: Int32 = 0) {
        ending = .abort(ChannelError(reason: reason, code: code))
    }
}

/// When a service wants to be woken.
public enum WakeRequest: Sendable {
    case at(Int64)
    case never
}

/// What a service wants to be woken for; descriptor -1 for nothing.
public struct WatchRequest: Sendable {
    public let descriptor: Int32
    public let interest: Interest
    /// The descriptor that was watched before is closed, and this one may have its number.
    public let isNew: Bool
}
