// The services that a configuration can name.

/// The services that the program `postern` has.
public enum BuiltInService: Service, Sendable {
    /// Sends every byte back, out of the buffer it was decrypted into.
    case echo
    /// Receives up to `maximum` bytes, answers `prefix` and these bytes, and closes, or goes on if not
    /// `closing`.
    case respond(prefix: Text, maximum: Int, closing: Bool)
    /// Reads and answers nothing.
    case discard

    /// The server of the article that Postern grew from.
    public static let article = BuiltInService.respond(prefix: "서버로부터의 응답: ", maximum: 1_024, closing: true)

    public var headroom: Int {
        switch self {
        case .echo, .discard: 0
        case .respond(let prefix, _, _): prefix.count
        }
    }

    public var maximum: Int {
        switch self {
        case .echo, .discard: Limits.recordBytes
        case .respond(_, let maximum, _): maximum
        }
    }

    public mutating func answer(_ bytes: inout MutableSpan<UInt8>, received: Range<Int>) -> Answer {
        switch self {
        case .echo:
            return .bytes(received)
        case .respond(let prefix, _, let closing):
            let start = received.lowerBound - prefix.count
            for index in 0..<prefix.count { bytes[start + index] = prefix.start[index] }
            return closing ? .lastBytes(start..<received.upperBound) : .bytes(start..<received.upperBound)
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
