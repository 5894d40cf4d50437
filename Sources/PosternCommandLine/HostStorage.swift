// Hosts and server names of the command line that are only a part of a word, kept for as long as the program
// runs.

import PosternCore

/// Where they live on with a zero behind them, as C wants them.
enum HostStorage {
    /// Some twenty names: eight to listen on, twelve to forward to, eight that clients ask for.
    nonisolated(unsafe) private static var bytes = InlineArray<2048, UInt8>(repeating: 0)
    nonisolated(unsafe) private static var used = 0

    /// A copy that stays; nil when there is no room left.
    static func keep(_ name: UnsafeBufferPointer<UInt8>) -> Text? {
        let first = used
        guard bytes.count - first > name.count else { return nil }
        // The zero behind it is there already.
        for index in 0..<name.count { bytes[first + index] = name[index] }
        used += name.count + 1
        return withUnsafePointer(to: &bytes) { bytes in
            Text(zeroTerminated: UnsafeRawPointer(bytes).assumingMemoryBound(to: CChar.self) + first)
        }
    }
}
