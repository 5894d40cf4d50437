// postern certificate revoke: marks certificates in the index of their issuer as revoked: one whose file is
// there, or what the index knows by a serial number or a name. The next revocation list has them.

import PosternCore
import PosternIssuing
import PosternLinux
import PosternTLS
import PosternX509

enum RevokeCommand {
    static let name: Text = "revoke"
    static func run(_ options: CertificateOptions) throws(OperatorError) {
        let ways = (options.certificate != nil ? 1 : 0) + (options.serial != nil ? 1 : 0)
        guard ways + (options.names.isEmpty ? 0 : 1) == 1 else {
            throw options.name.error(needs: "one of --certificate, --serial and --name")
        }
        let issuer = try options.readIssuer(for: .signingRevocationLists)
        let reason = options.reason ?? .unspecified
        if let file = options.certificate { return try revoke(file, reason, issuer) }
        var index = try IndexFile(besides: issuer.file)
        let now = Process.unixSeconds()
        if let serial = options.serial {
            try revoke(serial, in: &index, at: now, reason)
        } else {
            for name in 0..<options.names.count {
                try revoke(name: options.names[name], in: &index, at: now, reason)
            }
        }
        var files = NewFiles()
        index.add(to: &files)
        try files.write()
        report(index.index) { entry in
            options.serial?.withBytes { entry.hasSerial($0) } ?? options.names.contains(entry)
        }
    }

    private static func revoke(
        _ file: Text, _ reason: RevocationReason, _ issuer: borrowing Issuer
    ) throws(OperatorError) {
        let certificate = try CertificateFile.first(of: file, "certificate", option: "--certificate")
        guard !hasSameBytes(certificate.whole, issuer.certificate.whole) else {
            throw OperatorError(
                usage: "certificate", file, "is the issuer's own; an authority cannot revoke itself")
        }
        try issuer.check(hasSigned: certificate, file)
        var index = try IndexFile(besides: issuer.file)
        if let entry = index.index.entry(serial: certificate.serial), let revocation = entry.revocation {
            report(file, ": was revoked already, at ", revocation.time, revocation.reason)
            return
        }
        let now = IssuingClock.seconds()
        try index.revoke(certificate, in: file, at: now, reason)
        var files = NewFiles()
        index.add(to: &files)
        try files.write()
        report(file, ": revoked, at ", now, reason)
        index.reportIfNew()
    }

    private static func revoke(
        _ serial: SerialNumber, in index: inout IndexFile, at time: Int64, _ reason: RevocationReason
    ) throws(OperatorError) {
        let state = serial.withBytes { bytes in
            index.index.entry(serial: bytes).map { $0.revocation != nil }
        }
        guard let isRevoked = state else {
            throw OperatorError { line in
                line.append("index file '")
                line.append(index.path)
                line.append("' has no certificate with this serial number; give its file with --certificate")
            }
        }
        guard !isRevoked else { return }
        try serial.withBytes { bytes throws(OperatorError) in
            try index.revoke(serial: bytes, at: time, reason)
        }
    }

    /// All of that name: the index does not know which of them a device still has.
    private static func revoke(
        name: Text, in index: inout IndexFile, at time: Int64, _ reason: RevocationReason
    ) throws(OperatorError) {
        let wanted = UnsafeRawBufferPointer(name.bytes)
        var isKnown = false
        index.index.forEach { entry in isKnown = isKnown || entry.hasName(wanted) }
        guard isKnown else {
            throw OperatorError { line in
                line.append("index file '")
                line.append(index.path)
                line.append("' has no certificate called '")
                line.append(name)
                line.append("'; give its serial number with --serial, or its file with --certificate")
            }
        }
        while true {
            var next = InlineArray<20, UInt8>(repeating: 0)
            var count = 0
            index.index.forEach { entry in
                guard count == 0, entry.revocation == nil, entry.hasName(wanted) else { return }
                withUnsafeMutableBytes(of: &next) { count = entry.serialBytes(into: $0).count }
            }
            guard count > 0 else { return }
            try withUnsafeBytes(of: next) { serial throws(OperatorError) in
                try index.revoke(
                    serial: UnsafeRawBufferPointer(rebasing: serial[..<count]), at: time, reason)
            }
        }
    }

    /// Of what was asked for, when it was revoked: now, or before.
    private static func report(_ index: IssuedIndex, _ isMeant: (IssuedIndex.Entry) -> Bool) {
        index.forEach { entry in
            guard let revocation = entry.revocation, isMeant(entry) else { return }
            StandardOutput.write { line in
                line.append("serial ")
                line.append(foreign: entry.serial.bindMemory(to: UInt8.self))
                line.append(" of ")
                line.append(foreign: entry.name.bindMemory(to: UInt8.self))
                append(": revoked, at ", revocation.time, revocation.reason, to: &line)
            }
        }
    }

    private static func report(_ file: Text, _ what: Text, _ time: Int64, _ reason: RevocationReason) {
        StandardOutput.write { line in
            line.append(file)
            append(what, time, reason, to: &line)
        }
    }

    private static func append(
        _ what: Text, _ time: Int64, _ reason: RevocationReason, to line: inout Line
    ) {
        line.append(what)
        line.append(CalendarTime(seconds: time))
        line.append(", ")
        line.append(reason.name)
    }
}

extension FixedList<64, Text> {
    fileprivate func contains(_ entry: IssuedIndex.Entry) -> Bool {
        for index in 0..<count where entry.hasName(UnsafeRawBufferPointer(self[index].bytes)) { return true }
        return false
    }
}
