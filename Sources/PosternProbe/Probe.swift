// A probe from the first connection to the last byte: connect, meet the server, report, verify, end the
// handshake; further connections that resume; and in the last one the copying. Every server that does not
// resume what a verified one gave is verified before it learns anything of the client.

import PosternCore
import PosternLinux
import PosternTLS
import PosternX509

struct Probe: ~Copyable {
    private let options: ProbeOptions
    /// Shown to a server that asks.
    private let identity: Identity
    private let authorities: TrustStore<MbedTLS>
    private let context: TLSContext
    private let resumption: Resumption
    private let session: TLSSession
    /// Where it stays while Mbed TLS calls back.
    private let stream: UnsafeMutablePointer<ProbeStream>
    private let buffers: UnsafeMutableRawBufferPointer

    /// Standard input and output have a buffer of one record each.
    private static let bufferBytes = 2 * Limits.recordBytes
    /// For tickets of TLS 1.3, which come after the handshake, and for the server's close_notify where no
    /// data is copied.
    private static let courtesyMilliseconds: Int64 = 2_000

    init(
        _ options: ProbeOptions, _ identity: consuming Identity,
        _ authorities: consuming TrustStore<MbedTLS>,
        _ stream: UnsafeMutablePointer<ProbeStream>
    ) throws(ProbeError) {
        guard let resumption = Resumption() else { throw .outOfMemory }
        let context = try Probe.context(options)
        guard identity.chainCount == 0 || context.show(identity) else { throw .outOfMemory }
        let session = try Probe.session(context)
        guard let buffers = TLSArena.allocate(Probe.bufferBytes) else { throw .outOfMemory }
        self.options = options
        self.identity = identity
        self.authorities = authorities
        self.context = context
        self.resumption = resumption
        self.session = session
        self.stream = stream
        self.buffers = buffers
    }

    private static func context(_ options: ProbeOptions) throws(ProbeError) -> TLSContext {
        let config = TLSConfig(
            groups: FixedList([.x25519, .secp256r1, .secp384r1]), tls13: options.versions != .only12,
            protocols: options.protocols)
        do throws(ChannelError) {
            return try TLSContext(client: config, tls12: options.versions != .only13)
        } catch {
            throw .outOfMemory
        }
    }

    private static func session(_ context: borrowing TLSContext) throws(ProbeError) -> TLSSession {
        do throws(ChannelError) { return try TLSSession(context) } catch { throw .outOfMemory }
    }

    deinit {
        session.free()
        TLSArena.release(buffers)
    }

    func run(_ report: inout ProbeReport) throws(ProbeError) {
        // A look-up takes as long as the name servers do; what it took counts all the same.
        let clock = ProbeClock(seconds: options.timeoutSeconds ?? ProbeClock.connectSeconds)
        let connector = try Connector(options)
        for round in 0...options.resumptions {
            // Without --timeout each connection has the usual time of its own.
            let limit =
                options.timeoutSeconds == nil ? ProbeClock(seconds: ProbeClock.connectSeconds) : clock
            let connection = try connector.connect(limit)
            defer { connection.socket.close() }
            let ticketsBefore = resumption.count
            try meet(connection, limit)
            report.met(connection.address, session)
            if !session.isResumed { try verify(connection.socket, &report) }
            try finish(connection.socket, limit)
            if round < options.resumptions {
                try discard(from: connection.socket) { resumption.count != ticketsBefore }
                try part(from: connection.socket)
                guard session.recycle() else { throw .outOfMemory }
            } else if options.isJSON {
                try part(from: connection.socket)
            } else {
                try copy(connection.socket, options.timeoutSeconds == nil ? nil : clock)
            }
        }
    }

    private func meet(_ connection: ConnectedSocket, _ clock: ProbeClock) throws(ProbeError) {
        stream.pointee = ProbeStream(connection.socket)
        do throws(ChannelError) {
            try session.begin(
                serverName: options.serverName, resumption: resumption,
                stream: UnsafeMutableRawPointer(stream),
                send: sendToProbeStream, receive: receiveFromProbeStream)
            while try goOn(connection.socket, try session.meetServer(), clock) {}
        } catch {
            throw handshakeFault(error)
        }
    }

    private func finish(_ socket: ClientSocket, _ clock: ProbeClock) throws(ProbeError) {
        do throws(ChannelError) {
            while try goOn(socket, try session.handshake(), clock) {}
        } catch {
            throw handshakeFault(error)
        }
    }

    /// Waits for what a step of the handshake wants; false when it is done.
    private func goOn(
        _ socket: ClientSocket, _ step: ChannelStep, _ clock: ProbeClock
    ) throws(ChannelError) -> Bool {
        if case .done = step { return false }
        guard wait(socket, step, clock) else { throw ChannelError(reason: .handshakeTimeout, code: 0) }
        return true
    }

    private func handshakeFault(_ failure: ChannelError) -> ProbeError {
        if let answer = stream.pointee.plainAnswer { return ProbeError(answer, options) }
        if failure.reason == .handshakeTimeout { return .timedOut("finish the handshake", options) }
        return ProbeError(failure, session, options)
    }

    /// False when the time is up.
    private func wait(_ socket: ClientSocket, _ step: ChannelStep, _ clock: ProbeClock) -> Bool {
        var wanted = Readiness()
        switch step {
        case .done: return true
        case .again: return !clock.isOver
        case .wantRead: wanted.socketReadable = true
        case .wantWrite: wanted.socketWritable = true
        }
        if clock.isOver { return false }
        _ = wanted.wait(socket: socket.descriptor, milliseconds: clock.remainingMilliseconds)
        stream.pointee.markReadable()
        return true
    }

    /// Looks at the server's certificate before it learns anything of the client.
    private func verify(_ socket: ClientSocket, _ report: inout ProbeReport) throws(ProbeError) {
        let verdict = try PeerVerdict(session, authorities, options, memory: buffers)
        report.verified(session, verdict)
        guard let error = verdict.error(options, report.place) else { return }
        session.refuse(verdict.refusal)
        stream.pointee.endWrites()
        // What it still sends is thrown away: closed with unread input, the socket would be reset, and the
        // server would lose the alert.
        let clock = ProbeClock(milliseconds: Probe.courtesyMilliseconds)
        while !stream.pointee.discard(buffers), !clock.isOver {
            var wanted = Readiness()
            wanted.socketReadable = true
            _ = wanted.wait(socket: socket.descriptor, milliseconds: clock.remainingMilliseconds)
        }
        throw error
    }

    /// Sends close_notify and waits a moment for the server's: a socket closed with unread input resets
    /// the connection, and the server would lose our last words.
    private func part(from socket: ClientSocket) throws(ProbeError) {
        _ = try? session.closeNotify()
        stream.pointee.endWrites()
        try discard(from: socket) { false }
    }

    /// Reads what the server sends and throws it away until it is enough, or it ends, or a moment has
    /// passed.
    private func discard(from socket: ClientSocket, until isEnough: () -> Bool) throws(ProbeError) {
        let clock = ProbeClock(milliseconds: Probe.courtesyMilliseconds)
        while !isEnough(), !clock.isOver {
            do throws(ChannelError) {
                switch try session.read(into: buffers) {
                case .bytes: break
                case .wantRead: _ = wait(socket, .wantRead, clock)
                case .wantWrite: _ = wait(socket, .wantWrite, clock)
                case .again: break
                case .closeNotify, .endOfStream: return
                }
            } catch {
                // A server that refuses a client's certificate in TLS 1.3 says so only now.
                if error.reason == .peerAlert { throw ProbeError(error, session, options) }
                return
            }
        }
    }

    private func copy(_ socket: ClientSocket, _ clock: ProbeClock?) throws(ProbeError) {
        var copying = Copying(session, stream, socket.descriptor, buffers, options, clock)
        try copying.run()
        _ = try? session.closeNotify()
    }
}
