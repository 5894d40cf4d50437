// The socket below a probe's session. A server that gives up says why and closes; what this side still sends
// then fails, and the reason waits to be read. So a send never fails: the next receive tells what happened.

import PosternCore
import PosternLinux
import PosternTLS

struct ProbeStream {
    private var socket: SocketStream
    private var isReset = false

    init(_ socket: ClientSocket) { self.socket = SocketStream(socket.descriptor) }

    /// The socket was found readable.
    mutating func wake() { socket.wake() }

    /// Bytes may be had without waiting.
    var hasInput: Bool { socket.hasInput }

    func endWrites() { socket.endWrites() }

    fileprivate mutating func receive(_ bytes: UnsafeMutableRawPointer, _ count: Int) -> StreamStep {
        let step = socket.receive(bytes, count)
        // The kernel tells of a reset once.
        if case .end = step, isReset { return .reset }
        return step
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
