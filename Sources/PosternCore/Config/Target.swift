// Where a connection is forwarded to, as options and configurations name it. Names are looked up by
// PosternLinux; here nothing but their form is checked.

/// A plain service. Written as `.host("127.0.0.1", port: 8080)` or `.unix("/run/app.sock")`.
public enum Target: Sendable {
    /// A numeric IPv4 or IPv6 address, with %zone where it is link-local, or a DNS name; and a TCP port.
    case host(Text, port: UInt16)
    /// An absolute path, of at most Limits.socketNameBytes.
    case unix(Text)

    /// Reads 192.0.2.1:8080, [2001:db8::1]:8080, app.home:8080 or unix:/run/app.sock; nil when it is of none
    /// of these forms. `keep` gives a host a place that lasts, or says that there is none. What else may be
    /// wrong, `fault` says.
    public static func parse(_ text: Text, keep: (UnsafeBufferPointer<UInt8>) -> Text?) -> Target? {
        if let path = text.behind("unix:") { return .unix(path) }
        guard let address = AddressArgument(text), let host = keep(address.host) else { return nil }
        return .host(host, port: address.port)
    }

    /// What is wrong with it, and what to do; nil when it can be connected to.
    public var fault: Text? {
        switch self {
        case .host(let host, let port):
            if port == 0 { return "has port 0; give the port of the service" }
            return Target.isHost(host)
                ? nil : "has neither an address nor a DNS name; write 127.0.0.1:8080 or app.home:8080"
        case .unix(let path):
            if !path.isAbsolute { return "is not an absolute path; write it as unix:/run/app.sock" }
            return path.count <= Limits.socketNameBytes
                ? nil : "has a path of more than 107 bytes, which no socket can have; give a shorter one"
        }
    }

    /// Appends it in the form in which it is read.
    public func append(to line: inout Line) {
        switch self {
        case .host(let host, let port):
            ListenAddress(host, port: port).append(to: &line)
        case .unix(let path):
            line.append("unix:")
            line.append(path)
        }
    }

    private static func isHost(_ host: Text) -> Bool {
        let text = UnsafeRawBufferPointer(host.bytes)
        if NameSyntax.isHost(text) { return true }
        guard let zone = text.position(of: UInt8(ascii: "%")) else { return IPAddress(text) != nil }
        guard zone + 1 < text.count,
            let address = IPAddress(UnsafeRawBufferPointer(rebasing: text[..<zone]))
        else { return false }
        return address.isVersion6
    }
}
