// The host of HOST:PORT, kept with a zero behind it as libc wants it, and the name in it that a certificate
// can be for.

import PosternCore

enum HostWord {
    /// A DNS name has 253 bytes at most (RFC 1035, section 2.3.4) and perhaps the dot of the root, an
    /// address with its zone fewer.
    private static let bytesMax = 254
    nonisolated(unsafe) private static var host = InlineArray<256, UInt8>(repeating: 0)
    nonisolated(unsafe) private static var name = InlineArray<256, UInt8>(repeating: 0)

    /// A copy that stays; nil when it is too long for a host.
    static func keep(_ bytes: UnsafeBufferPointer<UInt8>) -> Text? {
        guard bytes.count <= bytesMax else { return nil }
        return copy(bytes, to: &host)
    }

    /// The host without the dot of the root at its end, and without the zone of an address.
    static func nameToCheck(_ host: Text) -> Text {
        var count = 0
        while count < host.count, host.start[count] != UInt8(ascii: "%") { count += 1 }
        if count > 1, host.start[count - 1] == UInt8(ascii: ".") { count -= 1 }
        return copy(UnsafeBufferPointer(rebasing: host.bytes[..<count]), to: &name)
    }

    private static func copy(
        _ bytes: UnsafeBufferPointer<UInt8>, to place: inout InlineArray<256, UInt8>
    ) -> Text {
        for index in 0..<bytes.count { place[index] = bytes[index] }
        place[bytes.count] = 0
        return withUnsafePointer(to: &place) { place in
            Text(zeroTerminated: UnsafeRawPointer(place).assumingMemoryBound(to: CChar.self))
        }
    }
}
