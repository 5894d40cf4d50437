// What a service manager says: taken when it is meant for this process, refused when it makes no sense.

import PosternCore
import Testing

struct ServiceEnvironmentTests {
    @Test func nothingIsSaid() {
        let read = environment([:])
        #expect(read?.listeners == 0)
        #expect(read?.watchdogMilliseconds == nil)
        #expect(read?.notifySocket == nil)
    }

    @Test(arguments: [("1", 1), ("8", 8), ("0", 0), ("007", 7)])
    func sockets(_ text: String, _ count: Int) {
        #expect(environment(["LISTEN_FDS": text, "LISTEN_PID": "42"])?.listeners == count)
        #expect(environment(["LISTEN_FDS": text, "LISTEN_PID": "43"])?.listeners == 0)
        #expect(environment(["LISTEN_FDS": text, "LISTEN_PID": "4294967338"])?.listeners == 0)
        #expect(environment(["LISTEN_FDS": text])?.listeners == 0)
    }

    @Test(arguments: ["", "9", "-1", "1 ", " 1", "+1", "1.0", "x", "18446744073709551617"])
    func socketsThatAreNoNumber(_ text: String) {
        #expect(environment(["LISTEN_FDS": text, "LISTEN_PID": "42"]) == nil)
        #expect(environment(["LISTEN_FDS": text, "LISTEN_PID": "1"])?.listeners == 0)
    }

    @Test(arguments: [("2000", 2), ("30000000", 30_000), ("86400000000", 86_400_000), ("2999", 2)])
    func watchdog(_ text: String, _ milliseconds: Int) {
        #expect(environment(["WATCHDOG_USEC": text])?.watchdogMilliseconds == milliseconds)
        #expect(
            environment(["WATCHDOG_USEC": text, "WATCHDOG_PID": "42"])?.watchdogMilliseconds == milliseconds)
        #expect(environment(["WATCHDOG_USEC": text, "WATCHDOG_PID": "41"])?.watchdogMilliseconds == nil)
        #expect(environment(["WATCHDOG_USEC": text, "WATCHDOG_PID": ""])?.watchdogMilliseconds == nil)
    }

    @Test(arguments: ["", "0", "1999", "86400000001", "-5000", "5s", "99999999999999999999999"])
    func watchdogThatIsNoInterval(_ text: String) {
        #expect(environment(["WATCHDOG_USEC": text]) == nil)
        #expect(environment(["WATCHDOG_USEC": text, "WATCHDOG_PID": "1"]) != nil)
    }

    @Test(arguments: ["/run/notify", "@abstract", "/x", "@x"])
    func notifySockets(_ text: String) {
        #expect(environment(["NOTIFY_SOCKET": text])?.notifySocket?.string == text)
    }

    @Test func longestNotifySocket() {
        let longest = "/" + String(repeating: "x", count: Limits.socketNameBytes - 1)
        #expect(environment(["NOTIFY_SOCKET": longest])?.notifySocket?.string == longest)
        #expect(environment(["NOTIFY_SOCKET": longest + "x"])?.unusableNotifySocket?.string == longest + "x")
    }

    @Test(arguments: ["", "/", "@", "run/notify", "vsock:2:1234"])
    func notifySocketsThatAreNone(_ text: String) {
        let read = environment(["NOTIFY_SOCKET": text])
        #expect(read?.notifySocket == nil)
        #expect(read?.unusableNotifySocket?.string == text)
    }

    @Test(
        arguments: [
            ("0", 9, 0), ("9", 9, 9), ("10", 9, nil), ("18446744073709551615", UInt64.max, UInt64.max),
            ("18446744073709551616", UInt64.max, nil), ("18446744073709551625", UInt64.max, nil),
            ("", 9, nil),
            ("00000000000000000000000009", 9, 9), ("1/", 99, nil), ("1:", 99, nil),
        ] as [(String, UInt64, UInt64?)])
    func numbers(_ text: String, _ most: UInt64, _ value: UInt64?) {
        text.withCString { text in
            #expect(Text(zeroTerminated: text).number(upTo: most) == value)
        }
    }

    /// Nil when it is refused. The texts stay for as long as the test program runs.
    private func environment(_ variables: [String: String]) -> ServiceEnvironment? {
        do throws(OperatorError) {
            return try ServiceEnvironment(processID: 42) { name in
                variables[name.string].map { value in
                    let copy = UnsafeMutablePointer<CChar>.allocate(capacity: value.utf8.count + 1)
                    for (index, byte) in value.utf8.enumerated() { copy[index] = CChar(bitPattern: byte) }
                    copy[value.utf8.count] = 0
                    return Text(zeroTerminated: copy)
                }
            }
        } catch {
            return nil
        }
    }
}
