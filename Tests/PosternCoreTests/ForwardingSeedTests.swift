// Forwarding over a scripted channel and a scripted plain service, thousands of seeds: what each side must have
// received when the other has ended, whatever the order of ends, resets, short writes and stalls.

import PosternCore
import Testing

/// A plain service that plays a script: how much it takes at once, what it sends, how it ends.
final class ScriptedBackend: @unchecked Sendable {
    enum Step {
        case bytes([UInt8])
        case wouldBlock
        case end
        case reset
    }

    var connectErrors: [Int32] = []  // one an attempt, then connected
    var receives: [Step] = []  // then would block
    /// How many bytes each send takes; 0 would block, -1 is a reset; then all.
    var sends: [Int] = []
    private(set) var taken: [UInt8] = []
    private(set) var given: [UInt8] = []
    private(set) var attempts = 0
    private(set) var writesEnded = false
    private(set) var hasReset = false
    /// How it was closed: nil while open, true with a reset.
    private(set) var closedByReset: Bool?
    private(set) var faults: [String] = []
    private var rest: [UInt8] = []
    var hasInput: Bool { !rest.isEmpty || !receives.isEmpty }

    fileprivate func connect() -> Int32 {
        attempts += 1
        closedByReset = nil
        return 7
    }

    fileprivate func connectError() -> Int32 { connectErrors.isEmpty ? 0 : connectErrors.removeFirst() }

    fileprivate func receive(_ bytes: UnsafeMutableRawBufferPointer) -> StreamStep {
        if closedByReset != nil { faults.append("received after it was closed") }
        if rest.isEmpty {
            switch receives.isEmpty ? .wouldBlock : receives.removeFirst() {
            case .bytes(let next): rest = next
            case .wouldBlock: return .wouldBlock
            case .end: return .end
            case .reset:
                hasReset = true
                return .reset
            }
        }
        let count = min(rest.count, bytes.count)
        bytes.copyBytes(from: rest[..<count])
        given += rest[..<count]
        rest.removeFirst(count)
        return .bytes(count)
    }

    fileprivate func send(_ bytes: UnsafeRawBufferPointer) -> StreamStep {
        if writesEnded || closedByReset != nil { faults.append("sent after the end") }
        let most = sends.isEmpty ? bytes.count : sends.removeFirst()
        if most < 0 {
            hasReset = true
            return .reset
        }
        guard most > 0 else { return .wouldBlock }
        taken += bytes.prefix(most)
        return .bytes(min(most, bytes.count))
    }

    fileprivate func endWrites() {
        if writesEnded { faults.append("ended twice") }
        writesEnded = true
    }

    fileprivate func close(resets: Bool) {
        if closedByReset != nil { faults.append("closed twice") }
        closedByReset = resets
    }
}

struct ScriptedBackends: Backends {
    let backend: ScriptedBackend
    var addressCount = 1

    static var timedOut: Int32 { -110 }
    func addresses(for serverName: Text?) -> UInt32 { (1 << UInt32(addressCount)) - 1 }
    mutating func connect(_ address: Int) -> ConnectStep { .connecting(backend.connect()) }
    func connectError(_ descriptor: Int32) -> Int32 { backend.connectError() }
    func receive(_ descriptor: Int32, into bytes: UnsafeMutableRawBufferPointer) -> StreamStep {
        backend.receive(bytes)
    }
    func send(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> StreamStep { backend.send(bytes) }
    func send(_ descriptor: Int32, _ header: UnsafeRawBufferPointer, _ bytes: UnsafeRawBufferPointer)
        -> StreamStep
    {
        .reset
    }
    func endWrites(_ descriptor: Int32) { backend.endWrites() }
    func close(_ descriptor: Int32, resets: Bool) { backend.close(resets: resets) }
    func writeHeader(_ client: ClientInfo, into bytes: UnsafeMutableRawBufferPointer) -> Int { 0 }
    func describe(_ address: Int, _ descriptor: Int32, error: Int32, to line: inout Line) {}
}

struct ForwardingSeedTests {
    @Test func everySeedEndsAsItMust() {
        for seed in 0..<2_000 {
            var random = SeededGenerator(seed: seed)
            let mistakes = play(&random)
            #expect(mistakes.isEmpty, "seed \(seed): \(mistakes)")
            if !mistakes.isEmpty { return }
        }
    }

    @Test func theNextAddressIsTriedAndThenTheClientIsTold() {
        for failures in 0...3 {
            let backend = ScriptedBackend()
            backend.connectErrors = [Int32](repeating: -111, count: failures)
            let run = ScriptedRun(Script(), service(backend, addressCount: 3))
            run.turn()
            for _ in 0..<3 where run.watched != nil && run.connection.phase == .open {
                run.wake(.descriptor(isReadable: false, isWritable: true))
                run.turn()
            }
            #expect(backend.attempts == min(failures + 1, 3))
            #expect(run.channel.saidAlert == (failures == 3))
            if failures == 3 {
                run.run()
                #expect(run.end?.reason == .backendUnavailable)
            }
            #expect(run.faults == [])
        }
    }

    private func service(_ backend: ScriptedBackend, addressCount: Int = 1) -> Forwarding<ScriptedBackends> {
        Forwarding(
            ScriptedBackends(backend: backend, addressCount: addressCount),
            .init(sendsHeader: false, acceptsMissingCloseNotify: false, connectMilliseconds: 1_000))
    }

    /// One connection from its beginning to its end, woken as the server's loop would.
    private func play(_ random: inout SeededGenerator) -> [String] {
        let backend = ScriptedBackend()
        var sentByService: [UInt8] = []
        for _ in 0..<random.number(0...12) {
            if random.once(in: 3) {
                backend.receives.append(.wouldBlock)
            } else {
                let bytes = random.bytes(random.number(1...40_000))
                sentByService += bytes
                backend.receives.append(.bytes(bytes))
            }
        }
        let serviceResets = random.once(in: 6)
        backend.receives.append(serviceResets ? .reset : .end)
        for _ in 0..<random.number(0...20) {
            backend.sends.append(random.once(in: 2) ? 0 : random.number(1...5_000))
        }
        let script = random.script()
        let run = ScriptedRun(script, service(backend), recordsPerTurn: random.number(1...4))
        while run.end == nil, run.turns < 4_000 {
            if run.connection.phase == .open, let watch = run.watched {
                let readable = watch.interest.contains(.readable) && !run.connection.holdsBackOutput
                let writable = watch.interest.contains(.writable)
                if readable || writable {
                    run.wake(.descriptor(isReadable: readable, isWritable: writable))
                }
            }
            run.turn()
        }
        run.leave()
        return run.faults + backend.faults + mistakes(of: run, backend, sentByService)
    }

    private func mistakes(
        of run: ScriptedRun<Forwarding<ScriptedBackends>>, _ backend: ScriptedBackend,
        _ sentByService: [UInt8]
    ) -> [String] {
        guard let end = run.end else { return ["it never ended"] }
        var mistakes: [String] = []
        let fromClient = run.channel.received.flatMap { piece in piece }
        let toClient = run.channel.sent.flatMap { record in record }
        if Array(fromClient.prefix(backend.taken.count)) != backend.taken {
            mistakes.append("the service got other bytes")
        }
        if backend.taken.count < fromClient.count {
            mistakes.append("taken off the channel and not given on")
        }
        if Array(sentByService.prefix(toClient.count)) != toClient {
            mistakes.append("the client got other bytes")
        }
        let clientEnded = run.channel.peerEnd == .peerClosed
        if backend.writesEnded != clientEnded {
            mistakes.append("FIN without close_notify, or none with it")
        }
        if let resets = backend.closedByReset, resets == clientEnded {
            mistakes.append("closed with the wrong end")
        }
        if run.connection.phase != .handshaking, backend.attempts > 0, backend.closedByReset == nil {
            mistakes.append("the descriptor was never closed")
        }
        if end.reason == .serviceClosed, run.channel.peerEnd == nil { mistakes.append("the client was cut off") }
        if run.channel.saidCloseNotify, !backend.hasReset, run.channel.peerEnd != .truncated,
            toClient != sentByService
        {
            mistakes.append("close_notify before everything was sent")
        }
        if end.reason == .backendReset, run.channel.saidCloseNotify, backend.given.isEmpty {
            mistakes.append("a clean end for a reset")
        }
        return mistakes
    }
}
