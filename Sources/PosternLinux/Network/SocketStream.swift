// A connected socket with a little room for cipher text that was received before TLS asked for it: one
// system call then brings a whole small record. It also remembers that the socket was found empty, and
// spares the call that would only say so again; the poller is level-triggered and tells when there is more.

import CLinux
import PosternCore

public struct SocketStream {
    private let descriptor: Int32
    private var start: UInt16 = 0
    private var end: UInt16 = 0
    private var isDrained = false
    private var readAhead = InlineArray<256, UInt8>(repeating: 0)

    public init(_ descriptor: Int32) {
        self.descriptor = descriptor
        precondition(readAhead.count == Limits.readAheadBytes, "the length that the limits say")
    }

    /// The poller has found the socket readable.
    public mutating func markReadable() { isDrained = false }

    /// Bytes may be had without waiting.
    public var hasInput: Bool { start != end || !isDrained }

    public mutating func receive(_ bytes: UnsafeMutableRawPointer, _ count: Int) -> StreamStep {
        if start != end { return takeAhead(bytes, count) }
        if isDrained { return .wouldBlock }
        let isHeader = count < Limits.readAheadBytes
        let room = isHeader ? Limits.readAheadBytes : count + Limits.readAheadBytes
        let result = withUnsafeMutablePointer(to: &readAhead) { ahead in
            isHeader
                ? clinux_receive(descriptor, ahead, Limits.readAheadBytes)
                : clinux_receive_into_two(descriptor, bytes, count, ahead, Limits.readAheadBytes)
        }
        guard result > 0 else { return failed(result) }
        let received = Int(result)
        isDrained = received < room
        start = 0
        if isHeader {
            end = UInt16(received)
            return takeAhead(bytes, count)
        }
        end = UInt16(max(received - count, 0))
        return .bytes(min(received, count))
    }

    /// Changes nothing, but a stream that is not changed would be copied for the call.
    public mutating func send(_ bytes: UnsafeRawPointer, _ count: Int) -> StreamStep {
        let result = clinux_send(descriptor, bytes, count)
        if result >= 0 { return .bytes(Int(result)) }
        switch clinux_kind_of_error(result) {
        case CLINUX_ERROR_WOULD_BLOCK, CLINUX_ERROR_NO_DESCRIPTORS: return .wouldBlock
        case CLINUX_ERROR_OUR_FAULT: preconditionFailure("a socket that is not one")
        default: return .reset
        }
    }

    public func endWrites() { _ = clinux_end_writes(descriptor) }

    /// Throws away what has come in, at most `scratch.count` bytes of it.
    public mutating func discard(_ scratch: UnsafeMutableRawBufferPointer) -> DiscardStep {
        start = end
        let result = clinux_receive(descriptor, scratch.baseAddress, scratch.count)
        if result == 0 { return .end }
        if result > 0 { return Int(result) == scratch.count ? .more : .wantRead }
        return clinux_kind_of_error(result) == CLINUX_ERROR_WOULD_BLOCK ? .wantRead : .end
    }

    public func close() { clinux_close(descriptor) }

    private mutating func takeAhead(_ bytes: UnsafeMutableRawPointer, _ count: Int) -> StreamStep {
        let taken = min(count, Int(end - start))
        withUnsafePointer(to: &readAhead) { ahead in
            bytes.copyMemory(from: UnsafeRawPointer(ahead) + Int(start), byteCount: taken)
        }
        start += UInt16(taken)
        return .bytes(taken)
    }

    private mutating func failed(_ result: Int32) -> StreamStep {
        if result == 0 { return .end }
        switch clinux_kind_of_error(result) {
        case CLINUX_ERROR_WOULD_BLOCK:
            isDrained = true
            return .wouldBlock
        case CLINUX_ERROR_OUR_FAULT:
            preconditionFailure("a socket that is not one")
        default:
            return .reset
        }
    }
}
