// Every rule of Config.validate(): the values at both ends of a range are taken, those beyond are refused by
// name.

import PosternCore
import Testing

struct ConfigRulesTests {
    struct Rule: Sendable, CustomTestStringConvertible {
        let field: String
        let allowed: ClosedRange<Int>
        let set: @Sendable (inout Config, Int) -> Void

        init(
            _ field: String, _ allowed: ClosedRange<Int>,
            _ set: @escaping @Sendable (inout Config, Int) -> Void
        ) {
            self.field = field
            self.allowed = allowed
            self.set = set
        }

        var testDescription: String { field }
    }

    private static let day = 86_400_000

    static let rules = [
        Rule("connections", 1...16_384) { config, value in config.connections = value },
        Rule("tls.ticketSeconds", 0...604_800) { config, value in config.tls.ticketSeconds = value },
        Rule("deadlines.handshakeMilliseconds", 1...day) { config, value in
            config.deadlines.handshakeMilliseconds = value
        },
        Rule("deadlines.idleMilliseconds", 0...day) { config, value in
            config.deadlines.idleMilliseconds = value
        },
        Rule("deadlines.closeMilliseconds", 1...day) { config, value in
            config.deadlines.closeMilliseconds = value
        },
        Rule("deadlines.lifetimeMilliseconds", 0...day) { config, value in
            config.deadlines.lifetimeMilliseconds = value
        },
        Rule("deadlines.drainMilliseconds", 1...day) { config, value in
            config.deadlines.drainMilliseconds = value
            config.deadlines.drainQuietMilliseconds = 1
        },
        Rule("deadlines.drainQuietMilliseconds", 1...700) { config, value in
            config.deadlines.drainMilliseconds = 700
            config.deadlines.drainQuietMilliseconds = value
        },
        Rule("socket.backlog", 1...65_535) { config, value in config.socket.backlog = value },
        Rule("socket.keepAliveSeconds", 0...32_767) { config, value in config.socket.keepAliveSeconds = value
        },
        Rule("turn.accepts", 1...1_024) { config, value in config.turn.accepts = value },
        Rule("turn.records", 1...1_024) { config, value in config.turn.records = value },
        Rule("log.burstLines", 1...10_000) { config, value in config.log.burstLines = value },
        Rule("log.linesPerSecond", 1...10_000) { config, value in config.log.linesPerSecond = value },
        Rule("forward.connectMilliseconds", 1...day) { config, value in
            config.forward.connectMilliseconds = value
        },
        Rule("service.respond.maximum", 1...16_382) { config, value in
            config.service = .respond(prefix: "> ", maximum: value, closing: true)
        },
    ]

    @Test(arguments: rules)
    func bothEndsOfARangeAreTakenAndNothingBeyond(_ rule: Rule) {
        for value in [rule.allowed.lowerBound, rule.allowed.upperBound] {
            var config = ConfigRulesTests.config
            rule.set(&config, value)
            #expect(fault(of: config) == nil)
        }
        for value in [rule.allowed.lowerBound - 1, rule.allowed.upperBound + 1, .min, .max] {
            var config = ConfigRulesTests.config
            rule.set(&config, value)
            expectFault(config, rule.field, value, rule.allowed)
        }
    }

    @Test func aConfigurationWithItsDefaultsIsValid() {
        #expect(fault(of: ConfigRulesTests.config) == nil)
    }

    @Test func thereMustBeAListener() {
        var config = ConfigRulesTests.config
        config.listeners.removeAll()
        expectFault(config, "listeners.count", 0, 1...8)
        while config.listeners.append(ListenAddress("::1", port: 0)) {}
        #expect(config.listeners.count == 8)
        #expect(fault(of: config) == nil)
    }

    @Test func thereMustBeAnIdentity() {
        var config = ConfigRulesTests.config
        config.identities.removeAll()
        expectFault(config, "identities.count", 0, 1...4)
    }

    @Test func thereMustBeAGroup() {
        var config = ConfigRulesTests.config
        config.tls.groups.removeAll()
        expectFault(config, "tls.groups.count", 0, 1...3)
        config.tls.groups = FixedList([.x25519])
        #expect(fault(of: config) == nil)
    }

    @Test func protocolNamesHaveTheLengthOfTheStandard() {
        var config = ConfigRulesTests.config
        let longest = String(repeating: "p", count: 256)
        longest.withCString { name in
            config.tls.protocols = FixedList(["postern/1", Text(zeroTerminated: name + 1)])
            #expect(fault(of: config) == nil)
            config.tls.protocols = FixedList(["postern/1", Text(zeroTerminated: name)])
            expectFault(config, "tls.protocols.count", 256, 1...255)
        }
        config.tls.protocols = FixedList(["", "postern/1"])
        expectFault(config, "tls.protocols.count", 0, 1...255)
    }

    @Test func aPrefixLeavesRoomForData() {
        var config = ConfigRulesTests.config
        let longest = String(repeating: "p", count: 257)
        longest.withCString { prefix in
            config.service = .respond(
                prefix: Text(zeroTerminated: prefix + 1), maximum: 16_128, closing: false)
            #expect(fault(of: config) == nil)
            config.service = .respond(
                prefix: Text(zeroTerminated: prefix + 1), maximum: 16_129, closing: false)
            expectFault(config, "service.respond.maximum", 16_129, 1...16_128)
            config.service = .respond(prefix: Text(zeroTerminated: prefix), maximum: 1, closing: false)
            expectFault(config, "service.respond.prefix.count", 257, 0...256)
        }
    }

    private static let config = Config(
        port: "test", listeners: FixedList([ListenAddress("127.0.0.1", port: 4433)]),
        identities: FixedList([.files(certificate: "server.crt", key: "server.key")]), connections: 4)

    private func fault(of config: Config) -> ConfigError? {
        do throws(ConfigError) {
            try config.validate()
            return nil
        } catch {
            return error
        }
    }

    private func expectFault(
        _ config: Config, _ field: String, _ value: Int, _ allowed: ClosedRange<Int>,
        _ location: SourceLocation = #_sourceLocation
    ) {
        guard let fault = fault(of: config) else {
            Issue.record("\(field) \(value) was taken", sourceLocation: location)
            return
        }
        guard case .outOfRange(let refused, let found, let range) = fault else {
            Issue.record("\(field) \(value) was refused for another reason", sourceLocation: location)
            return
        }
        #expect(refused.string == field, sourceLocation: location)
        #expect(found == value, sourceLocation: location)
        #expect(range == allowed, sourceLocation: location)
    }
}
