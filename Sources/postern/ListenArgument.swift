// ADDRESS:PORT of the command line, taken apart.

import PosternCore

struct ListenArgument {
    /// Bytes of the argument; no zero stands behind them.
    let host: UnsafeBufferPointer<UInt8>
    let port: UInt16

    /// Nil when it is not of the form 192.0.2.1:4433, [2001:db8::1]:4433 or name:4433.
    init?(_ argument: Text) {
        let bytes = argument.bytes
        guard let colon = ListenArgument.lastColon(bytes) else { return nil }
        var host = UnsafeBufferPointer(rebasing: bytes[..<colon])
        if host.first == UInt8(ascii: "[") {
            guard host.count > 2, host.last == UInt8(ascii: "]") else { return nil }
            host = UnsafeBufferPointer(rebasing: host[1..<host.count - 1])
            guard ListenArgument.lastColon(host) != nil else { return nil }
        } else if ListenArgument.lastColon(host) != nil {
            return nil
        }
        guard host.count > 0, let port = ListenArgument.port(bytes[(colon + 1)...]) else { return nil }
        self.host = host
        self.port = port
    }

    // Collection's lastIndex(of:) brings Array along, which nothing here may.
    private static func lastColon(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        for index in (0..<bytes.count).reversed() where bytes[index] == UInt8(ascii: ":") { return index }
        return nil
    }

    private static func port(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> UInt16? {
        guard digits.count > 0, digits.count <= 5 else { return nil }
        var value = 0
        for digit in digits {
            guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return UInt16(exactly: value)
    }
}

func == (left: UnsafeBufferPointer<UInt8>, right: Text) -> Bool {
    guard left.count == right.count else { return false }
    for index in 0..<left.count where left[index] != right.start[index] { return false }
    return true
}

/// Where host names of the command line live on with a zero behind them, as C wants them.
enum HostWords {
    private static let bytesPerWord = 64
    nonisolated(unsafe) private static var bytes = InlineArray<512, UInt8>(repeating: 0)
    nonisolated(unsafe) private static var used = 0

    /// A copy that stays. A host that is too long is cut, and then no address any more.
    static func keep(_ host: UnsafeBufferPointer<UInt8>) -> Text {
        precondition(bytes.count == bytesPerWord * Limits.listeners, "a place for every listener")
        guard used < Limits.listeners else { return "too many" }
        let first = used * bytesPerWord
        used += 1
        let count = min(host.count, bytesPerWord - 1)
        for index in 0..<count { bytes[first + index] = host[index] }
        return withUnsafePointer(to: &bytes) { bytes in
            Text(zeroTerminated: UnsafeRawPointer(bytes).assumingMemoryBound(to: CChar.self) + first)
        }
    }
}
