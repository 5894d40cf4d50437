// What forwarding needs of the plain services behind it.

/// The plain services that connections are forwarded to, and the sockets to them. The server's are sockets
/// of the kernel, the tests' play a script. Nothing here waits.
public protocol Backends {
    /// The addresses for a client that asks for `serverName`, a bit each, in the order of preference; 0
    /// where no route leads anywhere.
    func addresses(for serverName: Text?) -> UInt32

    /// Begins to connect to an address. The descriptor becomes writable when that is decided.
    mutating func connect(_ address: Int) -> ConnectStep
    /// The error of an attempt that took too long.
    static var timedOut: Int32 { get }
    /// 0 for a descriptor that is connected, else the system's error.
    func connectError(_ descriptor: Int32) -> Int32

    func receive(_ descriptor: Int32, into bytes: UnsafeMutableRawBufferPointer) -> StreamStep
    func send(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> StreamStep
    /// Sends both, as one segment where they fit into one.
    func send(
        _ descriptor: Int32, _ header: UnsafeRawBufferPointer, _ bytes: UnsafeRawBufferPointer
    ) -> StreamStep
    func endWrites(_ descriptor: Int32)
    /// Where `resets`, the service does not take the end for one that its client wanted; a local socket only
    /// closes.
    func close(_ descriptor: Int32, resets: Bool)

    /// Writes the PROXY header that the service is told about a client with, and returns its length, at most
    /// `Limits.proxyHeaderBytes`.
    func writeHeader(_ client: ClientInfo, into bytes: UnsafeMutableRawBufferPointer) -> Int

    /// Appends what the log says of a connection to an address; `descriptor` is -1 where there is none.
    func describe(_ address: Int, _ descriptor: Int32, error: Int32, to line: inout Line)
}

public enum ConnectStep {
    case connecting(Int32)
    /// There may be room in a moment.
    case busy(code: Int32)
    case failed(code: Int32)
}
