// postern certificate crl: writes the list of what an authority has revoked.

import PosternCore
import PosternIssuing
import PosternLinux
import PosternTLS
import PosternX509

enum RevocationListCommand {
    static let name: Text = "crl"

    private static let days = 30

    static func run(_ options: CertificateOptions) throws(OperatorError) {
        guard options.crl != nil || options.adopted != nil else {
            throw options.name.error(needs: "--crl or --adopt")
        }
        let issuer = try options.readIssuer(for: .signingRevocationLists)
        var index = try IndexFile(besides: issuer.file)
        var lastNumber: UInt32 = 0
        if let adopted = options.adopted {
            lastNumber = try adopt(adopted, into: &index, issuer)
            guard options.crl != nil else {
                // So that the next list, wherever it is written, is newer than this one.
                try index.noteListNumber(lastNumber)
                var files = NewFiles()
                index.add(to: &files)
                return try files.write()
            }
        }
        let file = try options.required(options.crl, "--crl")
        let isAdopted = options.adopted.map { File.isSamePlace($0, file) } ?? false
        try options.checkNewFile(file, replaces: options.replaces || isAdopted)
        let present = try IssuedLists(replacing: file)
        guard present.isEmpty || !index.isNew || options.adopted != nil else {
            throw OperatorError(indexIsLostOf: issuer.file, file)
        }
        lastNumber = max(lastNumber, try present.check(against: index, issuer))
        try write(file, above: lastNumber, &index, issuer, options, replaces: options.replaces || isAdopted)
    }

    private static func adopt(
        _ file: Text, into index: inout IndexFile, _ issuer: borrowing Issuer
    ) throws(OperatorError) -> UInt32 {
        let adopted = try IssuedLists(file, option: "--adopt").adopt(into: &index, issuer)
        StandardOutput.write { line in
            line.append(file)
            line.append(": ")
            line.append(adopted.entries)
            line.append(" revoked that the index did not know are in it now")
        }
        return adopted.number
    }

    private static func write(
        _ file: Text, above lastNumber: UInt32, _ index: inout IndexFile, _ issuer: borrowing Issuer,
        _ options: CertificateOptions, replaces: Bool
    ) throws(OperatorError) {
        let number = try index.takeListNumber(above: lastNumber)
        let now = IssuingClock.seconds()
        let content = TBSCertList(
            issuer: issuer.certificate.subject, thisUpdate: now,
            nextUpdate: now + Int64(widening: options.days ?? days) * CalendarTime.secondsPerDay,
            number: number, authorityKeyIdentifier: issuer.keyIdentifier)
        let der = try sign(content, index.index, issuer)
        var files = NewFiles()
        index.add(to: &files)
        files.add(
            file, "CRL", (options.form ?? form(ofName: file)) == .der ? der : try pem(der),
            replaces: replaces)
        try files.write()
        if index.index.revokedCount > ClientConfig.defaultEntries { warn(file, index.index.revokedCount) }
        StandardOutput.write { line in
            line.append(file)
            line.append(": number ")
            line.append(number)
            line.append(", ")
            line.append(index.index.revokedCount)
            line.append(" revoked, next by ")
            line.append(CalendarTime(seconds: content.nextUpdate))
        }
    }

    /// Nobody should learn it from a server that does not reload.
    private static func warn(_ file: Text, _ count: Int) {
        var line = Line()
        line.append("CRL file '")
        line.append(file)
        line.append("' has ")
        line.append(count)
        line.append(" revoked certificates; a server of Postern has room for ")
        line.append(ClientConfig.defaultEntries)
        line.append(" unless it is given --crl-entries, so raise that first")
        StandardError.warn(line)
    }

    private static func sign(
        _ content: TBSCertList, _ index: IssuedIndex, _ issuer: borrowing Issuer
    ) throws(OperatorError) -> UnsafeRawBufferPointer {
        let bytes = TBSCertList.bytesMax(entries: index.revokedCount) + content.issuer.count
        var writer = DERWriter(try DocumentFile.allocate(bytes))
        let algorithm = issuer.key.algorithm
        do throws(IdentityError) {
            try issuer.key.sign(to: &writer) { writer in
                content.write(to: &writer, algorithm, isEmpty: index.revokedCount == 0) { body in
                    forEachRevoked(in: index, body)
                }
            }
        } catch {
            throw OperatorError(issuing: error)
        }
        return writer.bytes
    }

    private static func forEachRevoked(in index: IssuedIndex, _ body: (RevokedCertificate) -> Void) {
        index.forEach { entry in
            guard let revocation = entry.revocation else { return }
            var memory = InlineArray<20, UInt8>(repeating: 0)
            withUnsafeMutableBytes(of: &memory) { memory in
                body(
                    RevokedCertificate(
                        serial: entry.serialBytes(into: memory), time: revocation.time,
                        reason: revocation.reason))
            }
        }
    }

    private static func pem(_ der: UnsafeRawBufferPointer) throws(OperatorError) -> UnsafeRawBufferPointer {
        let memory = try DocumentFile.allocate(der.count / 48 * 65 + 256)
        guard let text = PEM.write(.revocationList, der, into: memory) else {
            throw OperatorError(issuing: .outOfMemory)
        }
        return text
    }

    /// Names that end in .der are for DER, all others for PEM.
    private static func form(ofName file: Text) -> FileForm {
        let ending: Text = ".der"
        guard file.count > ending.count else { return .pem }
        for index in 0..<ending.count
        where file.start[file.count - ending.count + index] != ending.start[index] { return .pem }
        return .der
    }
}

extension OperatorError {
    /// A new list would say that nothing is revoked.
    fileprivate init(indexIsLostOf issuer: Text, _ list: Text) {
        self.init { line in
            line.append("index file '")
            line.append(issuer)
            line.append(".index' is missing, but there is a list already, '")
            line.append(list)
            line.append("'; restore the index, or take the list over with --adopt")
        }
    }
}
