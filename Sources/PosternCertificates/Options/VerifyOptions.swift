// What postern certificate verify was asked for.

import PosternCore
import PosternIssuing
import PosternLinux
import PosternX509

struct VerifyOptions {
    var certificate: Text?
    var authorities = FixedList<8, Text>()
    var intermediates = FixedList<8, Text>()
    var revocationLists = FixedList<8, Text>()
    var names = FixedList<16, Text>()
    var purpose = CertificatePurpose.any
    /// Seconds since 1970.
    var time = Process.unixSeconds()
    var intermediatesMax = Limits.pathIntermediates
    var wantsJSON = false
    var wantsHelp = false

    static let command = CommandName("postern certificate", VerifyCommand.name)

    init(_ arguments: Arguments, at index: Int32) throws(OperatorError) {
        try arguments.read(VerifyOptions.table, of: VerifyOptions.command, at: index, into: &self) {
            options, word throws(OperatorError) in
            try options.setCertificate(word)
        }
    }

    mutating func setCertificate(_ file: Text) throws(OperatorError) {
        guard certificate == nil else {
            throw OperatorError(
                usage: "argument", file, "is a second certificate; give the others with --intermediates")
        }
        certificate = file
    }

    mutating func addName(_ argument: OptionArgument) throws(OperatorError) {
        let name = GeneralName(argument.text)
        guard name != nil || CommonName.isName(UnsafeRawBufferPointer(argument.text.bytes)) else {
            throw OperatorError(notName: argument.text, option: "option --name:")
        }
        if case .wildcard? = name?.kind {
            throw argument.error("is a wildcard; give the one name that is looked for")
        }
        try argument.append(to: &names)
    }
}
