// The index beside an authority's certificate: FILE.index. It is read and written as a whole, while the
// certificate's file is locked, so that two commands at once do not lose each other's lines.

import PosternCore
import PosternLinux
import PosternTLS
import PosternX509

package struct IndexFile {
    package let path: Text
    /// There is no such file yet.
    package let isNew: Bool
    package var index: IssuedIndex

    /// Bytes of an index: some 5,000 certificates. A machine with less memory takes fewer.
    private static let bytesMax = 524_288
    private static let bytesMin = 8_192
    /// Bytes of a path with the zero behind it (PATH_MAX).
    private static let pathBytesMax = 4_096

    package init(besides issuer: Text) throws(OperatorError) {
        do throws(SystemError) {
            try File.lock(issuer)
        } catch {
            throw OperatorError(file: issuer, "issuer", option: "--issuer", error)
        }
        path = try IndexFile.path(issuer)
        isNew = !File.exists(path)
        let memory = try IndexFile.allocate()
        let count = isNew ? 0 : try IndexFile.read(path, into: memory)
        do throws(IssuedIndexError) {
            index = isNew ? try IssuedIndex(emptyIn: memory) : try IssuedIndex(memory, count: count)
        } catch {
            throw OperatorError(error, path)
        }
    }

    package mutating func add(_ content: TBSCertificate) throws(OperatorError) {
        let name = content.displayName
        do throws(IssuedIndexError) {
            try withUnsafeBytes(of: content.serial) { serial throws(IssuedIndexError) in
                try index.add(serial: serial, notAfter: content.validity.notAfter, name: name)
            }
        } catch {
            throw OperatorError(error, path)
        }
    }

    /// `file` is the certificate's, for messages.
    package mutating func revoke(
        _ certificate: Certificate, in file: Text, at time: Int64, _ reason: RevocationReason
    ) throws(OperatorError) {
        guard SerialNumber.isUsable(certificate.serial) else {
            throw OperatorError(
                usage: "certificate", file,
                "has a serial number that no list can name (0, negative or over 20 bytes); replace it")
        }
        do throws(IssuedIndexError) {
            // One that is not there was issued elsewhere, or before its line was lost.
            if index.entry(serial: certificate.serial) == nil {
                try index.add(
                    serial: certificate.serial, notAfter: certificate.notAfter,
                    name: DistinguishedName.commonName(of: certificate.subject))
            }
            try index.revoke(serial: certificate.serial, at: time, reason)
        } catch {
            throw OperatorError(error, path)
        }
    }

    /// One that is there.
    package mutating func revoke(
        serial: UnsafeRawBufferPointer, at time: Int64, _ reason: RevocationReason
    ) throws(OperatorError) {
        do throws(IssuedIndexError) {
            try index.revoke(serial: serial, at: time, reason)
        } catch {
            throw OperatorError(error, path)
        }
    }

    /// What a list has revoked; returns false if that was known. How long the certificate was valid is not
    /// in a list.
    mutating func adopt(_ entry: RevocationList.Entry, _ list: Text) throws(OperatorError) -> Bool {
        guard SerialNumber.isUsable(entry.serial) else {
            throw OperatorError(
                usage: "list", list,
                "has revoked a serial number that no index can hold (0, negative or over 20 bytes)")
        }
        let known = index.entry(serial: entry.serial)
        guard known?.revocation == nil else { return false }
        do throws(IssuedIndexError) {
            if known == nil {
                try index.add(
                    serial: entry.serial, notAfter: CalendarTime.lastSeconds,
                    name: UnsafeRawBufferPointer(start: nil, count: 0))
            }
            try index.revoke(
                serial: entry.serial, at: entry.time,
                RevocationReason(rawValue: entry.reason ?? 0) ?? .unspecified)
        } catch {
            throw OperatorError(error, path)
        }
        return true
    }

    package mutating func noteListNumber(_ number: UInt32) throws(OperatorError) {
        guard number > index.listNumber else { return }
        _ = try takeListNumber(above: number - 1)
    }

    package mutating func takeListNumber(above least: UInt32) throws(OperatorError) -> UInt32 {
        do throws(IssuedIndexError) {
            return try index.takeListNumber(above: least)
        } catch {
            throw OperatorError(error, path)
        }
    }

    package func add(to files: inout NewFiles) {
        files.add(path, "index", index.bytes, replaces: !isNew)
    }

    /// Adds it as it is now, to be followed by `addAgain` when it has changed.
    package func addCopy(to files: inout NewFiles) throws(OperatorError) {
        let copy = try DocumentFile.allocate(max(index.bytes.count, 1))
        copy.copyMemory(from: index.bytes)
        let bytes = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(copy)[..<index.bytes.count])
        files.add(path, "index", bytes, replaces: !isNew)
    }

    package func addAgain(to files: inout NewFiles) {
        files.add(path, "index", index.bytes, .openAgain, replaces: true)
    }

    /// To be called when it is written. It may be the first one, or the old one was lost.
    package func reportIfNew() {
        guard isNew else { return }
        StandardOutput.write { line in
            line.append(path)
            line.append(": new; if the authority has revoked before, restore the old one or use crl --adopt")
        }
    }

    /// Beside the certificate itself, by whichever link it is reached: two names of an authority have one
    /// index.
    package static func path(_ issuer: Text) throws(OperatorError) -> Text {
        let ending: Text = ".index"
        let memory = try DocumentFile.allocate(pathBytesMax + ending.count)
        let place = UnsafeMutableRawBufferPointer(rebasing: memory[..<pathBytesMax])
        let certificate: Text
        do throws(SystemError) {
            certificate = try File.target(of: issuer, in: place)
        } catch {
            throw OperatorError(file: issuer, "issuer", option: "--issuer", error)
        }
        memory.copyMemory(from: UnsafeRawBufferPointer(certificate.bytes))
        let count = certificate.count
        UnsafeMutableRawBufferPointer(rebasing: memory[count...])
            .copyMemory(from: UnsafeRawBufferPointer(ending.bytes))
        memory[count + ending.count] = 0
        guard let start = memory.baseAddress else { return issuer }
        return Text(zeroTerminated: UnsafeRawPointer(start).assumingMemoryBound(to: CChar.self))
    }

    private static func allocate() throws(OperatorError) -> UnsafeMutableRawBufferPointer {
        var bytes = bytesMax
        while bytes > bytesMin {
            if let memory = TLSArena.allocate(bytes) { return memory }
            bytes /= 2
        }
        return try DocumentFile.allocate(bytesMin)
    }

    private static func read(
        _ path: Text, into memory: UnsafeMutableRawBufferPointer
    ) throws(OperatorError) -> Int {
        do throws(SystemError) {
            return try File.read(path, into: memory).count
        } catch {
            throw OperatorError(error) { line in
                line.append("index file '")
                line.append(path)
                guard !error.isTooLarge else {
                    line.append("' ")
                    line.append(sizeOf: error)
                    return line.append("; delete lines of certificates that have expired")
                }
                line.append("' cannot be read: ")
                line.append(error.text)
                line.append("; it belongs to the issuer, so mend or restore it")
            }
        }
    }
}

extension OperatorError {
    fileprivate init(_ error: IssuedIndexError, _ path: Text) {
        self.init { line in
            line.append("index file '")
            line.append(path)
            guard error.line > 0 else {
                line.append("' ")
                line.append(
                    error.problem.isEmpty
                        ? "is full; delete lines of certificates that have expired and were not revoked"
                        : error.problem)
                return
            }
            line.append("': line ")
            line.append(error.line)
            line.append(" ")
            line.append(error.problem)
            line.append("; mend or restore it")
        }
    }
}
