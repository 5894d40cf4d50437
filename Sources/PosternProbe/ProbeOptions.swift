// The command line of postern probe.

import PosternCore
import PosternLinux
import PosternTLS
import PosternX509

struct ProbeOptions {
    /// What --tls leaves on offer.
    enum Versions { case both, only12, only13 }

    private(set) var isHelp = false
    /// The operand, HOST:PORT.
    private(set) var target: Text = ""
    private(set) var host: Text = ""
    private(set) var port: UInt16 = 0
    private(set) var authorities: Text?
    private(set) var verifies = true
    private(set) var checksName = true
    /// What the certificate must be for, and what the server is asked for. Without --name the host.
    private(set) var name: Text = ""
    private(set) var certificate: Text?
    private(set) var key: Text?
    private(set) var versions = Versions.both
    private(set) var protocols = FixedList<4, Text>()
    /// Further connections.
    private(set) var resumptions = 0
    private(set) var timeoutSeconds: Int?
    private(set) var isJSON = false

    /// Further connections: each is one full answer of a server; more measure nothing new.
    static let resumptionsMost = 100
    /// A day; a larger number is a mistake of unit.
    private static let timeoutSecondsMost = 86_400

    private enum Code {
        static let help = Int32(UInt8(ascii: "h"))
        static let certificate = Int32(UInt8(ascii: "c"))
        static let key = Int32(UInt8(ascii: "k"))
        static let authorities: Int32 = 256
        static let noVerify: Int32 = 257
        static let noHostnameCheck: Int32 = 258
        static let name: Int32 = 259
        static let tls: Int32 = 260
        static let alpn: Int32 = 261
        static let resume: Int32 = 262
        static let timeout: Int32 = 263
        static let json: Int32 = 264
    }

    private static let table: InlineArray<12, CommandLineOption> = [
        CommandLineOption("ca", code: Code.authorities, takesArgument: true),
        CommandLineOption("no-verify", code: Code.noVerify, takesArgument: false),
        CommandLineOption("no-hostname-check", code: Code.noHostnameCheck, takesArgument: false),
        CommandLineOption("name", code: Code.name, takesArgument: true),
        CommandLineOption("certificate", code: Code.certificate, takesArgument: true),
        CommandLineOption("key", code: Code.key, takesArgument: true),
        CommandLineOption("tls", code: Code.tls, takesArgument: true),
        CommandLineOption("alpn", code: Code.alpn, takesArgument: true),
        CommandLineOption("resume", code: Code.resume, takesArgument: true),
        CommandLineOption("timeout", code: Code.timeout, takesArgument: true),
        CommandLineOption("json", code: Code.json, takesArgument: false),
        CommandLineOption("help", code: Code.help, takesArgument: false),
    ]

    init(_ words: CommandLineWords, at index: Int32) throws(OperatorFault) {
        words.start(at: index)
        while true {
            switch words.next(ProbeOptions.table) {
            case .option(let code, let argument): try take(code, argument)
            case .unknown(let word):
                throw OperatorFault(usage: "option", word, "is unknown; see postern probe --help")
            case .missingArgument(let word):
                throw OperatorFault(usage: "option", word, "wants an argument; see postern probe --help")
            case .end:
                guard let operand = words.operand else {
                    try check()
                    return
                }
                // Options may follow the operand as well.
                try takeTarget(operand)
                words.skipOperand()
            }
        }
    }

    private mutating func take(_ code: Int32, _ argument: Text) throws(OperatorFault) {
        switch code {
        case Code.authorities: authorities = argument
        case Code.noVerify: verifies = false
        case Code.noHostnameCheck: checksName = false
        case Code.name:
            guard ProbeOptions.isServerName(argument) else {
                throw OperatorFault(
                    usage: "option --name", argument,
                    "is no name of a server; give a DNS name or an IP address")
            }
            name = argument
        case Code.certificate: certificate = argument
        case Code.key: key = argument
        case Code.tls: try takeVersion(argument)
        case Code.alpn:
            guard argument.count > 0, argument.count < 256 else {
                throw OperatorFault(
                    usage: "option --alpn", argument, "is no protocol name; give 1 to 255 bytes")
            }
            guard protocols.append(argument) else {
                throw OperatorFault(usage: "option --alpn", argument, "is one too many; give at most 4")
            }
        case Code.resume:
            resumptions = try number(argument, "option --resume", 1...ProbeOptions.resumptionsMost)
        case Code.timeout:
            timeoutSeconds = try number(argument, "option --timeout", 1...ProbeOptions.timeoutSecondsMost)
        case Code.json: isJSON = true
        default: isHelp = true
        }
    }

    private mutating func takeVersion(_ argument: Text) throws(OperatorFault) {
        if argument == "1.2" {
            versions = .only12
        } else if argument == "1.3" {
            versions = .only13
        } else {
            throw OperatorFault(usage: "option --tls", argument, "is no version to offer; give 1.2 or 1.3")
        }
        guard versions != .only13 || TLSContext.hasTLS13 else {
            throw OperatorFault { line in
                line.append("option --tls '1.3' needs Mbed TLS 3.6 and this program has ")
                line.appendLibraryVersion()
                line.append(", which ends at TLS 1.2; give 1.2")
            }
        }
    }

    private mutating func takeTarget(_ operand: Text) throws(OperatorFault) {
        guard target.isEmpty else {
            throw OperatorFault(usage: "argument", operand, "is one too many; give one HOST:PORT")
        }
        guard let address = AddressArgument(operand), address.port > 0,
            let host = HostWord.keep(address.host)
        else {
            throw OperatorFault(
                usage: "argument", operand,
                "is no host and port; write example.org:443, 192.0.2.1:4433 or [::1]:4433")
        }
        target = operand
        self.host = host
        port = address.port
    }

    /// What only all options together show.
    private mutating func check() throws(OperatorFault) {
        if isHelp { return }
        guard !target.isEmpty else {
            throw OperatorFault { line in line.append("probe wants HOST:PORT; see postern probe --help") }
        }
        guard (certificate == nil) == (key == nil) else {
            throw OperatorFault { line in
                line.append("options --certificate and --key come in pairs; give both")
            }
        }
        guard verifies || authorities == nil else {
            throw OperatorFault { line in
                line.append("options --ca and --no-verify contradict each other; give one of them")
            }
        }
        if name.isEmpty { name = HostWord.nameToCheck(host) }
        guard !verifies || !checksName || ProbeOptions.isServerName(name) else {
            throw OperatorFault(
                usage: "host", host, "cannot be in a certificate; give the server's name with --name")
        }
    }

    private func number(_ argument: Text, _ option: Text, _ range: ClosedRange<Int>) throws(OperatorFault)
        -> Int
    {
        var value = 0
        var isNumber = argument.count > 0 && argument.count < 7
        for byte in argument.bytes {
            isNumber = isNumber && byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
            if isNumber { value = value * 10 + Int(byte - UInt8(ascii: "0")) }
        }
        guard isNumber, range.contains(value) else {
            throw OperatorFault { line in
                line.append(option)
                line.append(" '")
                line.append(argument)
                line.append("' is no number in reach; give ")
                line.append(range.lowerBound)
                line.append(" to ")
                line.append(range.upperBound)
            }
        }
        return value
    }

    /// What a certificate of a server can be for, and be asked for.
    private static func isServerName(_ text: Text) -> Bool {
        guard let name = GeneralName(text) else { return false }
        return name.kind == .dnsName || name.kind == .address4 || name.kind == .address6
    }

    /// The name that the server is asked for in the handshake; addresses are not (RFC 6066, section 3).
    var serverName: Text? {
        guard let general = GeneralName(name) else { return nil }
        return general.kind == .dnsName ? name : nil
    }
}
