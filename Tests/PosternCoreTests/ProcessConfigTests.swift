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
        do throws(ConfigError) {
            try config.validate()
            Issue.record("a relative root was taken")
        } catch {
            guard case .unfit(let field, _) = error else {
                Issue.record("refused for another reason")
                return
            }
            #expect(field.string == "process.chroot")
        }
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
