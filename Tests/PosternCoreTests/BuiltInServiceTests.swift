// What the services that a configuration can name answer.

import PosternCore
import Testing

struct BuiltInServiceTests {
    @Test func echoAnswersTheBytesWhereTheyAre() {
        let run = ScriptedRun(Script(reads: [ScriptedRead(.bytes([9, 8, 7]))]), BuiltInService.echo)
        run.turn()
        #expect(run.channel.sent == [[9, 8, 7]])
        #expect(run.connection.phase == .open)
        #expect(run.faults == [])
    }

    @Test func discardAnswersNothing() {
        let run = ScriptedRun(Script(reads: [ScriptedRead(.bytes([9, 8, 7]))]), BuiltInService.discard)
        run.turn()
        #expect(run.channel.received == [[9, 8, 7]])
        #expect(run.channel.sent == [])
        #expect(run.faults == [])
    }

    @Test func theArticlesServerPutsItsPrefixBeforeTheBytesAndCloses() {
        let run = ScriptedRun(
            Script(reads: [ScriptedRead(.bytes(Array("안녕".utf8)))]), BuiltInService.article)
        run.run()
        #expect(
            run.channel.sent.map { bytes in String(decoding: bytes, as: UTF8.self) } == ["서버로부터의 응답: 안녕"])
        #expect(run.end?.reason == .serviceClosed)
        #expect(run.faults == [])
    }

    @Test func theArticlesServerReceivesNoMoreThan1024Bytes() {
        let run = ScriptedRun(
            Script(reads: [ScriptedRead(.bytes([UInt8](repeating: 7, count: 2_000)))]),
            BuiltInService.article)
        run.run()
        #expect(
            run.channel.sent.map { bytes in bytes.suffix(1_025).filter { byte in byte == 7 }.count } == [
                1_024
            ])
        #expect(run.faults == [])
    }

    @Test func anEmptyPrefixIsAllowed() {
        let run = ScriptedRun(
            Script(reads: [ScriptedRead(.bytes([65, 66]))]),
            BuiltInService.respond(prefix: "", maximum: 10, closing: false))
        run.turn()
        #expect(run.channel.sent == [[65, 66]])
        #expect(run.faults == [])
    }

    @Test func theLongestPrefixLeavesRoomInTheSmallestRecord() {
        #expect(Limits.prefixBytesMax < Limits.recordBytesMin)
    }
}
