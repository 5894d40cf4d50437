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
        for chain in 0..<identity.chainCount { rules.noteStart(identity.notBeforeSeconds(chain)) }
        if let file = config.ca {
            let contents = try read(file, "CA", option: "--ca", into: memory)
            do throws(DocumentError) {
                try rules.addAuthorities(contents)
            } catch {
                throw OperatorError(error, "CA", file: file, holds: "certificate", option: "--ca")
            }
        }
        if let file = config.crl {
            let size = max(Limits.revocationFileBytes(entries: config.crlEntries), Limits.clientFileBytes)
            try addRevocationLists(
                file, config, to: &rules,
                through: UnsafeMutableRawBufferPointer(rebasing: whole[..<size]), review: &review)
        }
        if let file = config.allow {
            let contents = try read(file, "allow list", option: "--allow", into: memory)
            do throws(ClientListError) {
                try rules.setAllowList(UnsafeRawBufferPointer(contents))
            } catch {
                throw OperatorError(error, "allow list file", file, option: "--allow")
            }
        }
        if let file = config.pins {
            let contents = try read(file, "pin list", option: "--pins", into: memory)
            do throws(ClientListError) {
                try rules.setPinList(UnsafeRawBufferPointer(contents))
            } catch {
                throw OperatorError(error, "pin list file", file, option: "--pins")
            }
        }
        try checkSomebodyMayCome(config, rules)
        return rules
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

    private static func addRevocationLists(
        _ file: Text, _ config: ClientConfig, to rules: inout ClientAuthorizer,
        through memory: UnsafeMutableRawBufferPointer, review: inout RevocationListReview
    ) throws(OperatorError) {
        do throws(OperatorError) {
            let contents = try readLists(file, config, into: memory)
            do throws(DocumentError) {
                try rules.addRevocationLists(contents)
                review = try rules.reviewRevocationLists()
            } catch {
                throw OperatorError(
                    error, "revocation list", file: file, holds: "revocation list", option: "--crl")
            }
            let count = rules.revokedCount
            guard count <= config.crlEntries else { throw OperatorError(tooMany: count, in: file, config) }
        } catch {
            guard config.crlPolicy == .warn else { throw error }
            review.problem = error.message
            return
        }
        guard config.crlPolicy == .refuse else { return }
        if review.unsigned > 0 {
            throw OperatorError(list: file) { line in
                line.append("that its CA did not sign; fetch it again")
            }
        }
        if review.unsupported > 0 {
            throw OperatorError(list: file) { line in
                line.append("of a kind that is not supported: part of a list, for some certificates only, ")
                line.append("without a next update, or not as RFC 5280 asks; take a complete one")
            }
        }
    }

    /// Lists that are in force are not replaced by some that cannot be taken, whatever the policy is: whom
    /// they have revoked would be authorized again.
    static func check(
        _ review: RevocationListReview, replaces old: RevocationListReview, file: Text
    ) throws(OperatorError) {
        guard old.problem == nil else { return }
        if let problem = review.problem {
            throw OperatorError { line in
                line.append("the CRLs in force stay, ")
                line.append(problem)
            }
        }
        guard review.unsigned > old.unsigned || review.unsupported > old.unsupported else { return }
        throw OperatorError { line in
            line.append("the CRLs in force stay, revocation list file '")
            line.append(file)
            line.append("' holds a list ")
            line.append(
                review.unsigned > old.unsigned
                    ? "that its CA did not sign; fetch it again"
                    : "of a kind that is not supported; take a complete one")
        }
    }

    private static func read(
        _ file: Text, _ role: Text, option: Text, into memory: UnsafeMutableRawBufferPointer
    ) throws(OperatorError) -> UnsafeMutableRawBufferPointer {
        do throws(SystemError) {
            let contents = try File.read(file, into: memory)
            return UnsafeMutableRawBufferPointer(rebasing: memory[..<contents.count])
        } catch {
            throw OperatorError(file: file, role, option: option, error)
        }
    }
}

extension ClientFiles {
    private static func readLists(
        _ file: Text, _ config: ClientConfig, into memory: UnsafeMutableRawBufferPointer
    ) throws(OperatorError) -> UnsafeMutableRawBufferPointer {
        do throws(SystemError) {
            let contents = try File.read(file, into: memory)
            return UnsafeMutableRawBufferPointer(rebasing: memory[..<contents.count])
        } catch {
            guard error.isTooLarge else {
                throw OperatorError(file: file, "revocation list", option: "--crl", error)
            }
            throw OperatorError { line in
                line.append("revocation list file '")
                line.append(file)
                line.append("' ")
                line.append(sizeOf: error)
                line.append(entriesOf: config)
            }
        }
    }
}

extension Line {
    /// for 2000 revoked certificates; raise that with --crl-entries
    fileprivate mutating func append(entriesOf config: ClientConfig) {
        append(" for ")
        append(config.crlEntries, of: "revoked certificate")
        append("; raise that with --crl-entries, or clients.crlEntries of the configuration")
    }
}

extension OperatorError {
    fileprivate init(tooMany count: Int, in file: Text, _ config: ClientConfig) {
        self.init { line in
            line.append("revocation list file '")
            line.append(file)
            line.append("' has ")
            line.append(count, of: "revoked certificate")
            line.append(", more than there is room")
            line.append(entriesOf: config)
        }
    }

    fileprivate init(list file: Text, _ problem: (inout Line) -> Void) {
        self.init { line in
            line.append("revocation list file '")
            line.append(file)
            line.append("' holds a list ")
            problem(&line)
            line.append(", or go on without with --crl-policy warn")
        }
    }

    static var noRoomForClients: OperatorError {
        OperatorError { line in
            line.append(
                "the rules for clients do not fit into the arena; give the port's StaticMemory more pages")
        }
    }

    init(_ fault: ClientListError, _ role: Text, _ file: Text, option: Text) {
        self.init { line in
            line.append(role)
            line.append(" '")
            line.append(file)
            line.append("'")
            switch fault {
            case .outOfMemory:
                line.append(" does not fit into the arena; give the port's StaticMemory more pages")
            case .line(let fault):
                if case .holds(let format) = fault.problem {
                    line.append(" ")
                    return line.append(format, insteadOf: "list", option: option)
                }
                line.append(" line ")
                line.append(fault.lineNumber)
                switch fault.problem {
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
