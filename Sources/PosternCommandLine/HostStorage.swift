// Host names of --listen, kept for as long as the program runs.

import PosternCore

/// Where host names of the command line live on with a zero behind them, as C wants them.
enum HostStorage {
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
