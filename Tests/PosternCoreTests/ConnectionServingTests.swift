// The phases handshaking and open of a connection, one rule a test.

import PosternCore
import Testing

struct ConnectionServingTests {
    private let one: [UInt8] = [1, 2, 3]
    private let two: [UInt8] = [4, 5]

    @Test func handshakeWaitsForWhatTheChannelWants() {
        let run = ScriptedRun(Script(handshake: [.wantRead, .wantWrite, .wantRead]), BuiltInService.echo)
        expectWaiting(run.turn(), for: .readable)
        expectWaiting(run.turn(), for: .writable)
        #expect(run.connection.phase == .handshaking)
        expectWaiting(run.turn(), for: .readable)
        // The last one goes on in the same turn: input may have come with the handshake's last message.
        expectWaiting(run.turn(), for: .readable)
        #expect(run.connection.phase == .open)
        #expect(run.channel.calls == [.handshake, .handshake, .handshake, .handshake, .read])
        #expect(run.faults == [])
    }

    /// What has more to do at once comes again after the others, whatever it was about.
    @Test func againIsAnotherTurn() {
        let run = ScriptedRun(
            Script(
                handshake: [.again, .again],
                reads: [ScriptedRead(.again), bytes(one), ScriptedRead(.closeNotify)],
                writes: [.again], closes: [.again]), BuiltInService.echo)
        expectAgain(run.turn())
        expectAgain(run.turn())
        expectAgain(run.turn())
        #expect(run.connection.phase == .open)
        expectAgain(run.turn())
        #expect(run.channel.sent == [])
        // The rest of the answer leaves, the peer's end is read, and close_notify is what comes again.
        expectAgain(run.turn())
        #expect(run.channel.sent == [one])
        #expect(run.connection.phase == .closing)
        run.turn()
        #expect(run.end?.reason == .peerClosed)
        #expect(run.faults == [])
    }

    @Test func everyRecordIsAnsweredBeforeTheNextIsRead() {
        let run = ScriptedRun(
            Script(reads: [bytes(one, isBuffered: true), bytes(two, isBuffered: true)]), BuiltInService.echo)
        expectWaiting(run.turn(), for: .readable)
        #expect(run.channel.calls == [.handshake, .read, .write(3), .read, .write(2)])
        #expect(run.channel.sent == [one, two])
        #expect(run.faults == [])
    }

    @Test func sameCountIsRepeatedAfterWantWrite() {
        let run = ScriptedRun(
            Script(reads: [bytes(one), bytes(two)], writes: [.wantWrite, .wantWrite, .wantRead]),
            BuiltInService.echo)
        expectWaiting(run.turn(), for: .writable)
        expectWaiting(run.turn(), for: .writable)
        expectWaiting(run.turn(), for: .readable)
        expectWaiting(run.turn(), for: .readable)
        #expect(
            run.channel.calls == [
                .handshake, .read, .write(3), .write(3), .write(3), .write(3), .read, .write(2),
            ])
        #expect(run.channel.sent == [one, two])
        #expect(run.faults == [])
    }

    @Test func nothingIsReadWhileAnAnswerIsUnsent() {
        let never = [ScriptedStep](repeating: .wantWrite, count: 50)
        let run = ScriptedRun(
            Script(reads: [bytes(one, isBuffered: true), bytes(two, isBuffered: true)], writes: never),
            BuiltInService.echo)
        for _ in 0..<50 { expectWaiting(run.turn(), for: .writable) }
        #expect(run.channel.received == [one])
        #expect(run.connection.bytesOut == 0)
        run.turn()
        #expect(run.channel.sent == [one, two])
        #expect(run.faults == [])
    }

    @Test func readMayWantRoomInTheSocket() {
        let run = ScriptedRun(Script(reads: [ScriptedRead(.wantWrite), bytes(one)]), BuiltInService.echo)
        expectWaiting(run.turn(), for: .writable)
        run.turn()
        #expect(run.channel.sent == [one])
    }

    @Test(arguments: 1...5)
    func aTurnEndsAfterItsRecords(_ recordsPerTurn: Int) {
        let reads = (0..<12).map { index in bytes([UInt8(index)], isBuffered: true) }
        let run = ScriptedRun(Script(reads: reads), BuiltInService.echo, recordsPerTurn: recordsPerTurn)
        var turns = 0
        while run.channel.received.count < 12, turns < 20 {
            turns += 1
            let before = run.channel.received.count
            let progress = run.turn()
            #expect(run.channel.received.count == min(before + recordsPerTurn, 12))
            if run.channel.received.count < 12 {
                expectAgain(progress)
            } else {
                // Nothing more lies in the channel: the poller tells when there is.
                expectWaiting(progress, for: .readable)
            }
        }
        #expect(run.faults == [])
    }

    @Test func emptyRecordsCountAsRecordsAndGetNoAnswer() {
        let reads = [ScriptedRead](repeating: bytes([], isBuffered: true), count: 10)
        let run = ScriptedRun(Script(reads: reads), BuiltInService.article, recordsPerTurn: 4)
        expectAgain(run.turn())
        #expect(run.channel.received.count == 4)
        #expect(run.channel.sent == [])
        #expect(run.faults == [])
    }

    @Test func aRecordLargerThanTheServiceWantsComesInPieces() {
        let service = BuiltInService.respond(prefix: "> ", maximum: 4, closing: false)
        let run = ScriptedRun(Script(reads: [bytes(Array(1...10))]), service)
        run.turn()
        #expect(run.channel.received == [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10]])
        #expect(run.channel.sent.map { record in record.count } == [6, 6, 4])
        #expect(run.faults == [])
    }

    @Test func anAnswerFitsIntoTheSmallestRecord() {
        let record = [UInt8](repeating: 7, count: 16_384)
        let echo = ScriptedRun(Script(reads: [bytes(record)], payloadLimit: 512), BuiltInService.echo)
        while echo.channel.received.count < 32, echo.turns < 100 { echo.turn() }
        #expect(echo.channel.sent == [[UInt8]](repeating: [UInt8](repeating: 7, count: 512), count: 32))
        #expect(echo.faults == [])

        let article = ScriptedRun(Script(reads: [bytes(record)], payloadLimit: 512), BuiltInService.article)
        article.run()
        #expect(article.channel.sent.map { record in record.count } == [512])
        #expect(article.faults == [])
    }

    @Test func anEmptyAnswerIsNotSent() {
        let run = ScriptedRun(Script(reads: [bytes(one), bytes(two)]), Silence(isLast: false))
        run.turn()
        run.turn()
        #expect(run.channel.calls == [.handshake, .read, .read])

        let last = ScriptedRun(Script(reads: [bytes(one)]), Silence(isLast: true))
        last.run()
        #expect(last.channel.calls == [.handshake, .read, .closeNotify, .endWrites, .discardInput])
        #expect(last.end == ChannelError(reason: .serviceClosed, code: 0))
    }

    /// A client that takes records of 512 bytes sends a longer line than it can be answered with.
    @Test func anAnswerThatTheClientCannotTakeEndsTheConnection() {
        let half = [UInt8](repeating: 65, count: 400)
        let run = ScriptedRun(
            Script(
                reads: [bytes(half), bytes(half + [10], isBuffered: true)], payloadLimit: 512), Lines())
        run.run()
        #expect(run.end?.reason == .inputTooLong)
        #expect(run.channel.sent == [])
        #expect(run.faults == [])
    }

    @Test func halfALineComesAgainWithItsEnd() {
        let run = ScriptedRun(
            Script(reads: [bytes(one), bytes([10, 7], isBuffered: true), bytes([10], isBuffered: true)]),
            Lines())
        run.turn()
        #expect(run.channel.sent == [one + [10], [7, 10]])
        #expect(run.connection.bytesIn == 6)
        #expect(run.faults == [])
    }

    @Test func aLineBeyondTheLimitEndsTheConnection() {
        let long = [UInt8](repeating: 65, count: 900)
        let run = ScriptedRun(Script(reads: [bytes(long), bytes(long, isBuffered: true)]), Lines())
        run.run()
        #expect(run.end?.reason == .inputTooLong)
        #expect(run.faults == [])
    }

    @Test func bytesAreCountedWhenTheyHavePassed() {
        let run = ScriptedRun(
            Script(reads: [bytes(one), bytes(two)], writes: [.wantWrite]), BuiltInService.article)
        run.turn()
        #expect(run.connection.bytesIn == 3)
        #expect(run.connection.bytesOut == 0)
        run.turn()
        #expect(run.connection.bytesOut == UInt64(run.channel.sent[0].count))
    }

    private func bytes(_ bytes: [UInt8], isBuffered: Bool = false) -> ScriptedRead {
        ScriptedRead(.bytes(bytes), isBuffered: isBuffered)
    }
}

/// Answers every line with itself.
private struct Lines: Service {
    let unreadLimit = 1_000

    mutating func open(_ turn: inout Turn) -> Void? { () }

    mutating func receive(
        _ input: inout MutableSpan<UInt8>, _ output: inout MutableSpan<UInt8>, _ state: inout Void,
        _ turn: inout Turn
    ) -> Answer {
        for index in 0..<input.count where input[index] == 10 {
            turn.leaveUnread(input.count - index - 1)
            return .input(0..<(index + 1))
        }
        turn.leaveUnread(input.count)
        return .nothing
    }
}

/// Answers with no bytes at all.
private struct Silence: Service {
    let isLast: Bool

    mutating func open(_ turn: inout Turn) -> Void? { () }

    mutating func receive(
        _ input: inout MutableSpan<UInt8>, _ output: inout MutableSpan<UInt8>, _ state: inout Void,
        _ turn: inout Turn
    ) -> Answer {
        if isLast { turn.close() }
        return .output(5..<5)
    }
}

func expectAgain(_ progress: Progress, _ location: SourceLocation = #_sourceLocation) {
    guard case .again = progress else {
        Issue.record("\(progress) instead of again", sourceLocation: location)
        return
    }
}

func expectWaiting(
    _ progress: Progress, for interest: Interest, _ location: SourceLocation = #_sourceLocation
) {
    guard case .waiting(let actual) = progress, actual == interest else {
        Issue.record("\(progress) instead of waiting for \(interest)", sourceLocation: location)
        return
    }
}
