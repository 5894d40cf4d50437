// A listening socket. Whoever opened it closes it.

import CLinux
import PosternCore

public struct Listener {
    let descriptor: Int32
    /// With the port that was really bound.
    public let address: PeerAddress
    /// No interface has the address yet. Clients are served as soon as one has it.
    public let isAddressMissing: Bool

    /// Binds and listens, also to an address that is not there yet.
    public init(_ wanted: ListenAddress, _ config: SocketConfig) throws(SystemError) {
        var address = try Listener.parse(wanted.host, port: wanted.port)
        var isMissing: Int32 = 0
        let result = clinux_listen(
            &address, Int32(config.backlog), config.noDelay ? 1 : 0, Int32(config.keepAliveSeconds),
            &isMissing)
        guard result >= 0 else { throw SystemError(doing: .listening, code: result) }
        descriptor = result
        self.address = PeerAddress(address)
        isAddressMissing = isMissing != 0
    }

    /// Takes a socket that a service manager has opened, listening already.
    public init(adopting descriptor: Int32, _ config: SocketConfig) throws(SystemError) {
        var address = clinux_address()
        let result = clinux_listener_adopt(
            descriptor, &address, config.noDelay ? 1 : 0, Int32(config.keepAliveSeconds))
        guard result == 0 else { throw SystemError(doing: .listening, code: result) }
        self.descriptor = descriptor
        self.address = PeerAddress(address)
        isAddressMissing = false
    }

    public func accept() -> AcceptStep {
        var peer = clinux_address()
        let result = clinux_accept(descriptor, &peer)
        if result >= 0 { return .accepted(result, PeerAddress(peer)) }
        switch clinux_kind_of_error(result) {
        case CLINUX_ERROR_WOULD_BLOCK: return .wouldBlock
        case CLINUX_ERROR_NO_DESCRIPTORS: return .noDescriptors
        case CLINUX_ERROR_OUR_FAULT: preconditionFailure("a descriptor that is not a listener")
        default: return .peerGone
        }
    }

    public func close() { clinux_close(descriptor) }

    /// Throws where `host` is not an address, or one on an interface that is not there.
    public static func check(_ host: Text) throws(SystemError) { _ = try parse(host, port: 0) }

    /// Whether two listeners cannot be side by side: one port, and one address or all addresses of a family.
    public static func overlap(_ one: ListenAddress, _ other: ListenAddress) -> Bool {
        guard one.port == other.port, one.port != 0,
            var first = try? parse(one.host, port: one.port),
            var second = try? parse(other.host, port: other.port)
        else { return false }
        return clinux_addresses_overlap(&first, &second) != 0
    }

    /// Whether no interface has this address now; found out without listening.
    public static func isAddressMissing(_ host: Text) -> Bool {
        guard var address = try? parse(host, port: 0) else { return false }
        return clinux_address_is_missing(&address) != 0
    }

    private static func parse(_ host: Text, port: UInt16) throws(SystemError) -> clinux_address {
        var address = clinux_address()
        let result = clinux_address_parse(&address, host.zeroTerminated, port)
        guard result == 0 else { throw SystemError(doing: .parsingAddress, code: result) }
        return address
    }
}

extension OperatorError {
    /// What the system refuses: its kind says whether it may pass.
    public init(_ fault: SystemError, _ compose: (inout Line) -> Void) {
        self.init(mayPass: fault.mayPass, compose)
    }
}

public enum AcceptStep {
    case accepted(Int32, PeerAddress)
    case wouldBlock
    /// This client went away again; others may be waiting.
    case peerGone
    /// Neither this process nor perhaps the system has a descriptor left.
    case noDescriptors
}

/// The address at the other end, or a listener's own.
public struct PeerAddress {
    let address: clinux_address

    init(_ address: clinux_address) { self.address = address }

    /// An address as data, for the log and for headers.
    public init(_ endpoint: IPEndpoint) {
        var address = clinux_address()
        address.family = endpoint.isIPv6 ? 6 : 4
        address.port = endpoint.port
        withUnsafeMutableBytes(of: &address.bytes) { bytes in
            for index in 0..<16 { bytes[index] = endpoint.bytes[index] }
        }
        self.address = address
    }

    /// The address of our end of a connection.
    public static func ofOurEnd(of descriptor: Int32) -> PeerAddress {
        var address = clinux_address()
        _ = clinux_local_address(descriptor, &address)
        return PeerAddress(address)
    }

    public var port: UInt16 { address.port }

    /// Appends 192.0.2.1:4433, [2001:db8::1]:4433 or [fe80::1%eth0]:4433.
    public func append(to line: inout Line) {
        var text = InlineArray<80, CChar>(repeating: 0)
        precondition(text.count == Int(CLINUX_ADDRESS_TEXT_BYTES), "room for every address")
        var address = address
        withUnsafeMutablePointer(to: &text) { text in
            let start = UnsafeMutableRawPointer(text)
            let count = clinux_address_text(&address, start.assumingMemoryBound(to: CChar.self))
            line.append(UnsafeBufferPointer(start: start.assumingMemoryBound(to: UInt8.self), count: count))
        }
    }
}

/// A system call that failed, and what it was for.
public struct SystemError: Error, Sendable {
    public enum Action: Sendable {
        case parsingAddress
        case listening
        case connecting
        case polling
        case readingFile
        case writingFile
        case detaching
        case givingUpRights
        case notifying
    }

    public let action: Action
    /// -errno, or a result of clinux_read_file's own.
    public let code: Int32
    /// Of a file that is too large: its size, where it is known, and how many would be taken.
    public let fileBytes: Int64
    public let limitBytes: Int

    /// An address is on an interface that is not there.
    public var isInterfaceMissing: Bool { clinux_kind_of_error(code) == CLINUX_ERROR_NO_INTERFACE }

    /// The caller lacks a right that root has.
    public var isPermission: Bool { clinux_kind_of_error(code) == CLINUX_ERROR_NO_PERMISSION }

    /// What to do about an address that cannot be listened on.
    public var listeningAdvice: Text {
        switch clinux_kind_of_error(code) {
        case CLINUX_ERROR_NO_PERMISSION:
            "ports below 1024 need root or CAP_NET_BIND_SERVICE, choose another with --listen"
        case CLINUX_ERROR_ADDRESS_IN_USE: "stop what holds it, or choose another with --listen"
        case CLINUX_ERROR_ADDRESS_MISSING:
            "no interface has it now; start when the network is up, or give 0.0.0.0 or [::] with --listen"
        case CLINUX_ERROR_OUR_FAULT:
            "a link-local address needs its interface, as in [fe80::1%eth0]:4433"
        case CLINUX_ERROR_NO_FAMILY: "this kernel has no IPv6; leave the address out of --listen"
        default: "choose another with --listen"
        }
    }

    /// The next try may succeed though nobody edits anything.
    public var mayPass: Bool {
        switch code {
        case CLINUX_FILE_NO_WRITER, CLINUX_FILE_LOCKED: true
        default: clinux_may_pass(code) != 0
        }
    }

    /// Nobody reads any more what was to be written.
    public var isBrokenPipe: Bool { clinux_kind_of_error(code) == CLINUX_ERROR_PEER_GONE }

    /// A file that must not be there is.
    public var isExisting: Bool { clinux_kind_of_error(code) == CLINUX_ERROR_EXISTS }

    /// The text needs no advice behind it.
    var saysWhatToDo: Bool { code <= CLINUX_FILE_LINKED_BY_OTHERS }

    init(doing action: Action, code: Int32, fileBytes: Int64 = 0, limitBytes: Int = 0) {
        self.action = action
        self.code = code
        self.fileBytes = fileBytes
        self.limitBytes = limitBytes
    }

    /// A file has more bytes than there is room for.
    public var isTooLarge: Bool { code == CLINUX_FILE_TOO_LARGE }

    /// The system's words.
    public var text: Text {
        switch code {
        case CLINUX_FILE_NOT_REGULAR:
            action == .readingFile ? "it is neither a file nor a pipe" : "it is not a regular file"
        case CLINUX_FILE_TOO_LARGE: "it is too large"
        case CLINUX_FILE_NO_WRITER: "nobody writes into this pipe"
        case CLINUX_FILE_READ_ONCE: "a pipe can be read once, at the start"
        case CLINUX_FILES_MISSING: "there is no such file"
        case CLINUX_FILE_LINKED_BY_OTHERS:
            "it is reached by a link that another user could change; name the file itself"
        case CLINUX_FILE_LOCKED: "another program has held its lock for half a minute"
        case Self.holdsKey:
            "it holds a private key, which would be lost; move the key to a file of its own"
        case Self.holdsIndex:
            "it is the index of an authority, which would be lost; give another name"
        case Self.nameIsReserved:
            "names that end in .postern-new or .postern-old are for temporary files; give another name"
        case Self.placeTakenTwice: "two files would have this place; give each a name of its own"
        case Self.notGiven:
            "it cannot be given to the user of --user; start as root, or as that user"
        case CLINUX_NOT_LISTENING: "it is not a socket that listens for TCP"
        case CLINUX_NOT_CONNECTED: "it is not a socket with a client at its other end"
        default: Text(zeroTerminated: clinux_error_text(code))
        }
    }
}
