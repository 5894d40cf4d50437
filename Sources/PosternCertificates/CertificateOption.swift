// The names of the options of `postern certificate`: the same ones in all commands.

import PosternCore
import PosternLinux

enum CertificateOption: Int32 {
    case certificate
    case key
    case request
    case crl
    case issuer
    case issuerKey
    case name
    case allow
    case days
    case notBefore
    case keyType
    case profile
    case pathLength
    case reason
    case before
    case newKey
    case sameKey
    case form
    case force
    case help

    /// Its place in the set of options that a command takes.
    var bit: UInt32 { 1 &<< UInt32(rawValue) }

    /// Its name without the dashes.
    var text: Text { CertificateOption.table[Int(rawValue)].name }

    init?(code: Int32) {
        let help = CertificateOption.help.rawValue
        self.init(rawValue: code == CertificateOption.helpCode ? help : code - CertificateOption.firstCode)
    }

    /// Above what a letter could be.
    private static let firstCode: Int32 = 256
    private static let helpCode = Int32(UInt8(ascii: "h"))

    /// In the order of the cases.
    static let table: InlineArray<20, CommandLineOption> = [
        CommandLineOption("certificate", code: 256, takesArgument: true),
        CommandLineOption("key", code: 257, takesArgument: true),
        CommandLineOption("request", code: 258, takesArgument: true),
        CommandLineOption("crl", code: 259, takesArgument: true),
        CommandLineOption("issuer", code: 260, takesArgument: true),
        CommandLineOption("issuer-key", code: 261, takesArgument: true),
        CommandLineOption("name", code: 262, takesArgument: true),
        CommandLineOption("allow", code: 263, takesArgument: true),
        CommandLineOption("days", code: 264, takesArgument: true),
        CommandLineOption("not-before", code: 265, takesArgument: true),
        CommandLineOption("key-type", code: 266, takesArgument: true),
        CommandLineOption("profile", code: 267, takesArgument: true),
        CommandLineOption("path-length", code: 268, takesArgument: true),
        CommandLineOption("reason", code: 269, takesArgument: true),
        CommandLineOption("before", code: 270, takesArgument: true),
        CommandLineOption("new-key", code: 271, takesArgument: false),
        CommandLineOption("same-key", code: 272, takesArgument: false),
        CommandLineOption("form", code: 273, takesArgument: true),
        CommandLineOption("force", code: 274, takesArgument: false),
        CommandLineOption("help", code: helpCode, takesArgument: false),
    ]
}

extension OperatorFault {
    /// option --days '0' problem
    @inline(never) init(_ option: CertificateOption, _ argument: Text, _ problem: Text) {
        self.init { line in
            line.append("option --")
            line.append(option.text)
            line.append(" '")
            line.append(argument)
            line.append("' ")
            line.append(problem)
        }
    }

    /// certificate sign wants the option --request; see postern certificate sign --help
    @inline(never) init(_ command: Text, _ problem: Text, _ option: CertificateOption) {
        self.init { line in
            line.append("certificate ")
            line.append(command)
            line.append(" ")
            line.append(problem)
            line.append(" --")
            line.append(option.text)
            line.append("; see postern certificate ")
            line.append(command)
            line.append(" --help")
        }
    }
}
