// A connection to a plain service, over TCP or a local socket. It never waits.

import CLinux
import PosternCore

/// Where a plain service listens.
public enum BackendAddress {
    case tcp(PeerAddress)
    case unix(Text)
}

public enum BackendSocket {
    /// A connection to a TCP service is decided when the descriptor becomes writable.
    public static func connect(_ address: BackendAddress) -> ConnectStep {
        let result: Int32
        switch address {
        case .tcp(let peer):
            var system = peer.address
            result = clinux_connect(&system)
        case .unix(let path): result = clinux_connect_local(path.zeroTerminated)
        }
        if result >= 0 { return .connecting(result) }
        switch clinux_kind_of_error(result) {
        case CLINUX_ERROR_WOULD_BLOCK, CLINUX_ERROR_NO_DESCRIPTORS: return .busy(code: result)
        default: return .failed(code: result)
        }
    }

    public static var timedOut: Int32 { clinux_timed_out() }

    public static func connectError(_ descriptor: Int32) -> Int32 { clinux_connect_result(descriptor) }

    public static func receive(_ descriptor: Int32, into bytes: UnsafeMutableRawBufferPointer) -> StreamStep
    {
        let result = clinux_receive(descriptor, bytes.baseAddress, bytes.count)
        return result == 0 ? .end : step(result)
    }

    public static func send(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> StreamStep {
        step(clinux_send(descriptor, bytes.baseAddress, bytes.count))
    }

    public static func send(
        _ descriptor: Int32, _ header: UnsafeRawBufferPointer, _ bytes: UnsafeRawBufferPointer
    ) -> StreamStep {
        step(clinux_send_two(descriptor, header.baseAddress, header.count, bytes.baseAddress, bytes.count))
    }

    public static func endWrites(_ descriptor: Int32) { _ = clinux_end_writes(descriptor) }

    public static func close(_ descriptor: Int32, resets: Bool) {
        if resets { clinux_reset(descriptor) } else { clinux_close(descriptor) }
    }

    /// The system's words for an error.
    public static func text(_ error: Int32) -> Text { Text(zeroTerminated: clinux_error_text(error)) }

    private static func step(_ result: Int32) -> StreamStep {
        if result >= 0 { return .bytes(Int(result)) }
        switch clinux_kind_of_error(result) {
        case CLINUX_ERROR_WOULD_BLOCK, CLINUX_ERROR_NO_DESCRIPTORS: return .wouldBlock
        case CLINUX_ERROR_OUR_FAULT: preconditionFailure("a socket that is not one")
        default: return .reset
        }
    }
}
