// postern certificate show: what is in a certificate, a request, a revocation list or a chain of them.

import PosternCore
import PosternIssuing
import PosternLinux
import PosternTLS
import PosternX509

enum ShowCommand {
    static let name: Text = "show"

    static func run(_ arguments: Arguments, at index: Int32) throws(OperatorError) -> Int32 {
        let options = try ShowOptions(arguments, at: index)
        if options.wantsHelp {
            printHelp()
            return 0
        }
        guard let file = options.file else {
            throw ShowOptions.command.error(needs: "a file")
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

    /// All of them can be read, before the first is shown.
    private static func check(_ documents: UnsafeRawBufferPointer, _ file: Text) throws(OperatorError) {
        var reader = DERReader(documents)
        do throws(DERError) {
            while !reader.isEmpty {
                let document = try reader.next().whole
                switch DocumentKind(document) {
                case .certificate: _ = try Certificate(document)
                case .request: _ = try CertificateRequest(document)
                case .revocationList: try check(try RevocationList(document))
                case nil: throw DERError.badValue
                }
            }
        } catch {
            throw OperatorError(
                .unreadable, "document", file: file, holds: "certificate, request or revocation list",
                option: "--certificate")
        }
    }

    private static func check(_ list: RevocationList) throws(DERError) {
        var entries = DERReader(list.entries)
        while try RevocationList.next(&entries) != nil {}
    }

    private static func printHelp() {
        StandardOutput.write(
            text: """
                usage: postern certificate show FILE [--json]

                Prints what is in a file: certificates, requests and CRLs, in PEM or DER, one
                or several. The fingerprint is the SHA-256 of a certificate, the pin that of
                its public key (SubjectPublicKeyInfo), as pin lists have it.

                """)
        StandardOutput.write(ShowOptions.table, of: ShowOptions.command)
        StandardOutput.write(
            text: """

                Nothing is verified here; see postern certificate verify.

                Exit codes: 0 done; 1 output cannot be written, or the file is not there; 2 a
                bad option, or a file that cannot be read.
                """)
    }
}
