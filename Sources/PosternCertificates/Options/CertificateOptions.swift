// What a command of `postern certificate` that makes or changes something was asked for. Values are checked
// as they are read, before any file is. CertificateOptionTable.swift has the options.

import PosternCore
import PosternIssuing
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
    static let dayRange = 1...36_500
    static let pathLengthRange = 0...16

    let name: CommandName
    var certificate: Text?
    var key: Text?
    var request: Text?
    var crl: Text?
    var adopted: Text?
    var issuer: Text?
    var issuerKey: Text?
    var names = FixedList<64, Text>()
    var allowed = FixedList<64, Text>()
    var permitted = FixedList<16, Text>()
    var excluded = FixedList<16, Text>()
    var days: Int?
    var notBefore: Int64?
    var keyType: KeyType?
    var profile: CertificateProfile?
    var pathLength: Int?
    var reason: RevocationReason?
    var serial: SerialNumber?
    var beforeDays: Int?
    var makesNewKey = false
    var supersedes = false
    var usesSameKey = false
    var form: FileForm?
    var replaces = false
    var wantsHelp = false

    init(_ arguments: Arguments, at index: Int32, of command: IssuingCommand) throws(OperatorError) {
        name = CommandName("postern certificate", command.name, bit: command.bit)
        let name = name
        try arguments.read(CertificateOptions.table, of: name, at: index, into: &self) {
            _, word throws(OperatorError) in
            throw name.error("argument", word, "belongs to no option")
        }
    }

    /// What a command cannot do without.
    func required<Value>(_ value: Value?, _ option: Text) throws(OperatorError) -> Value {
        guard let value else { throw name.error(needs: option) }
        return value
    }

    /// The authority of --issuer and --issuer-key.
    func readIssuer(for purpose: Issuer.SigningPurpose) throws(OperatorError) -> Issuer {
        try Issuer(
            try required(issuer, "--issuer"), key: try required(issuerKey, "--issuer-key"), for: purpose)
    }

    /// The names given, or none. `takesCommonName`: one of them may be such that it is a common name alone.
    func nameList(takesCommonName: Bool) throws(OperatorError) -> NameList {
        var list = NameList()
        for index in 0..<names.count {
            let name = UnsafeRawBufferPointer(names[index].bytes)
            guard CommonName.isName(name) else {
                try list.append(names[index], option: "option --name:")
                continue
            }
            guard takesCommonName else { throw OperatorError(clientsName: names[index], of: "name") }
            guard list.append(commonName: name) else {
                throw OptionArgument(names[index], of: "name").error(
                    "is a second common name; a certificate has one, leave out the other")
            }
        }
        return list
    }

    /// From --not-before, or a day before now, for --days or else so many days.
    func validity(days defaultDays: Int) -> Validity {
        var validity = Validity(days: days ?? defaultDays, from: notBefore ?? IssuingClock.seconds())
        if let notBefore { validity.notBefore = notBefore }
        return validity
    }
}

extension OptionArgument {
    /// Seconds since 1970 of a time in UTC.
    func time() throws(OperatorError) -> Int64 {
        guard let time = CalendarTime(text) else {
            throw error("is not a time; write 2024-01-01 or 2024-01-01T00:00:00Z")
        }
        return time.seconds
    }

    func serialNumber() throws(OperatorError) -> SerialNumber {
        guard let serial = SerialNumber(text) else {
            throw error("is not a serial number; give 1 to 20 bytes in hexadecimal, not all zero")
        }
        return serial
    }

    func revocationReason() throws(OperatorError) -> RevocationReason {
        guard let reason = RevocationReason.named(text) else {
            throw OperatorError { line in
                line.append("option --reason: '")
                line.append(text)
                line.append("' is not valid; use one of ")
                RevocationReason.appendNames(to: &line)
            }
        }
        return reason
    }
}

extension OperatorError {
    /// Of a common name that is no alternative name, where a server's names are asked for.
    init(clientsName text: Text, of option: Text) {
        self.init { line in
            OptionArgument(text, of: option).append(to: &line)
            line.append(
                "is not a name of a server, but a common name that a client may have (--profile client); ")
            line.append(GeneralName.hint)
        }
    }
}
