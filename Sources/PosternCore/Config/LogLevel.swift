// How important a line of the log is.

public enum LogLevel: UInt8, Sendable {
    case error
    case warning
    case notice
    case info
    case debug

    public var name: Text {
        switch self {
        case .error: "error"
        case .warning: "warning"
        case .notice: "notice"
        case .info: "info"
        case .debug: "debug"
        }
    }

    /// The number that the system log uses (RFC 5424, section 6.2.1).
    public var severity: Int32 { Int32(rawValue) + 3 }

    public static func named(_ name: Text) -> LogLevel? {
        if name == "error" { return .error }
        if name == "warning" { return .warning }
        if name == "notice" { return .notice }
        if name == "info" { return .info }
        if name == "debug" { return .debug }
        return nil
    }
}
