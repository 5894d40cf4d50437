// The command line: which action, and which fields of the configuration it replaces. Nothing else replaces
// any.

import PosternCore
import PosternLinux
import PosternServer

enum Action {
    case serve
    case testConfig
    case printConfig
    case version
    case help
}

struct Options {
    private(set) var action = Action.serve
    private(set) var config: Config
    private var replacesListeners = false
    private var identityWords = IdentityWords()

    private enum Code {
        static let listen = Int32(UInt8(ascii: "l"))
        static let certificate = Int32(UInt8(ascii: "c"))
        static let key = Int32(UInt8(ascii: "k"))
        static let service = Int32(UInt8(ascii: "s"))
        static let help = Int32(UInt8(ascii: "h"))
        static let logLevel: Int32 = 256
        static let testConfig: Int32 = 257
        static let printConfig: Int32 = 258
        static let version: Int32 = 259
        static let createIdentity: Int32 = 260
        static let watch: Int32 = 261
        static let unknownNames: Int32 = 262
        static let detach: Int32 = 263
        static let pidFile: Int32 = 264
        static let user: Int32 = 265
        static let group: Int32 = 266
        static let chroot: Int32 = 267
        static let inetd: Int32 = 268
    }

    private static let table: InlineArray<_, CommandLineOption> = [
        CommandLineOption("listen", code: Code.listen, takesArgument: true),
        CommandLineOption("certificate", code: Code.certificate, takesArgument: true),
        CommandLineOption("key", code: Code.key, takesArgument: true),
        CommandLineOption("service", code: Code.service, takesArgument: true),
        CommandLineOption("help", code: Code.help, takesArgument: false),
        CommandLineOption("log-level", code: Code.logLevel, takesArgument: true),
        CommandLineOption("test-config", code: Code.testConfig, takesArgument: false),
        CommandLineOption("print-config", code: Code.printConfig, takesArgument: false),
        CommandLineOption("version", code: Code.version, takesArgument: false),
        CommandLineOption("create-identity", code: Code.createIdentity, takesArgument: false),
        CommandLineOption("watch", code: Code.watch, takesArgument: false),
        CommandLineOption("unknown-names", code: Code.unknownNames, takesArgument: true),
        CommandLineOption("detach", code: Code.detach, takesArgument: false),
        CommandLineOption("pidfile", code: Code.pidFile, takesArgument: true),
        CommandLineOption("user", code: Code.user, takesArgument: true),
        CommandLineOption("group", code: Code.group, takesArgument: true),
        CommandLineOption("chroot", code: Code.chroot, takesArgument: true),
        CommandLineOption("inetd", code: Code.inetd, takesArgument: false),
        CommandLineOption("clients", code: ClientWords.clients, takesArgument: true),
        CommandLineOption("ca", code: ClientWords.ca, takesArgument: true),
        CommandLineOption("crl", code: ClientWords.crl, takesArgument: true),
        CommandLineOption("crl-policy", code: ClientWords.crlPolicy, takesArgument: true),
        CommandLineOption("allow", code: ClientWords.allow, takesArgument: true),
        CommandLineOption("pins", code: ClientWords.pins, takesArgument: true),
        CommandLineOption("clock", code: ClientWords.clock, takesArgument: true),
        CommandLineOption("client-depth", code: ClientWords.depth, takesArgument: true),
    ]

    init(_ words: CommandLineWords, at index: Int32, defaults: Config) throws(OperatorFault) {
        config = defaults
        words.start(at: index)
        while true {
            switch words.next(Options.table) {
            case .option(let code, let argument): try take(code, argument)
            case .unknown(let word):
                throw OperatorFault(usage: "option", word, "is unknown; see postern --help")
            case .missingArgument(let word):
                throw OperatorFault(usage: "option", word, "wants an argument; see postern --help")
            case .end:
                guard let operand = words.operand else {
                    try identityWords.replace(in: &config)
                    return
                }
                throw OperatorFault(
                    usage: "argument", operand, "is none that postern knows; see postern --help")
            }
        }
    }

    private mutating func take(_ code: Int32, _ argument: Text) throws(OperatorFault) {
        switch code {
        case Code.listen: try addListener(argument)
        case Code.certificate: try identityWords.addCertificate(argument)
        case Code.key: try identityWords.addKey(argument)
        case Code.service:
            guard let service = BuiltInService.named(argument) else {
                throw OperatorFault(
                    usage: "option --service", argument, "names no service; give echo, respond or discard")
            }
            config.service = service
        case Code.logLevel:
            guard let level = LogLevel.named(argument) else {
                throw OperatorFault(
                    usage: "option --log-level", argument,
                    "names no level; give error, warning, notice, info or debug")
            }
            config.log.level = level
        case Code.testConfig: action = .testConfig
        case Code.printConfig: action = .printConfig
        case Code.version: action = .version
        case Code.createIdentity: identityWords.createsMissing = true
        case Code.watch: config.watchesFiles = true
        case Code.unknownNames:
            guard let unknownNames = UnknownNames.named(argument) else {
                throw OperatorFault(
                    usage: "option --unknown-names", argument, "is none; give use-first or refuse")
            }
            config.unknownNames = unknownNames
        case Code.detach: config.process.detaches = true
        case Code.pidFile: config.process.pidFile = argument
        case Code.user: config.process.user = argument
        case Code.group: config.process.group = argument
        case Code.chroot: config.process.chroot = argument
        case Code.inetd: config.process.inetd = true
        case ClientWords.codes: try ClientWords.take(code, argument, &config.clients)
        default: action = .help
        }
    }

    /// The first one replaces the list of the configuration, the others add to it.
    private mutating func addListener(_ argument: Text) throws(OperatorFault) {
        if !replacesListeners { config.listeners.removeAll() }
        replacesListeners = true
        guard let address = AddressArgument(argument) else {
            throw OperatorFault(
                usage: "option --listen", argument,
                "is no address and port; write 192.0.2.1:4433, [::1]:4433 or localhost:4433, port 0 to 65535"
            )
        }
        if address.host == "localhost" {
            try append(ListenAddress("127.0.0.1", port: address.port))
            try append(ListenAddress("::1", port: address.port))
        } else {
            try append(ListenAddress(HostWords.keep(address.host), port: address.port))
        }
    }

    private mutating func append(_ address: ListenAddress) throws(OperatorFault) {
        guard config.listeners.append(address) else {
            throw OperatorFault { line in
                line.append("too many addresses to listen on; give --listen for at most ")
                line.append(Limits.listeners)
            }
        }
    }
}
