// postern certificate show: what is in a certificate, a request, a revocation list or a chain of them.

import PosternCore
import PosternLinux
import PosternTLS
import PosternX509

enum ShowCommand {
    static let name: Text = "show"

    private enum Code {
        static let certificate = Int32(UInt8(ascii: "c"))
        static let help = Int32(UInt8(ascii: "h"))
        static let request: Int32 = 256
        static let revocationList: Int32 = 257
        static let json: Int32 = 258
    }

    private static let table: InlineArray<5, CommandLineOption> = [
        CommandLineOption("certificate", code: Code.certificate, takesArgument: true),
        CommandLineOption("help", code: Code.help, takesArgument: false),
        CommandLineOption("request", code: Code.request, takesArgument: true),
        CommandLineOption("crl", code: Code.revocationList, takesArgument: true),
        CommandLineOption("json", code: Code.json, takesArgument: false),
    ]

    private struct Options {
        var file: Text?
        var wantsJSON = false
        var wantsHelp = false

        mutating func setFile(_ word: Text) throws(OperatorFault) {
            guard file == nil else {
                throw OperatorFault(usage: "argument", word, "is a second file; show one after the other")
            }
            file = word
        }
    }

    static func run(_ words: CommandLineWords, at index: Int32) throws(OperatorFault) -> Int32 {
        let options = try read(words, at: index)
        if options.wantsHelp {
            for index in 0..<helpLines.count { StandardOutput.write { $0.append(helpLines[index]) } }
            return 0
        }
        guard let file = options.file else {
            throw OperatorFault { line in
                line.append("certificate show wants a file; see postern certificate show --help")
            }
        }
        let memory = try DocumentFile.allocate(Limits.authorityFileBytes)
        let documents = try DocumentFile.documents(
            of: file, "document", option: "--certificate", .any,
            called: "certificate, request or revocation list", into: memory)
        try check(documents, file)
        var output = DocumentOutput(isJSON: options.wantsJSON)
        var reader = DERReader(documents)
        while let document = try? reader.next() { output.show(document.whole) }
        output.end()
        return 0
    }

    private static func read(_ words: CommandLineWords, at index: Int32) throws(OperatorFault) -> Options {
        var options = Options()
        words.start(at: index)
        while true {
            switch words.next(table) {
            case .option(let code, let argument):
                switch code {
                case Code.json: options.wantsJSON = true
                case Code.help: options.wantsHelp = true
                default: try options.setFile(argument)
                }
            case .unknown(let word):
                throw OperatorFault(
                    usage: "option", word, "is unknown; see postern certificate show --help")
            case .missingArgument(let word):
                throw OperatorFault(
                    usage: "option", word, "wants an argument; see postern certificate show --help")
            case .end:
                guard let operand = words.operand else { return options }
                try options.setFile(operand)
                words.skipOperand()
            }
        }
    }

    /// All of them can be read, before the first is shown.
    private static func check(_ documents: UnsafeRawBufferPointer, _ file: Text) throws(OperatorFault) {
        var reader = DERReader(documents)
        do throws(DERFault) {
            while !reader.isEmpty {
                let document = try reader.next().whole
                switch DocumentKind(document) {
                case .certificate: _ = try Certificate(document)
                case .request: _ = try CertificateRequest(document)
                case .revocationList: try check(try RevocationList(document))
                case nil: throw DERFault.badValue
                }
            }
        } catch {
            throw OperatorFault(
                .unreadable, "document", file: file, holds: "certificate, request or revocation list",
                option: "--certificate")
        }
    }

    private static func check(_ list: RevocationList) throws(DERFault) {
        var entries = DERReader(list.entries)
        while try RevocationList.next(&entries) != nil {}
    }

    private static let helpLines: InlineArray<16, Text> = [
        "usage: postern certificate show FILE [--json]",
        "",
        "Shows what is in a file: certificates, requests and revocation lists, in PEM",
        "or DER, one or several. The fingerprint is the SHA-256 of a certificate, the",
        "pin that of its public key (SubjectPublicKeyInfo), as pin lists have it.",
        "",
        "  -c, --certificate FILE     the file; --request and --crl say the same",
        "      --request FILE",
        "      --crl FILE",
        "      --json                 one JSON object",
        "  -h, --help                 print this",
        "",
        "Nothing is judged here; see postern certificate verify.",
        "",
        "Exit codes: 0 done; 1 output cannot be written; 2 a bad option, or a file",
        "that cannot be read.",
    ]
}
