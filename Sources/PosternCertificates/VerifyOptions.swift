// The options of postern certificate verify.

import PosternCore
import PosternLinux
import PosternX509

struct VerifyOptions {
    private(set) var certificate: Text?
    private(set) var authorities = FixedList<8, Text>()
    private(set) var intermediates = FixedList<8, Text>()
    private(set) var revocationLists = FixedList<8, Text>()
    private(set) var names = FixedList<16, Text>()
    private(set) var purpose = CertificatePurpose.any
    /// Seconds since 1970.
    private(set) var time = Process.unixSeconds()
    private(set) var intermediatesMost = Limits.pathIntermediates
    private(set) var wantsJSON = false
    private(set) var wantsHelp = false

    private enum Code {
        static let certificate = Int32(UInt8(ascii: "c"))
        static let help = Int32(UInt8(ascii: "h"))
        static let authority: Int32 = 256
        static let intermediates: Int32 = 257
        static let revocationList: Int32 = 258
        static let name: Int32 = 259
        static let purpose: Int32 = 260
        static let time: Int32 = 261
        static let depth: Int32 = 262
        static let json: Int32 = 263
    }

    private static let table: InlineArray<10, CommandLineOption> = [
        CommandLineOption("certificate", code: Code.certificate, takesArgument: true),
        CommandLineOption("help", code: Code.help, takesArgument: false),
        CommandLineOption("ca", code: Code.authority, takesArgument: true),
        CommandLineOption("intermediates", code: Code.intermediates, takesArgument: true),
        CommandLineOption("crl", code: Code.revocationList, takesArgument: true),
        CommandLineOption("name", code: Code.name, takesArgument: true),
        CommandLineOption("purpose", code: Code.purpose, takesArgument: true),
        CommandLineOption("at", code: Code.time, takesArgument: true),
        CommandLineOption("max-depth", code: Code.depth, takesArgument: true),
        CommandLineOption("json", code: Code.json, takesArgument: false),
    ]

    init(_ words: CommandLineWords, at index: Int32) throws(OperatorFault) {
        words.start(at: index)
        while true {
            switch words.next(VerifyOptions.table) {
            case .option(let code, let argument): try take(code, argument)
            case .unknown(let word):
                throw OperatorFault(
                    usage: "option", word, "is unknown; see postern certificate verify --help")
            case .missingArgument(let word):
                throw OperatorFault(
                    usage: "option", word, "wants an argument; see postern certificate verify --help")
            case .end:
                guard let operand = words.operand else { return }
                try setCertificate(operand)
                words.skipOperand()
            }
        }
    }

    private mutating func take(_ code: Int32, _ argument: Text) throws(OperatorFault) {
        switch code {
        case Code.certificate: try setCertificate(argument)
        case Code.authority: try VerifyOptions.append(argument, "--ca", to: &authorities)
        case Code.intermediates:
            try VerifyOptions.append(argument, "--intermediates", to: &intermediates)
        case Code.revocationList: try VerifyOptions.append(argument, "--crl", to: &revocationLists)
        case Code.name: try addName(argument)
        case Code.purpose: try setPurpose(argument)
        case Code.time:
            guard let moment = CalendarTime(argument) else {
                throw OperatorFault(
                    usage: "option --at", argument, "is no time; write it as 2024-01-01T00:00:00Z")
            }
            time = moment.seconds
        case Code.depth: try setDepth(argument)
        case Code.json: wantsJSON = true
        default: wantsHelp = true
        }
    }

    private mutating func setCertificate(_ file: Text) throws(OperatorFault) {
        guard certificate == nil else {
            throw OperatorFault(
                usage: "argument", file, "is a second certificate; give the others with --intermediates")
        }
        certificate = file
    }

    private static func append<let most: Int>(
        _ word: Text, _ option: Text, to list: inout FixedList<most, Text>
    ) throws(OperatorFault) {
        guard list.append(word) else {
            throw OperatorFault { line in
                line.append("too many options ")
                line.append(option)
                line.append("; give at most ")
                line.append(most)
            }
        }
    }

    private mutating func addName(_ word: Text) throws(OperatorFault) {
        guard let name = GeneralName(word) else {
            throw OperatorFault { line in
                line.append("option --name '")
                line.append(word)
                line.append("' is no name; ")
                line.append(GeneralName.hint)
            }
        }
        if case .wildcard = name.kind {
            throw OperatorFault(
                usage: "option --name", word, "is a wildcard; give the one name that is looked for")
        }
        try VerifyOptions.append(word, "--name", to: &names)
    }

    private mutating func setPurpose(_ word: Text) throws(OperatorFault) {
        if word == "server" {
            purpose = .server
        } else if word == "client" {
            purpose = .client
        } else {
            throw OperatorFault(usage: "option --purpose", word, "is none; give server or client")
        }
    }

    private mutating func setDepth(_ word: Text) throws(OperatorFault) {
        guard word.count == 1, case let digit = word.start[0] &- UInt8(ascii: "0"),
            digit <= Limits.pathIntermediates
        else {
            throw OperatorFault { line in
                line.append("option --max-depth '")
                line.append(word)
                line.append("' is no number of authorities between certificate and CA; give 0 to ")
                line.append(Limits.pathIntermediates)
            }
        }
        intermediatesMost = Int(digit)
    }
}
