// Both ends at work: the client says `message`, the server's Connection echoes it, the client sends close_notify.

import CTLSClient
import PosternCore
import PosternTLS

/// A channel over a session and a wire in memory.
struct WireChannel: SecureChannel {
    let session: TLSSession

    mutating func handshake() throws(ChannelError) -> ChannelStep { try session.handshake() }
    mutating func look() throws(ChannelError) -> ReadStep { try session.look() }
    var plainText: UnsafeMutableRawBufferPointer { session.plainText }
    mutating func take(_ count: Int) { session.take(count) }
    mutating func alert(_ description: UInt8) throws(ChannelError) -> ChannelStep {
        try session.alert(description)
    }
    mutating func flush() throws(ChannelError) -> ChannelStep { try session.flush() }
    mutating func write(_ bytes: UnsafeRawBufferPointer) throws(ChannelError) -> ChannelStep {
        try session.write(bytes)
    }
    mutating func closeNotify() throws(ChannelError) -> ChannelStep { try session.closeNotify() }
    mutating func endWrites() {}
    mutating func discardInput() -> DiscardStep { .end }
    var hasBufferedInput: Bool { true }
    var payloadLimit: Int { session.payloadLimit }
}

final class Link {
    let upward = Wire()
    let downward = Wire()
    let session: TLSSession
    private let serverEnd: End
    private let clientEnd: End
    let client: OpaquePointer
    private(set) var connection = Connection()
    private(set) var closed: ChannelError?
    private(set) var received: [UInt8] = []
    private(set) var clientError: Int32 = 0
    var buffer = [UInt8](repeating: 0, count: Limits.recordBytes)

    init(
        _ session: TLSSession, _ identity: borrowing Identity, tls13: Bool = false,
        smallRecords: Bool = false,
        resuming previous: Link? = nil, showing certificates: ClientChainForTests? = nil
    ) throws {
        self.session = session
        serverEnd = End(incoming: upward, outgoing: downward)
        clientEnd = End(incoming: downward, outgoing: upward)
        client = ctls_client_create(
            tls13 ? 1 : 0, smallRecords ? 1 : 0, previous?.client, clientEnd.pointer, sendToEnd,
            receiveFromEnd)
        if let certificates {
            let error = ctls_client_show(
                client, certificates.key, certificates.key.count, certificates.body, certificates.body.count)
            precondition(error == 0)
        }
        try session.begin(identity, stream: serverEnd.pointer, send: sendToEnd, receive: receiveFromEnd)
    }

    deinit { ctls_client_free(client) }

    /// Lets both ends work in turn until the server has closed or neither moves any more.
    func run(saying message: [UInt8]) {
        var clientStage = 0
        var said = 0
        var idleRounds = 0
        for _ in 0..<200_000 where closed == nil {
            let before =
                upward.delivered + downward.delivered + upward.waiting.count + downward.waiting.count
            let idleSplits = upward.splits.count + downward.splits.count
            advanceClient(&clientStage, &said, message)
            advanceServer()
            let after = upward.delivered + downward.delivered + upward.waiting.count + downward.waiting.count
            let moved = after != before || idleSplits != upward.splits.count + downward.splits.count
            let refuses = upward.refusesEverySecondSend || downward.refusesEverySecondSend
            // A step of either side may do its work without moving a byte.
            idleRounds = moved || refuses ? 0 : idleRounds + 1
            if idleRounds == 4 { upward.isEnded = true }
        }
    }

    /// One turn of the server.
    func step() { advanceServer() }

    private func advanceServer() {
        guard closed == nil else { return }
        var channel = WireChannel(session: session)
        var service = BuiltInService.echo
        var state = BuiltInService.State()
        let progress = buffer.withUnsafeMutableBytes { buffer in
            withUnsafeMutablePointer(to: &state) { state in
                let place = ServicePlace(
                    state: state, unread: UnsafeMutableRawBufferPointer(start: nil, count: 0))
                var turn = Turn(nowMilliseconds: 0, buffer.baseAddress!) { _, _ in }
                return connection.advance(
                    over: &channel, for: &service, at: place, &turn, buffer: buffer, recordsPerTurn: 4)
            }
        }
        if case .closed(let failure) = progress { closed = failure }
    }

    private func advanceClient(_ stage: inout Int, _ said: inout Int, _ message: [UInt8]) {
        let wants: Set<Int32> = [TLSSession.wantRead, TLSSession.wantWrite]
        func check(_ code: Int32) -> Bool {
            if code < 0 && !wants.contains(code) && clientError == 0 { clientError = code }
            return code >= 0
        }
        guard clientError == 0 else { return }
        if stage == 0 {
            guard check(ctls_client_handshake(client)) else { return }
            stage = 1
        }
        while stage == 1 && said < message.count {
            let rest = Array(message[said...].prefix(Limits.recordBytes))
            let code = ctls_client_write(client, rest, rest.count)
            guard check(code) else { break }
            said += Int(code)
        }
        var bytes = [UInt8](repeating: 0, count: Limits.recordBytes)
        while stage >= 1 && received.count < message.count {
            let code = ctls_client_read(client, &bytes, bytes.count)
            guard check(code), code > 0 else { return }
            received += bytes.prefix(Int(code))
        }
        if stage == 1 && received.count == message.count && check(ctls_client_close_notify(client)) {
            stage = 2
        }
    }
}

/// Made once: a key costs time.
enum Fixtures {
    struct Pair: Sendable {
        let certificate: [UInt8]
        let key: [UInt8]

        init(rsaBits: UInt32 = 0) {
            var certificate = [CChar](repeating: 0, count: 8192)
            var key = [CChar](repeating: 0, count: 8192)
            precondition(ctls_client_make_identity(rsaBits, &certificate, &key, 8192) == 0)
            self.certificate = certificate.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) } + [0]
            self.key = key.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) } + [0]
        }
    }

    static let good = Pair()
    static let other = Pair()
    static let versions: [Bool] = ctls_client_has_tls13() != 0 ? [false, true] : [false]

    static func identity(_ certificate: [UInt8] = good.certificate, _ key: [UInt8] = good.key)
        throws(IdentityError)
        -> Identity
    {
        // Array's withUnsafeBytes cannot return what is not copyable.
        let certificateBytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: certificate.count)
        let keyBytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: key.count)
        defer {
            certificateBytes.deallocate()
            keyBytes.deallocate()
        }
        _ = certificateBytes.initialize(from: certificate)
        _ = keyBytes.initialize(from: key)
        let identity = try Identity(unknownNames: .useFirst)
        try identity.add(
            certificate: UnsafeMutableRawBufferPointer(
                rebasing: UnsafeMutableRawBufferPointer(certificateBytes).dropLast()),
            key: UnsafeMutableRawBufferPointer(
                rebasing: UnsafeMutableRawBufferPointer(keyBytes).dropLast()))
        return identity
    }
}
