// Targets and durations as text, which routes a server name has, and what is wrong with a configuration that
// forwards.

import PosternCore
import Testing

struct ForwardConfigTests {
    /// Memory of a test lasts as long as the program.
    private func makeText(_ string: String) -> Text {
        let characters = string.utf8CString
        let start = UnsafeMutableBufferPointer<CChar>.allocate(capacity: characters.count)
        _ = start.initialize(from: characters)
        return Text(zeroTerminated: UnsafePointer(start.baseAddress!))
    }

    private func parse(_ string: String) -> Target? {
        Target.parse(makeText(string)) { makeText(String(decoding: $0, as: UTF8.self)) }
    }

    @Test(arguments: [
        "127.0.0.1:8080", "[2001:db8::1]:443", "app.home:65535", "unix:/run/app.sock", "[fe80::1%eth0]:80",
        "unix:/with space:80",
    ])
    func targetsAreWrittenAsTheyAreRead(string: String) throws {
        let target = try #require(parse(string))
        #expect(target.fault == nil)
        #expect(Line.with { target.append(to: &$0) } == string)
    }

    @Test(arguments: [
        "", "127.0.0.1", "::1:80", "[::1]", ":80", "app.home:http", "app.home:65536", "http://app:80",
    ])
    func otherTextIsNoTarget(string: String) { #expect(parse(string) == nil) }

    @Test(arguments: [
        "127.0.0.1:0", "unix:", "unix:run/app.sock", "-a:80", "127.0.0:80", "a b:80", "1.2.3.4%eth0:80",
        "[fe80::1%]:80",
        "unix:/" + String(repeating: "a", count: 107),
    ])
    func targetsThatNothingCanConnectToHaveAFault(string: String) throws {
        #expect(try #require(parse(string)).fault != nil)
    }

    @Test func aPathOfAsManyBytesAsASocketHasIsTaken() throws {
        #expect(try #require(parse("unix:/" + String(repeating: "a", count: 106))).fault == nil)
    }

    @Test func aTargetThatCannotBeKeptIsNone() {
        #expect(Target.parse("127.0.0.1:80") { _ in nil } == nil)
    }

    private static let forward = ForwardConfig(
        routes: FixedList([
            Route("www.home", to: .host("127.0.0.1", port: 1)),
            Route("*.home", to: .host("127.0.0.1", port: 2)),
            Route(to: .host("127.0.0.1", port: 3)), Route("WWW.home", to: .host("127.0.0.1", port: 4)),
            Route(to: .unix("/run/app.sock")), Route("*.cam.home", to: .host("127.0.0.1", port: 5)),
        ]))

    @Test(
        arguments: [
            (nil, 0b010100), ("www.home", 0b001001), ("WWW.HOME", 0b001001), ("a.home", 0b000010),
            ("a.cam.home", 0b100000), ("cam.home", 0b000010), ("a.b.home", 0b010100), ("home", 0b010100),
            ("", 0b010100),
            ("*.home", 0b010100), (".home", 0b010100), ("www.home.", 0b010100), ("ww", 0b010100),
        ] as [(String?, UInt32)])
    func theBestNameCounts(name: String?, expected: UInt32) {
        let forward = ForwardConfigTests.forward
        guard let name else {
            #expect(forward.routes(for: nil) == expected)
            return
        }
        Array(name.utf8).withUnsafeBytes { #expect(forward.routes(for: $0) == expected) }
    }

    @Test func withoutADefaultOtherNamesHaveNoRoute() {
        let forward = ForwardConfig(routes: FixedList([Route("www.home", to: .unix("/run/app.sock"))]))
        #expect(forward.routes(for: nil) == 0)
        Array("a.home".utf8).withUnsafeBytes { #expect(forward.routes(for: $0) == 0) }
        #expect(ForwardConfig.none.routes(for: nil) == 0)
    }

    private func wrongField(of config: Config) -> String? {
        do throws(ConfigError) {
            try config.validate()
            return nil
        } catch {
            switch error {
            case .outOfRange(let field, _, _), .unfit(let field, _): return field.string
            }
        }
    }

    private static let config = Config(
        port: "test", listeners: FixedList([ListenAddress("127.0.0.1", port: 4433)]),
        identities: FixedList([.files(certificate: "server.crt", key: "server.key")]), forward: forward,
        connections: 4)

    @Test func routesAreTakenUpToTheirNumbers() {
        var config = ForwardConfigTests.config
        #expect(config.forwards && wrongField(of: config) == nil)
        config.forward.routes = FixedList()
        #expect(!config.forwards && wrongField(of: config) == nil)
        for _ in 0..<4 { _ = config.forward.routes.append(Route(to: .unix("/a"))) }
        for _ in 0..<8 { _ = config.forward.routes.append(Route("*.a", to: .unix("/a"))) }
        #expect(wrongField(of: config) == nil)
        config.forward.routes[0].serverName = "b"
        #expect(wrongField(of: config) == "forward.routes with a server name")
        config.forward.routes[0].serverName = nil
        config.forward.routes[5].serverName = nil
        #expect(wrongField(of: config) == "forward.routes without a server name")
    }

    @Test(arguments: ["", "*", "*.", "a.*", "**.a", "1.2.3.4", "a..b", "*.*.a", "a b", "*.1"])
    func namesThatNoClientAsksForAreRefused(name: String) {
        var config = ForwardConfigTests.config
        config.forward.routes[0].serverName = makeText(name)
        #expect(wrongField(of: config) == "forward.routes")
    }

    @Test func targetsNetworksAndServicesThatDoNotFitAreRefused() {
        var config = ForwardConfigTests.config
        config.forward.routes[0].target = .unix("run/app.sock")
        #expect(wrongField(of: config) == "forward.routes")
        config = ForwardConfigTests.config
        config.forward.proxyFrom = FixedList(["10.0.0.0/8", "fd00::1/8"])
        #expect(wrongField(of: config) == "forward.proxyFrom")
        for service in [BuiltInService.article, .discard] {
            config = ForwardConfigTests.config
            config.service = service
            #expect(wrongField(of: config) == "service")
            config.forward = .none
            #expect(wrongField(of: config) == nil)
        }
    }

    @Test func whatHasNoEffectWithoutAServiceBehindIsRefused() {
        var config = ForwardConfigTests.config
        config.forward.sendProxy = .version2
        config.forward.missingCloseNotify = .close
        #expect(wrongField(of: config) == nil)
        config.forward.routes.removeAll()
        #expect(wrongField(of: config) == "forward.sendProxy")
        config.forward.sendProxy = .never
        #expect(wrongField(of: config) == "forward.missingCloseNotify")
        config.forward.missingCloseNotify = .reset
        config.forward.proxyFrom = FixedList(["10.0.0.0/8"])
        #expect(wrongField(of: config) == nil)
    }

    @Test func whoForwardsWaitsLonger() {
        var config = ForwardConfigTests.config
        #expect(config.idleMilliseconds == 3_600_000)
        config.deadlines.idleMilliseconds = 0
        #expect(config.idleMilliseconds == 0)
        config.deadlines.idleMilliseconds = 7
        #expect(config.idleMilliseconds == 7)
        config.deadlines.idleMilliseconds = nil
        config.forward.routes = FixedList()
        #expect(config.idleMilliseconds == 60_000)
    }

    @Test(
        arguments: [
            ("0", 0), ("90s", 90_000), ("10min", 600_000), ("2h", 7_200_000), ("500ms", 500), ("0s", 0),
            ("24h", 86_400_000),
            ("86400000ms", 86_400_000), ("86400001ms", nil), ("25h", nil), ("90", nil), ("1.5h", nil),
            ("-1s", nil),
            ("s", nil), ("", nil), ("10 min", nil), ("10m", nil), ("10MIN", nil), ("10mins", nil),
            ("1h30min", nil),
            ("99999999999999999999s", nil), ("18446744073709551616ms", nil),
        ] as [(String, Int?)])
    func durations(string: String, milliseconds: Int?) {
        #expect(
            DurationArgument.milliseconds(makeText(string), upTo: Limits.deadlineMillisecondsMax)
                == milliseconds
        )
    }
}
