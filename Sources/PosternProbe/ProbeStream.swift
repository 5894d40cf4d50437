// The socket below a probe's session. A server that gives up says why and closes; what this side still sends
// then fails, and the reason waits to be read. So a send never fails: the next receive tells what happened.

import PosternCore
import PosternLinux
import PosternTLS

struct ProbeStream {
    private var socket: SocketStream
    private var isReset = false
    /// What came first, for the words about a server that does not speak TLS.
    private var opening = InlineArray<24, UInt8>(repeating: 0)
    private var openingCount = 0

    init(_ socket: ClientSocket) { self.socket = SocketStream(socket.descriptor) }

    /// The socket was found readable.
    mutating func markReadable() { socket.markReadable() }

    /// Bytes may be had without waiting.
    var hasInput: Bool { socket.hasInput }

    func endWrites() { socket.endWrites() }

    /// Throws away what has come; true when nothing more will.
    mutating func discard(_ scratch: UnsafeMutableRawBufferPointer) -> Bool {
        if case .end = socket.discard(scratch) { return true }
        return false
    }

    /// What the server speaks where its first bytes are no TLS.
    var plainAnswer: PlainAnswer? {
        withUnsafeBytes(of: opening) { PlainAnswer(UnsafeRawBufferPointer(rebasing: $0[..<openingCount])) }
    }

    fileprivate mutating func receive(_ bytes: UnsafeMutableRawPointer, _ count: Int) -> StreamStep {
        let step = socket.receive(bytes, count)
        // The kernel tells of a reset once.
        if case .end = step, isReset { return .reset }
        if case .bytes(let count) = step, openingCount < opening.count {
            keepOpening(UnsafeRawBufferPointer(start: bytes, count: count))
        }
        return step
    }

    private mutating func keepOpening(_ bytes: UnsafeRawBufferPointer) {
        let first = openingCount
        for index in 0..<min(bytes.count, opening.count - first) {
            opening[openingCount] = bytes[index]
            openingCount += 1
        }
    }

    fileprivate mutating func send(_ bytes: UnsafeRawPointer, _ count: Int) -> StreamStep {
        let step = isReset ? .reset : socket.send(bytes, count)
        guard case .reset = step else { return step }
        isReset = true
        return .bytes(count)
    }
}

// What Mbed TLS calls to move cipher text.

func receiveFromProbeStream(
    _ parameter: UnsafeMutableRawPointer?, _ bytes: UnsafeMutablePointer<UInt8>?, _ count: Int
) -> Int32 {
    let stream = parameter.unsafelyUnwrapped.assumingMemoryBound(to: ProbeStream.self)
    return TLSSession.received(
        stream.pointee.receive(UnsafeMutableRawPointer(bytes.unsafelyUnwrapped), count))
}

func sendToProbeStream(
    _ parameter: UnsafeMutableRawPointer?, _ bytes: UnsafePointer<UInt8>?, _ count: Int
) -> Int32 {
    let stream = parameter.unsafelyUnwrapped.assumingMemoryBound(to: ProbeStream.self)
    return TLSSession.sent(stream.pointee.send(UnsafeRawPointer(bytes.unsafelyUnwrapped), count))
}
