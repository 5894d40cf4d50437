// Thousands of connections, each by a seed: handshakes, records, wants, failures and closes in any order.
// What must hold in all of them is checked by ScriptedChannel and ScriptedRun; here stands how each must
// end.

import PosternCore
import Testing

struct ConnectionSeedTests {
    @Test(arguments: [BuiltInService.echo, .discard, .article, ConnectionSeedTests.answering])
    func everySeedEndsAsItMust(_ service: BuiltInService) {
        for seed in 0..<2_500 {
            var random = SeededGenerator(seed: seed)
            let run = ScriptedRun(random.script(), service, recordsPerTurn: random.number(1...4))
            let closingTurn = random.once(in: 4) ? random.number(1...12) : nil
            while run.end == nil, run.turns < 2_000 {
                run.turn()
                // As a deadline would, at any time, and again while the connection closes.
                if let closingTurn, run.turns >= closingTurn { run.close(because: .idleTimeout) }
            }
            let faults = run.faults + mistakes(of: run, service)
            #expect(faults.isEmpty, "\(service.name.string), seed \(seed): \(faults)")
            if !faults.isEmpty { return }
        }
    }

    static let answering = BuiltInService.respond(prefix: "> ", maximum: 100, closing: false)

    /// What is wrong with the end of a run and with what the peer received.
    private func mistakes(of run: ScriptedRun<BuiltInService>, _ service: BuiltInService) -> [String] {
        var mistakes: [String] = []
        let channel = run.channel
        guard let end = run.end else { return ["it never ended"] }
        let expected = answers(of: service, to: channel.received)
        if channel.sent != Array(expected.prefix(channel.sent.count)) { mistakes.append("wrong bytes sent") }

        let lastIsCloseNotify = channel.thrown?.call == .closeNotify
        if let thrown = channel.thrown, !lastIsCloseNotify {
            if end != thrown.failure { mistakes.append("\(end) instead of \(thrown.failure)") }
            if channel.saidCloseNotify { mistakes.append("close_notify after a failure") }
            return mistakes
        }
        let isComplete = channel.sent.count == expected.count
        let answeredLast = isComplete && !expected.isEmpty && service.closesAfterAnswer
        let reason = run.closedByServer ?? (answeredLast ? .serviceClosed : channel.peerEnd)
        if end.reason != reason || end.code != 0 {
            mistakes.append("\(end) instead of \(String(describing: reason))")
        }
        if run.closedByServer == nil && !isComplete { mistakes.append("not everything was answered") }
        if !channel.saidCloseNotify && !lastIsCloseNotify { mistakes.append("no close_notify") }
        // A peer that has ended needs no half-close, and nothing of it is left to throw away.
        let lingers = channel.peerEnd == nil && !lastIsCloseNotify
        if channel.hasEndedWrites != lingers { mistakes.append("lingering is wrong") }
        return mistakes
    }

    private func answers(of service: BuiltInService, to received: [[UInt8]]) -> [[UInt8]] {
        let pieces = received.filter { piece in !piece.isEmpty }
        switch service {
        case .echo: return pieces
        case .discard: return []
        case .respond(let prefix, _, let closing):
            return (closing ? Array(pieces.prefix(1)) : pieces).map { piece in Array(prefix.bytes) + piece }
        }
    }
}

extension BuiltInService {
    fileprivate var closesAfterAnswer: Bool {
        if case .respond(_, _, closing: true) = self { true } else { false }
    }
}

extension SeededGenerator {
    /// A whole connection. The peer always ends at last; before that anything may fail.
    mutating func script() -> Script {
        var script = Script()
        script.payloadLimit = [512, 1_024, 2_048, 4_096, 16_384, 16_384][number(0...5)]
        script.handshake = steps(number(0...4), failingOnceIn: 20)
        for _ in 0..<number(0...24) { script.reads.append(read()) }
        script.reads.append(
            ScriptedRead([.closeNotify, .endOfStream][number(0...1)], isBuffered: once(in: 2)))
        script.writes = steps(number(0...20), failingOnceIn: 60)
        script.closes = waits(number(0...3)) + steps(1, failingOnceIn: 3)
        for _ in 0..<number(0...4) { script.discards.append(once(in: 2) ? .more : .wantRead) }
        return script
    }

    mutating func failure() -> ChannelError {
        let reasons: [CloseReason] = [
            .malformed, .badRecord, .peerReset, .peerAlert, .outOfMemory, .internalFault,
        ]
        return ChannelError(reason: reasons[number(0...5)], code: Int32(-number(0...0x7FFF)))
    }

    private mutating func read() -> ScriptedRead {
        let isBuffered = once(in: 2)
        switch number(1...60) {
        case 1: return ScriptedRead(.failure(failure()), isBuffered: isBuffered)
        case 2...12: return ScriptedRead(.wantRead, isBuffered: isBuffered)
        case 13...16: return ScriptedRead(.wantWrite, isBuffered: isBuffered)
        case 17...18: return ScriptedRead(.bytes([]), isBuffered: isBuffered)
        case 20...24: return ScriptedRead(.again, isBuffered: isBuffered)
        case 19: return ScriptedRead(.bytes(bytes(number(500...Limits.recordBytes))), isBuffered: isBuffered)
        default: return ScriptedRead(.bytes(bytes(number(1...40))), isBuffered: isBuffered)
        }
    }

    private mutating func waits(_ count: Int) -> [ScriptedStep] {
        var steps: [ScriptedStep] = []
        for _ in 0..<count { steps.append(once(in: 5) ? .wantRead : .wantWrite) }
        return steps
    }

    private mutating func steps(_ count: Int, failingOnceIn times: Int) -> [ScriptedStep] {
        var steps: [ScriptedStep] = []
        for _ in 0..<count {
            if once(in: times) {
                steps.append(.failure(failure()))
            } else {
                steps.append(
                    once(in: 2) ? .done : once(in: 6) ? .wantRead : once(in: 4) ? .again : .wantWrite)
            }
        }
        return steps
    }
}
