// What a service manager says in the environment (sd_notify(3), sd_listen_fds(3), sd_watchdog_enabled(3)):
// parsed here, used by the server. Variables meant for another process are ignored.

public struct ServiceEnvironment: Sendable {
    /// Descriptors from 3 on that are sockets to listen on; 0 for none.
    public let listeners: Int
    public static let firstDescriptor: Int32 = 3
    /// Where notifications go: a path, or an abstract name that begins with @.
    public let notifySocket: Text?
    /// What was given for it and cannot be one. A server that serves is worth more than one that tells.
    public let unusableNotifySocket: Text?
    /// The manager acts when it hears nothing for so long; nil when it does not watch.
    public let watchdogMilliseconds: Int?

    /// `value` looks a variable up; `processID` is the id that this process was started with.
    public init(processID: Int32, _ value: (Text) -> Text?) throws(OperatorError) {
        let isListening = ServiceEnvironment.isMeant(value("LISTEN_PID"), processID, whenUnset: false)
        let isWatched = ServiceEnvironment.isMeant(value("WATCHDOG_PID"), processID, whenUnset: true)
        listeners = try ServiceEnvironment.listeners(isListening ? value("LISTEN_FDS") : nil)
        watchdogMilliseconds = try ServiceEnvironment.watchdog(isWatched ? value("WATCHDOG_USEC") : nil)
        let socket = value("NOTIFY_SOCKET")
        let isUsable = socket.map(ServiceEnvironment.isSocketName) ?? false
        notifySocket = isUsable ? socket : nil
        unusableNotifySocket = isUsable ? nil : socket
    }

    /// Everything that is read here; none of it is for programs that this one might start.
    public static let names: InlineArray<6, Text> = [
        "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "WATCHDOG_PID", "WATCHDOG_USEC", "NOTIFY_SOCKET",
    ]

    private static func isMeant(_ text: Text?, _ processID: Int32, whenUnset: Bool) -> Bool {
        guard let text else { return whenUnset }
        return text.number(upTo: UInt64(widening: UInt32.max)) == UInt64(widening: Int(processID))
    }

    private static func listeners(_ text: Text?) throws(OperatorError) -> Int {
        guard let text else { return 0 }
        guard let number = text.number(upTo: UInt64(widening: Limits.listeners)) else {
            throw OperatorError(
                variable: "LISTEN_FDS", text, "a service manager may pass up to 8 sockets")
        }
        return Int(narrowing: number)
    }

    private static func watchdog(_ text: Text?) throws(OperatorError) -> Int? {
        guard let text else { return nil }
        let most = UInt64(widening: Limits.deadlineMillisecondsMax) * 1000
        guard let microseconds = text.number(upTo: most), microseconds >= 2000 else {
            throw OperatorError(
                variable: "WATCHDOG_USEC", text,
                "a watchdog may wait for 2 ms to a day (WatchdogSec= of the service)")
        }
        return Int(narrowing: microseconds / 1000)
    }

    private static func isSocketName(_ text: Text) -> Bool {
        let isName = text.isAbsolute || text.count > 0 && text.start[0] == UInt8(ascii: "@")
        return isName && text.count > 1 && text.count <= Limits.socketNameBytes
    }
}

extension OperatorError {
    fileprivate init(variable: Text, _ value: Text, _ rule: Text) {
        self.init { line in
            line.append("environment variable ")
            line.append(variable)
            line.append(" is '")
            line.append(value)
            line.append("'; ")
            line.append(rule)
        }
    }
}
