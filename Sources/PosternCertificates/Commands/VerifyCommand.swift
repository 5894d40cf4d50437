// postern certificate verify: is this certificate to be trusted, and if not, why not.

import PosternCore
import PosternIssuing
import PosternLinux
import PosternTLS
import PosternX509

enum VerifyCommand {
    static let name: Text = "verify"

    private enum ExitCode {
        static let trusted: Int32 = 0
        static let notTrusted: Int32 = 3
    }

    static func run(_ arguments: Arguments, at index: Int32) throws(OperatorError) -> Int32 {
        let options = try VerifyOptions(arguments, at: index)
        if options.wantsHelp {
            printHelp()
            return ExitCode.trusted
        }
        guard let certificate = options.certificate else {
            throw OperatorError { line in
                line.append("certificate verify wants --certificate FILE")
                line.append("; see postern certificate verify --help")
            }
        }
        guard !options.authorities.isEmpty else {
            throw OperatorError { line in
                line.append("certificate verify wants --ca FILE with who is trusted")
                line.append("; see postern certificate verify --help")
            }
        }
        let store = try load(options)
        let chain = try readChain(certificate, options)
        var verdict = try verify(chain, store, options)
        let leaf = try? Certificate(verdict[0].certificate)
        let missing = missingNames(leaf, options)
        if !missing.isEmpty { verdict.insert(.wrongName, at: 0) }
        if options.wantsJSON {
            printJSON(verdict)
        } else {
            printText(verdict, leaf, missing)
        }
        return verdict.isTrusted ? ExitCode.trusted : ExitCode.notTrusted
    }

    private static func load(_ options: VerifyOptions) throws(OperatorError) -> TrustStore<MbedTLS> {
        var store = TrustStore<MbedTLS>()
        let memory = try DocumentFile.allocate(Limits.authorityFileBytes)
        defer { TLSArena.release(memory) }
        for index in 0..<options.authorities.count {
            let file = options.authorities[index]
            let contents = try File.contents(of: file, "CA", option: "--ca", into: memory).bytes
            do throws(DocumentError) {
                try store.addAuthorities(contents)
            } catch {
                throw OperatorError(error, "CA", file: file, holds: "certificate", option: "--ca")
            }
        }
        for index in 0..<options.revocationLists.count {
            let file = options.revocationLists[index]
            let contents = try File.contents(of: file, "CRL", option: "--crl", into: memory).bytes
            do throws(DocumentError) {
                try store.addRevocationLists(contents)
            } catch {
                throw OperatorError(error, "CRL", file: file, holds: "revocation list", option: "--crl")
            }
        }
        return store
    }

    /// The certificate with what follows it in its file, and the intermediates, one behind the other.
    private static func readChain(
        _ certificate: Text, _ options: VerifyOptions
    ) throws(OperatorError) -> UnsafeRawBufferPointer {
        let memory = try DocumentFile.allocate(Limits.chainFileBytes)
        var count = try DocumentFile.documents(
            of: certificate, "certificate", option: "--certificate", .certificates, called: "certificate",
            into: memory
        ).count
        for index in 0..<options.intermediates.count {
            count += try DocumentFile.documents(
                of: options.intermediates[index], "intermediates", option: "--intermediates", .certificates,
                called: "certificate", into: UnsafeMutableRawBufferPointer(rebasing: memory[count...])
            ).count
        }
        let chain = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(memory)[..<count])
        // What is no certificate at all is a wrong file, not one that is not trusted.
        guard case .certificate? = DocumentKind(chain) else {
            throw OperatorError(
                .unreadable, "certificate", file: certificate, holds: "certificate", option: "--certificate")
        }
        return chain
    }

    private static func verify(
        _ chain: UnsafeRawBufferPointer, _ store: borrowing TrustStore<MbedTLS>, _ options: VerifyOptions
    ) throws(OperatorError) -> VerificationResult {
        let parameters = VerificationParameters(
            purpose: options.purpose, time: options.time, intermediatesMax: options.intermediatesMax,
            checksRevocation: !options.revocationLists.isEmpty)
        do throws(DocumentError) {
            return try store.verify(chain, parameters)
        } catch {
            throw OperatorError { line in
                line.append("the chain cannot be checked in the memory there is")
                line.append("; give the port's StaticMemory more pages")
            }
        }
    }

    /// The names that were asked for and that the certificate does not have.
    private static func missingNames(
        _ leaf: Certificate?, _ options: VerifyOptions
    ) -> FixedList<16, Text> {
        var missing = FixedList<16, Text>()
        for index in 0..<options.names.count {
            let text = options.names[index]
            let isThere =
                GeneralName(text).map { leaf?.covers($0) }
                ?? leaf?.hasCommonName(UnsafeRawBufferPointer(text.bytes))
            if isThere != true { _ = missing.append(text) }
        }
        return missing
    }

    // What is printed

    private static func printText(
        _ verdict: VerificationResult, _ leaf: Certificate?, _ missing: FixedList<16, Text>
    ) {
        if verdict.isTrusted, let leaf {
            StandardOutput.write { line in
                line.append("trusted: ")
                line.append(nameOf: leaf)
                line.append(" by ")
                line.append(distinguishedName: leaf.issuer)
                line.append(", until ")
                line.append(CalendarTime(seconds: leaf.notAfter))
            }
        }
        for depth in 0..<verdict.count {
            let item = verdict[depth]
            item.faults.forEach { fault in
                guard fault != .wrongName else {
                    printMissing(missing, item.certificate)
                    return
                }
                StandardOutput.write { line in
                    line.append("not trusted: ")
                    line.append(fault, of: item.certificate, at: depth)
                }
            }
        }
    }

    private static func printMissing(
        _ missing: FixedList<16, Text>, _ certificate: UnsafeRawBufferPointer
    ) {
        for index in 0..<missing.count {
            StandardOutput.write { line in
                line.append("not trusted: certificate 0 is not for the name '")
                line.append(missing[index])
                line.append("'")
                if GeneralName(missing[index]) != nil { line.append(absentNamesOf: certificate) }
            }
        }
    }

    private static func printJSON(_ verdict: VerificationResult) {
        var output = JSONOutput()
        output.object { json in
            json.member("trusted", verdict.isTrusted)
            json.array("certificates") { list in
                for depth in 0..<verdict.count {
                    list.object { item in describe(verdict[depth], depth, &item) }
                }
            }
        }
        output.finish()
    }

    private static func describe(_ item: VerificationResult.Item, _ depth: Int, _ json: inout JSONOutput) {
        if let certificate = try? Certificate(item.certificate) {
            json.member("subject") { $0.append(nameOf: certificate) }
        } else {
            json.null("subject")
        }
        json.array("faults") { list in
            item.faults.forEach { fault in
                list.object { json in
                    json.member("fault", fault.name)
                    json.member("text") { $0.append(fault, of: item.certificate, at: depth) }
                }
            }
        }
    }

    private static func printHelp() {
        StandardOutput.write(
            text: """
                usage: postern certificate verify [--certificate] FILE --ca FILE [options]

                Verifies a certificate by RFC 5280 and RFC 9525 and names every fault. Files are
                PEM or DER.

                """)
        StandardOutput.write(VerifyOptions.table, of: VerifyOptions.command)
        StandardOutput.write(
            text: """

                Exit codes: 0 trusted; 1 output cannot be written, or a file is not there; 2 a
                bad option, or a file that cannot be read; 3 not trusted.
                """)
    }
}
