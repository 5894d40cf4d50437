// The files that say which clients are authorized: CA, revocation lists, allow list, pins. Read into one
// set of rules; the first fault ends it with a sentence that names the file.

import PosternAuthorization
import PosternCore
import PosternLinux
import PosternTLS
import PosternX509

enum ClientFiles {
    /// Reads the files through `memory`. `review` says what is wrong with revocation lists that are taken
    /// all the same.
    static func load(
        _ config: ClientConfig, _ identity: borrowing Identity,
        through whole: UnsafeMutableRawBufferPointer, review: inout RevocationListReview
    ) throws(OperatorError) -> ClientAuthorizer {
        let memory = UnsafeMutableRawBufferPointer(rebasing: whole[..<Limits.clientFileBytes])
        var rules = ClientAuthorizer(config, releaseSeconds: releaseSeconds, clock: Process.unixClock)
        for chain in 0..<identity.chainCount { rules.raiseClockFloor(to: identity.notBeforeSeconds(chain)) }
        if let file = config.ca {
            let contents = try File.contents(of: file, "CA", option: "--ca", into: memory).bytes
            do throws(DocumentError) {
                try rules.addAuthorities(contents)
            } catch {
                throw OperatorError(error, "CA", file: file, holds: "certificate", option: "--ca")
            }
            try checkSomeAuthorityIsFit(file, rules)
        }
        if let file = config.crl {
            let size = max(Limits.revocationFileBytes(entries: config.crlEntries), Limits.clientFileBytes)
            try RevocationListFile.add(
                file, config, to: &rules,
                through: UnsafeMutableRawBufferPointer(rebasing: whole[..<size]), review: &review)
        }
        if let file = config.allow {
            let contents = try File.contents(of: file, "allow list", option: "--allow", into: memory).bytes
            do throws(ClientListError) {
                try rules.setAllowList(UnsafeRawBufferPointer(contents))
            } catch {
                throw OperatorError(error, "allow list file", file, option: "--allow")
            }
        }
        if let file = config.pins {
            let contents = try File.contents(of: file, "pin list", option: "--pins", into: memory).bytes
            do throws(ClientListError) {
                try rules.setPinList(UnsafeRawBufferPointer(contents))
            } catch {
                throw OperatorError(error, "pin list file", file, option: "--pins")
            }
        }
        try checkSomebodyMayCome(config, rules)
        return rules
    }

    /// Some may be there for nothing, which is a warning.
    private static func checkSomeAuthorityIsFit(
        _ file: Text, _ rules: borrowing ClientAuthorizer
    ) throws(OperatorError) {
        var error: OperatorError?
        var isOfSomeClient = false
        let fit = rules.forEachUnfitAuthority { certificate, faults, isOfOneClient in
            if isOfOneClient { isOfSomeClient = true }
            guard error == nil else { return }
            error = OperatorError { line in
                line.append("CA file '")
                line.append(file)
                line.append("' holds no certificate that clients can be verified with: ")
                line.append(faults, ofAnchor: certificate)
                line.append("; give it another one")
            }
        }
        if let error, fit == 0, !isOfSomeClient { throw error }
    }

    /// The last pin may be taken out where a CA vouches for clients; a list of names that has become empty
    /// is no longer a list.
    private static func checkSomebodyMayCome(
        _ config: ClientConfig, _ rules: borrowing ClientAuthorizer
    ) throws(OperatorError) {
        let isWithoutNames = config.allow != nil && rules.nameCount == 0
        guard isWithoutNames || (config.ca == nil && rules.pinCount == 0) else { return }
        throw OperatorError { line in
            line.append(isWithoutNames ? "allow list file '" : "pin list file '")
            line.append((isWithoutNames ? config.allow : config.pins) ?? "")
            line.append("' has no entry; nobody would be let in")
        }
    }
}

extension OperatorError {
    static var noRoomForClients: OperatorError {
        OperatorError { line in
            line.append(
                "the rules for clients do not fit into the arena; give the port's StaticMemory more pages")
        }
    }

    init(_ error: ClientListError, _ role: Text, _ file: Text, option: Text) {
        self.init { line in
            line.append(role)
            line.append(" '")
            line.append(file)
            line.append("'")
            switch error {
            case .outOfMemory:
                line.append(" does not fit into the arena; give the port's StaticMemory more pages")
            case .line(let error):
                if case .holds(let format) = error.problem {
                    line.append(" ")
                    return line.append(format, insteadOf: "list", option: option)
                }
                line.append(" line ")
                line.append(error.lineNumber)
                switch error.problem {
                case .noPin:
                    line.append(
                        " is not a pin; give SHA-256 of a public key, 64 hexadecimal digits or Base64")
                default:
                    line.append(
                        " is not a name; give a name of a certificate, with * for a whole first label only")
                }
            }
        }
    }
}
