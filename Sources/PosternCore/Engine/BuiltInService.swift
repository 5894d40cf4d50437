// The services that a configuration can name.

/// The services that the program `postern` has beside forwarding.
public enum BuiltInService: Service, Sendable {
    /// They keep nothing about a connection.
    public struct State: Sendable {
        public init() {}
    }

    /// Sends every byte back, out of the buffer it was decrypted into.
    case echo
    /// Receives up to `maximum` bytes, answers `prefix` and these bytes, and closes, or goes on if not
    /// `closing`.
    case respond(prefix: Text, maximum: Int, closing: Bool)
    /// Reads and answers nothing.
    case discard

    /// The server of the article that Postern grew from.
    public static let article = BuiltInService.respond(prefix: "서버로부터의 응답: ", maximum: 1_024, closing: true)

    public mutating func open(_ turn: inout Turn) -> State? { State() }

    public mutating func receive(
        _ input: inout MutableSpan<UInt8>, _ output: inout MutableSpan<UInt8>, _ state: inout State,
        _ turn: inout Turn
    ) -> Answer { receive(&input, &output, &turn) }

    /// The same without a state.
    public func receive(
        _ input: inout MutableSpan<UInt8>, _ output: inout MutableSpan<UInt8>, _ turn: inout Turn
    ) -> Answer {
        switch self {
        case .echo:
            return .input(0..<input.count)
        case .respond(let prefix, let maximum, let closing):
            let taken = min(min(input.count, maximum), output.count - prefix.count)
            for index in 0..<prefix.count { output[index] = prefix.start[index] }
            for index in 0..<taken { output[prefix.count + index] = input[index] }
            turn.leaveUnread(input.count - taken)
            if closing { turn.close() }
            return .output(0..<(prefix.count + taken))
        case .discard:
            return .nothing
        }
    }

    /// How the command line and the log call it.
    public var name: Text {
        switch self {
        case .echo: "echo"
        case .respond: "respond"
        case .discard: "discard"
        }
    }

    /// The service that the command line means by `name`, with its default values.
    public static func named(_ name: Text) -> BuiltInService? {
        if name == "echo" { return .echo }
        if name == "respond" { return .article }
        if name == "discard" { return .discard }
        return nil
    }
}
