// Standard input to the server and its answer to standard output, both at once, with one buffer each: who
// does not take what there is gets nothing more. The end of the input is a close_notify; the server goes on
// until it says the same.

import PosternCore
import PosternLinux
import PosternTLS

struct Copying {
    private let session: TLSSession
    private let stream: UnsafeMutablePointer<ProbeStream>
    private let socket: Int32
    private let options: ProbeOptions
    /// Nil without --timeout.
    private let clock: ProbeClock?

    /// From standard input to the server; the first `outgoingCount` bytes are one record.
    private let outgoing: UnsafeMutableRawBufferPointer
    private var outgoingCount = 0
    private enum Sending {
        case input
        /// Standard input is at its end and close_notify has not wholly left.
        case closeNotify
        case over
    }
    private var sending = Sending.input

    /// From the server to standard output.
    private let incoming: UnsafeMutableRawBufferPointer
    private var unwritten = 0..<0
    private enum Receiving {
        case open
        case closed
        /// Without close_notify.
        case cut
    }
    private var receiving = Receiving.open

    /// What the session waits for, and what standard input and output were found to be.
    private var wanted = Readiness()
    private var ready = Readiness()
    /// The session cannot go on reading until the socket takes something, such as an alert.
    private var readWantsWrite = false
    /// A send has more to do at once.
    private var isUnfinished = false
    /// Input or its end has come that `send` has not tried yet.
    private var hasNewInput = false

    init(
        _ session: TLSSession, _ stream: UnsafeMutablePointer<ProbeStream>, _ socket: Int32,
        _ buffers: UnsafeMutableRawBufferPointer, _ options: ProbeOptions, _ clock: ProbeClock?
    ) {
        self.session = session
        self.stream = stream
        self.socket = socket
        self.options = options
        self.clock = clock
        let half = buffers.count / 2
        outgoing = UnsafeMutableRawBufferPointer(rebasing: buffers[..<half])
        incoming = UnsafeMutableRawBufferPointer(rebasing: buffers[half...])
    }

    mutating func run() throws(ProbeError) {
        while true {
            wanted = Readiness()
            readWantsWrite = false
            isUnfinished = false
            try writeOutput()
            try receive()
            try writeOutput()
            if receiving != .open, unwritten.isEmpty { break }
            try send()
            try readInput()
            try wait()
        }
        if receiving == .cut {
            throw ProbeError(.protocolFault) { line in
                line.append(options.target)
                line.append(" ended the connection without close_notify; its answer may be cut short")
            }
        }
    }

    private mutating func receive() throws(ProbeError) {
        guard receiving == .open, unwritten.isEmpty else { return }
        do throws(ChannelError) {
            switch try session.read(into: incoming) {
            // Nothing at all where it was a ticket or an empty record.
            case .bytes(let count): unwritten = 0..<count
            case .wantRead: wanted.socketReadable = true
            case .wantWrite: readWantsWrite = true
            case .again: break
            case .closeNotify: receiving = .closed
            case .endOfStream: receiving = .cut
            }
        } catch {
            throw ProbeError(error, session, options)
        }
    }

    private mutating func writeOutput() throws(ProbeError) {
        guard !unwritten.isEmpty, ready.output else { return }
        ready.output = false
        do throws(SystemError) {
            let bytes = UnsafeRawBufferPointer(rebasing: incoming[unwritten])
            if let count = try StandardStreams.write(bytes) {
                unwritten = (unwritten.lowerBound + count)..<unwritten.upperBound
            }
        } catch {
            throw error.isBrokenPipe ? .outputClosed : ProbeError(output: error)
        }
    }

    private mutating func send() throws(ProbeError) {
        do throws(ChannelError) {
            if outgoingCount > 0 {
                let record = UnsafeRawBufferPointer(rebasing: outgoing[..<outgoingCount])
                if sent(try session.write(record)) { outgoingCount = 0 }
            }
            if outgoingCount == 0, sending == .closeNotify, sent(try session.closeNotify()) {
                sending = .over
            }
        } catch {
            throw ProbeError(error, session, options)
        }
    }

    private mutating func sent(_ step: ChannelStep) -> Bool {
        switch step {
        case .done: return true
        case .wantRead: wanted.socketReadable = true
        case .wantWrite: wanted.socketWritable = true
        case .again: isUnfinished = true
        }
        return false
    }

    private mutating func readInput() throws(ProbeError) {
        hasNewInput = false
        guard sending == .input, outgoingCount == 0, ready.input else { return }
        ready.input = false
        do throws(SystemError) {
            let room = min(outgoing.count, session.payloadLimit)
            let bytes = UnsafeMutableRawBufferPointer(rebasing: outgoing[..<room])
            guard let count = try StandardStreams.read(into: bytes) else { return }
            outgoingCount = count
            if count == 0 { sending = .closeNotify }
            hasNewInput = true
        } catch {
            throw ProbeError(.usage) { line in
                line.append("standard input cannot be read: ")
                line.append(error.text)
            }
        }
    }

    private mutating func wait() throws(ProbeError) {
        wanted.input = sending == .input && outgoingCount == 0
        wanted.output = !unwritten.isEmpty
        // What was read is written already, and more may lie in the session, which no descriptor tells.
        let hasUnread = !wanted.socketReadable || stream.pointee.hasInput || session.hasInput
        let mayRead = receiving == .open && unwritten.isEmpty && !readWantsWrite && hasUnread
        if readWantsWrite { wanted.socketWritable = true }
        if let clock, clock.isOver { throw .timedOut("finish", options) }
        let milliseconds = hasNewInput || isUnfinished || mayRead ? 0 : clock?.remainingMilliseconds
        let found = wanted.wait(socket: socket, milliseconds: milliseconds)
        ready.input = found.input
        ready.output = found.output
        if found.socketReadable { stream.pointee.markReadable() }
    }
}
