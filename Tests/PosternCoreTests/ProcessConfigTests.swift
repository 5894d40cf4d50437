// Names of files, as they are outside of a new root and inside of it.

import PosternCore
import Testing

struct ProcessChoicesTests {
    @Test(arguments: [
        ("/srv/jail/etc/key", "/srv/jail", "/etc/key"), ("/srv/jail/key", "/srv/jail/", "/key"),
        ("/srv/jail/key", "/srv/jail///", "/key"), ("/srv/jail/", "/srv/jail", "/"), ("/key", "/", "/key"),
        ("/srv/jail//key", "/srv/jail", "//key"),
    ])
    func below(_ file: String, _ folder: String, _ inside: String) {
        withTexts(file, folder) { file, folder in
            #expect(file.below(folder)?.string == inside)
        }
    }

    @Test(arguments: [
        ("/srv/jailer/key", "/srv/jail"), ("/srv/jail", "/srv/jail"), ("/srv/jail", "/srv/jail/"),
        ("srv/jail/key", "/srv/jail"), ("key", "/"), ("", "/"), ("", ""), ("/srv", "/srv/jail"),
        ("/SRV/jail/key", "/srv/jail"),
    ])
    func notBelow(_ file: String, _ folder: String) {
        withTexts(file, folder) { file, folder in
            #expect(file.below(folder)?.string == nil)
        }
    }

    @Test func enterRenamesWhatIsBelow() {
        var config = config("/srv/jail/a.crt", "/etc/a.key")
        config.enter(root: "/srv/jail")
        #expect(config.identities[0].certificate.string == "/a.crt")
        #expect(config.identities[0].key.string == "/etc/a.key")
    }

    @Test func aLocalSocketIsBelowTheRootAndRenamed() {
        var config = config("/srv/jail/a.crt", "/srv/jail/a.key")
        config.forward.routes = FixedList([
            Route(to: .host("127.0.0.1", port: 80)), Route("a", to: .unix("/srv/jail/run/app.sock")),
        ])
        config.process.chroot = "/srv/jail"
        #expect(fault(of: config) == nil)
        config.enter(root: "/srv/jail")
        #expect(Line.with { config.forward.routes[0].target.append(to: &$0) } == "127.0.0.1:80")
        #expect(Line.with { config.forward.routes[1].target.append(to: &$0) } == "unix:/run/app.sock")
        #expect(fault(of: config) == "forward.routes")
    }

    private func fault(of config: Config) -> String? {
        do throws(ConfigError) {
            try config.validate()
            return nil
        } catch {
            guard case .unfit(let field, _) = error else { return "out of range" }
            return field.string
        }
    }

    @Test func relativeFiles() {
        #expect(!config("/a.crt", "/a.key").hasRelativeFiles)
        #expect(config("a.crt", "/a.key").hasRelativeFiles)
        #expect(config("/a.crt", "a.key").hasRelativeFiles)
        var named = config("/a.crt", "/a.key")
        named.process.pidFile = "/run/postern.pid"
        #expect(!named.hasRelativeFiles)
        named.process.pidFile = "postern.pid"
        #expect(named.hasRelativeFiles)
    }

    @Test func chrootIsAbsolute() {
        var config = config("/a.crt", "/a.key")
        config.process.chroot = "jail"
        #expect(fault(of: config) == "process.chroot")
    }

    private func config(_ certificate: Text, _ key: Text) -> Config {
        Config(
            port: "test", listeners: FixedList([ListenAddress("127.0.0.1", port: 4433)]),
            identities: FixedList([.files(certificate: certificate, key: key)]), connections: 4)
    }

    private func withTexts(_ first: String, _ second: String, _ body: (Text, Text) -> Void) {
        first.withCString { first in
            second.withCString { second in
                body(Text(zeroTerminated: first), Text(zeroTerminated: second))
            }
        }
    }
}
