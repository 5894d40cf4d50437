// What the services that a configuration can name answer.

import PosternCore
import Testing

struct BuiltInServiceTests {
    private let prefix: [UInt8] = Array("서버로부터의 응답: ".utf8)

    @Test func echoAnswersTheBytesWhereTheyAre() {
        let (answer, isLast) = answer(of: .echo, to: [9, 8, 7], in: 512)
        #expect(answer == [9, 8, 7])
        #expect(!isLast)
        #expect(BuiltInService.echo.headroom == 0)
        #expect(BuiltInService.echo.maximum == Limits.recordBytes)
    }

    @Test func discardAnswersNothing() {
        let (answer, isLast) = answer(of: .discard, to: [9, 8, 7], in: 512)
        #expect(answer == nil)
        #expect(!isLast)
        #expect(BuiltInService.discard.headroom == 0)
        #expect(BuiltInService.discard.maximum == Limits.recordBytes)
    }

    @Test func theArticlesServerPutsItsPrefixBeforeTheBytesAndCloses() {
        let (answer, isLast) = answer(of: .article, to: Array("안녕".utf8), in: 16_384)
        #expect(answer.map { bytes in String(decoding: bytes, as: UTF8.self) } == "서버로부터의 응답: 안녕")
        #expect(isLast)
        #expect(BuiltInService.article.headroom == prefix.count)
        #expect(BuiltInService.article.maximum == 1_024)
    }

    @Test func respondGoesOnWhenItIsNotToClose() {
        let (answer, isLast) = answer(
            of: .respond(prefix: "> ", maximum: 10, closing: false), to: [65], in: 512)
        #expect(answer == Array("> A".utf8))
        #expect(!isLast)
    }

    @Test func anEmptyPrefixIsAllowed() {
        let (answer, _) = answer(
            of: .respond(prefix: "", maximum: 10, closing: true), to: [65, 66], in: 512)
        #expect(answer == [65, 66])
    }

    @Test func theLongestPrefixLeavesRoomInTheSmallestRecord() {
        #expect(Limits.headroomBytesMax < Limits.recordBytesMin)
        let room = Limits.recordBytesMin
        for service in [BuiltInService.echo, .article] {
            let data = [UInt8](repeating: 3, count: room - service.headroom)
            let (answer, _) = answer(of: service, to: data, in: room)
            #expect(answer?.count == room)
            #expect(answer?.suffix(data.count) == data[...])
        }
    }

    /// The answer to bytes that lie behind the headroom of a buffer of `room` bytes.
    private func answer(of service: BuiltInService, to bytes: [UInt8], in room: Int) -> (
        [UInt8]?, isLast: Bool
    ) {
        var service = service
        var buffer = [UInt8](repeating: 0xEE, count: room)
        let received = service.headroom..<service.headroom + bytes.count
        buffer.replaceSubrange(received, with: bytes)
        var span = buffer.mutableSpan
        switch service.answer(&span, received: received) {
        case .nothing: return (nil, false)
        case .bytes(let range): return (Array(buffer[range]), false)
        case .lastBytes(let range): return (Array(buffer[range]), true)
        }
    }
}
