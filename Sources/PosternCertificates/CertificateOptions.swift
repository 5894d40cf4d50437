// The options that a command of `postern certificate` was given. Values are checked here, before anything is
// read.

import PosternCore
import PosternLinux
import PosternTLS
import PosternX509

enum FileForm {
    case pem
    case der

    static func named(_ name: Text) -> FileForm? {
        if name == "pem" { return .pem }
        return name == "der" ? .der : nil
    }
}

struct CertificateOptions {
    static let daysMost = 36_500
    private static let pathLengthMost = 16

    let command: Text
    private(set) var certificate: Text?
    private(set) var key: Text?
    private(set) var request: Text?
    private(set) var crl: Text?
    private(set) var issuer: Text?
    private(set) var issuerKey: Text?
    private(set) var names = FixedList<64, Text>()
    private(set) var allowed = FixedList<64, Text>()
    private(set) var days: Int?
    private(set) var notBefore: Int64?
    private(set) var keyType: KeyType?
    private(set) var profile: CertificateProfile?
    private(set) var pathLength: Int?
    private(set) var reason: RevocationReason?
    private(set) var beforeDays: Int?
    private(set) var makesNewKey = false
    private(set) var usesSameKey = false
    private(set) var form: FileForm?
    private(set) var replaces = false
    private(set) var wantsHelp = false

    /// Reads the words behind a command; it takes the options whose bits are set in `taken`.
    init(
        _ words: CommandLineWords, at index: Int32, of command: Text, taking taken: UInt32
    ) throws(OperatorFault) {
        self.command = command
        words.start(at: index)
        while true {
            switch words.next(CertificateOption.table) {
            case .option(let code, let argument):
                guard let option = CertificateOption(code: code) else { continue }
                guard option == .help || taken & option.bit != 0 else {
                    throw OperatorFault(command, "does not take the option", option)
                }
                try take(option, argument)
            case .unknown(let word):
                throw OperatorFault(usage: "option", word, "is unknown; see postern certificate --help")
            case .missingArgument(let word):
                throw OperatorFault(
                    usage: "option", word, "wants an argument; see postern certificate --help")
            case .end:
                guard let operand = words.operand else { return }
                throw OperatorFault(
                    usage: "argument", operand, "belongs to no option; see postern certificate --help")
            }
        }
    }

    private mutating func take(_ option: CertificateOption, _ argument: Text) throws(OperatorFault) {
        switch option {
        case .certificate: certificate = argument
        case .key: key = argument
        case .request: request = argument
        case .crl: crl = argument
        case .issuer: issuer = argument
        case .issuerKey: issuerKey = argument
        case .name: try append(argument, to: &names, option)
        case .allow: try append(argument, to: &allowed, option)
        case .days: days = try number(argument, option, 1...CertificateOptions.daysMost)
        case .before: beforeDays = try number(argument, option, 1...CertificateOptions.daysMost)
        case .pathLength: pathLength = try number(argument, option, 0...CertificateOptions.pathLengthMost)
        case .newKey: makesNewKey = true
        case .sameKey: usesSameKey = true
        case .force: replaces = true
        case .help: wantsHelp = true
        default: try takeWord(option, argument)
        }
    }

    private mutating func takeWord(_ option: CertificateOption, _ argument: Text) throws(OperatorFault) {
        switch option {
        case .notBefore:
            notBefore = CalendarTime(argument)?.seconds
            guard notBefore != nil else {
                throw OperatorFault(
                    option, argument, "is no time; write 2024-01-01 or 2024-01-01T00:00:00Z")
            }
        case .keyType:
            keyType = KeyType.named(argument)
            guard keyType != nil else {
                throw OperatorFault(
                    option, argument,
                    "names no kind of key; give p256, p384, rsa2048, rsa3072 or rsa4096")
            }
        case .profile:
            profile = CertificateProfile.named(argument)
            guard profile != nil else {
                throw OperatorFault(option, argument, "names no profile; give server, client or peer")
            }
        case .reason:
            reason = RevocationReason.named(argument)
            guard reason != nil else {
                throw OperatorFault { line in
                    line.append("option --reason '")
                    line.append(argument)
                    line.append("' names no reason; give one of ")
                    RevocationReason.appendNames(to: &line)
                }
            }
        default:
            form = FileForm.named(argument)
            guard form != nil else {
                throw OperatorFault(option, argument, "names no form; give pem or der")
            }
        }
    }

    private func append(
        _ argument: Text, to list: inout FixedList<64, Text>, _ option: CertificateOption
    ) throws(OperatorFault) {
        guard list.append(argument) else {
            throw OperatorFault(option, argument, "is one too many; give it at most 64 times")
        }
    }

    private func number(
        _ argument: Text, _ option: CertificateOption, _ range: ClosedRange<Int>
    ) throws(OperatorFault) -> Int {
        var value = argument.isEmpty ? -1 : 0
        for byte in argument.bytes {
            let isDigit = byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
            guard isDigit, value >= 0, value <= range.upperBound else {
                value = -1
                continue
            }
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
        }
        guard range.contains(value) else {
            throw OperatorFault { line in
                line.append("option --")
                line.append(option.text)
                line.append(" '")
                line.append(argument)
                line.append("' is no whole number from ")
                line.append(range.lowerBound)
                line.append(" to ")
                line.append(range.upperBound)
            }
        }
        return value
    }

    /// What a command cannot do without.
    func required(_ value: Text?, _ option: CertificateOption) throws(OperatorFault) -> Text {
        guard let value else { throw OperatorFault(command, "wants the option", option) }
        return value
    }

    /// The names given, or none.
    func nameList() throws(OperatorFault) -> NameList {
        var list = NameList()
        for index in 0..<names.count { try list.append(names[index], option: "option --name") }
        return list
    }

    /// From --not-before, or a day before now, for --days or else so many days.
    func validity(days defaultDays: Int) -> Validity {
        var validity = Validity(days: days ?? defaultDays, from: notBefore ?? Process.unixSeconds())
        if let notBefore { validity.notBefore = notBefore }
        return validity
    }
}
