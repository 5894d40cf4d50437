// Fatal alerts that a service can end a connection with.

/// Alerts that a service's end is told with (RFC 8446, section 6).
public enum Alert {
    public static let accessDenied: UInt8 = 49
    public static let internalError: UInt8 = 80
    public static let unrecognizedName: UInt8 = 112
}
