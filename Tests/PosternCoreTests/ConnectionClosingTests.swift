// How a connection ends: by its peer, by its service, by the server, by a failure. One rule a test.

import PosternCore
import Testing

struct ConnectionClosingTests {
    private let one: [UInt8] = [1, 2, 3]
    private let failure = ChannelError(reason: .badRecord, code: -0x7180)

    @Test(arguments: [
        (ScriptedRead.Step.closeNotify, CloseReason.peerClosed), (.endOfStream, .truncated),
    ])
    func whatAPeerSentBeforeItEndedIsAnswered(_ end: ScriptedRead.Step, _ reason: CloseReason) {
        let run = ScriptedRun(
            Script(
                reads: [ScriptedRead(.bytes(one), isBuffered: true), ScriptedRead(end, isBuffered: true)],
                writes: [.wantWrite], closes: [.wantWrite]), BuiltInService.echo)
        expectWaiting(run.turn(), for: .writable)
        #expect(run.connection.phase == .open)
        expectWaiting(run.turn(), for: .writable)
        #expect(run.connection.phase == .closing)
        run.turn()
        #expect(run.end == ChannelError(reason: reason, code: 0))
        #expect(
            run.channel.calls == [
                .handshake, .read, .write(3), .write(3), .read, .closeNotify, .closeNotify,
            ])
        #expect(run.channel.sent == [one])
        #expect(run.faults == [])
    }

    @Test func aServiceThatHasAnsweredLastLingersUntilThePeerCloses() {
        let run = ScriptedRun(
            Script(
                reads: [ScriptedRead(.bytes(one)), ScriptedRead(.bytes(one), isBuffered: true)],
                writes: [.wantWrite], closes: [.wantRead], discards: [.wantRead, .more, .wantRead]),
            BuiltInService.article)
        expectWaiting(run.turn(), for: .writable)
        expectWaiting(run.turn(), for: .readable)
        #expect(run.connection.phase == .closing)
        expectWaiting(run.turn(), for: .readable)
        #expect(run.connection.phase == .lingering)
        expectAgain(run.turn())
        expectWaiting(run.turn(), for: .readable)
        run.turn()
        #expect(run.end == ChannelError(reason: .serviceClosed, code: 0))
        // The second record is never read.
        #expect(run.channel.received == [one])
        #expect(
            run.channel.calls.suffix(7) == [
                .closeNotify, .closeNotify, .endWrites, .discardInput, .discardInput, .discardInput,
                .discardInput,
            ])
        #expect(run.faults == [])
    }

    @Test func theServerClosesOnlyAnOpenConnection() {
        let run = ScriptedRun(
            Script(handshake: [.wantRead], closes: [.wantWrite], discards: [.wantRead]), BuiltInService.echo)
        run.turn()
        run.close(because: .stopped)
        #expect(run.connection.phase == .handshaking)
        run.turn()
        #expect(run.connection.phase == .open)
        run.close(because: .idleTimeout)
        #expect(run.connection.phase == .closing)
        #expect(run.connection.reasonAfterCloseDeadline == .idleTimeout)
        expectWaiting(run.turn(), for: .writable)
        run.close(because: .stopped)
        expectWaiting(run.turn(), for: .readable)
        #expect(run.connection.phase == .lingering)
        run.close(because: .lifetimeExceeded)
        run.turn()
        #expect(run.end == ChannelError(reason: .idleTimeout, code: 0))
        #expect(run.faults == [])
    }

    @Test func theServerClosesInSpiteOfAnUnsentAnswer() {
        let run = ScriptedRun(
            Script(reads: [ScriptedRead(.bytes(one))], writes: [.wantWrite]), BuiltInService.echo)
        run.turn()
        run.close(because: .idleTimeout)
        run.run()
        #expect(run.end == ChannelError(reason: .idleTimeout, code: 0))
        #expect(
            run.channel.calls == [.handshake, .read, .write(3), .closeNotify, .endWrites, .discardInput])
        #expect(run.connection.bytesOut == 0)
    }

    @Test func failuresArePassedOnWithTheirCode() {
        let scripts = [
            Script(handshake: [.wantRead, .failure(failure)]),
            Script(reads: [ScriptedRead(.bytes(one)), ScriptedRead(.failure(failure))]),
            Script(reads: [ScriptedRead(.bytes(one))], writes: [.wantWrite, .failure(failure)]),
        ]
        for script in scripts {
            let run = ScriptedRun(script, BuiltInService.echo)
            run.run()
            #expect(run.end == failure)
            // A channel that has failed is not used again, not even for close_notify.
            #expect(!run.channel.calls.contains(.closeNotify))
            #expect(run.faults == [])
        }
    }

    @Test func aCloseNotifyThatFailsDoesNotHideWhyTheConnectionCloses() {
        let run = ScriptedRun(
            Script(reads: [ScriptedRead(.closeNotify)], closes: [.wantWrite, .failure(failure)]),
            BuiltInService.echo)
        run.run()
        #expect(run.end == ChannelError(reason: .peerClosed, code: 0))

        let other = ScriptedRun(
            Script(reads: [ScriptedRead(.bytes(one))], closes: [.failure(failure)]), BuiltInService.article)
        other.run()
        #expect(other.end == ChannelError(reason: .serviceClosed, code: 0))
        // The socket is broken: nothing is left to wait for.
        #expect(!other.channel.hasEndedWrites)
    }

    @Test func aPeerThatEndsAtOnceIsSentCloseNotify() {
        let run = ScriptedRun(Script(reads: [ScriptedRead(.closeNotify)]), BuiltInService.article)
        run.turn()
        #expect(run.channel.calls == [.handshake, .read, .closeNotify])
        #expect(run.end == ChannelError(reason: .peerClosed, code: 0))
    }
}
