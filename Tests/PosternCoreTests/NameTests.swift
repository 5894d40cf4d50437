// Names and numbers that users, operators and the kernel see: tokens, levels, services, reasons, counters.

import PosternCore
import Testing

struct TokenTests {
    @Test func everyTokenComesBackAsItWas() {
        var tokens: [Token] = [.signals]
        for index in 0..<Limits.listeners { tokens.append(.listener(index)) }
        let slots = [0, 1, 255, 256, Limits.connectionsMax - 1, 0xFF_FFFF]
        for slot in slots {
            for generation: UInt32 in [0, 1, 0x7FFF_FFFF, 0x8000_0000, .max] {
                tokens.append(.connection(slot: slot, generation: generation))
            }
        }
        var random = SeededGenerator(seed: 5)
        for _ in 0..<1_000 {
            let generation = UInt32(truncatingIfNeeded: random.next())
            tokens.append(.connection(slot: random.number(0...0xFF_FFFF), generation: generation))
        }
        for token in tokens { #expect(Token(bits: token.bits) == token) }
        #expect(
            Set(tokens.map { token in token.bits }).count == Set(tokens.map { token in "\(token)" }).count)
    }

    @Test func bitsThatNoTokenHasAreNone() {
        for kind: UInt64 in [6, 7, 0x80, 0xFF] { #expect(Token(bits: kind << 56) == nil) }
    }
}

struct LogLevelTests {
    private let levels: [LogLevel] = [.error, .warning, .notice, .info, .debug]

    @Test func levelsHaveTheNamesAndNumbersOfTheSystemLog() {
        #expect(
            levels.map { level in level.name.string } == ["error", "warning", "notice", "info", "debug"])
        #expect(levels.map { level in level.severity } == [3, 4, 5, 6, 7])
        for level in levels { #expect(LogLevel.named(level.name) == level) }
    }

    @Test func otherNamesAreNoLevels() {
        for name: Text in ["", "Error", "warn", "infos", "debu"] { #expect(LogLevel.named(name) == nil) }
    }
}

struct ServiceNameTests {
    @Test func everyNameLeadsToItsService() {
        for name: Text in ["echo", "respond", "discard"] {
            #expect(BuiltInService.named(name)?.name.string == name.string)
        }
        guard case .respond(let prefix, 1_024, closing: true) = BuiltInService.named("respond") else {
            Issue.record("respond is not the article's server")
            return
        }
        #expect(prefix.string == "서버로부터의 응답: ")
    }

    @Test func otherNamesAreNoServices() {
        for name: Text in ["", "Echo", "echo ", "discar"] { #expect(BuiltInService.named(name) == nil) }
    }
}

struct CloseReasonTests {
    private var all: [CloseReason] {
        (0..<UInt8(CloseReason.count)).compactMap { value in CloseReason(rawValue: value) }
    }

    @Test func everyReasonHasANameOfItsOwn() {
        #expect(all.count == CloseReason.count)
        #expect(CloseReason(rawValue: UInt8(CloseReason.count)) == nil)
        #expect(Set(all.map { reason in reason.name.string }).count == CloseReason.count)
        for reason in all { #expect(reason.name.string == "\(reason)") }
    }

    @Test func everyReasonIsCountedForItself() {
        var counters = Counters()
        for (index, reason) in all.enumerated() {
            for _ in 0...index { counters.countClosed(reason) }
        }
        for (index, reason) in all.enumerated() { #expect(counters.closed(reason) == UInt64(index + 1)) }
    }
}
