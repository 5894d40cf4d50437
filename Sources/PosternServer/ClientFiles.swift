// The files that say which clients may come in: CA, revocation lists, allow list, pins. Read into one set of
// rules; the first fault ends it with a sentence that names the file.

import PosternCore
import PosternLinux
import PosternTLS
import PosternX509

enum ClientFiles {
    /// Reads the files through `memory`. `review` says what is wrong with revocation lists that are taken
    /// all the same.
    static func load(
        _ choices: ClientChoices, _ identity: borrowing Identity,
        through memory: UnsafeMutableRawBufferPointer, review: inout RevocationListReview
    ) throws(OperatorFault) -> ClientRules {
        var rules = ClientRules(choices, releaseSeconds: releaseSeconds, clock: Process.unixClock)
        for chain in 0..<identity.chainCount { rules.noteStart(identity.notBeforeSeconds(chain)) }
        if let file = choices.ca {
            let contents = try read(file, "CA", option: "--ca", into: memory)
            do throws(DocumentFault) {
                try rules.addAuthorities(contents)
            } catch {
                throw OperatorFault(error, "CA", file: file, holds: "certificate", option: "--ca")
            }
        }
        if let file = choices.crl {
            try addRevocationLists(file, choices.crlPolicy, to: &rules, through: memory, review: &review)
        }
        if let file = choices.allow {
            let contents = try read(file, "allow list", option: "--allow", into: memory)
            do throws(ClientListFault) {
                try rules.setAllowList(UnsafeRawBufferPointer(contents))
            } catch {
                throw OperatorFault(error, "allow list file", file)
            }
        }
        if let file = choices.pins {
            let contents = try read(file, "pin list", option: "--pins", into: memory)
            do throws(ClientListFault) {
                try rules.setPinList(UnsafeRawBufferPointer(contents))
            } catch {
                throw OperatorFault(error, "pin list file", file)
            }
        }
        return rules
    }

    private static func addRevocationLists(
        _ file: Text, _ policy: ClientChoices.RevocationPolicy, to rules: inout ClientRules,
        through memory: UnsafeMutableRawBufferPointer, review: inout RevocationListReview
    ) throws(OperatorFault) {
        do throws(OperatorFault) {
            let contents = try read(file, "revocation list", option: "--crl", into: memory)
            do throws(DocumentFault) {
                try rules.addRevocationLists(contents)
                review = try rules.reviewRevocationLists()
            } catch {
                throw OperatorFault(
                    error, "revocation list", file: file, holds: "revocation list", option: "--crl")
            }
        } catch {
            guard policy == .warn else { throw error }
            review.isMissing = true
            return
        }
        guard policy == .refuse else { return }
        if review.unsigned > 0 {
            throw OperatorFault(list: file) { line in
                line.append("that its CA did not sign; fetch it again")
            }
        }
        if review.unsupported > 0 {
            throw OperatorFault(list: file) { line in
                line.append("of a kind that is not supported: part of a list, for some certificates only, ")
                line.append("without a next update, or not as RFC 5280 asks; take a complete one")
            }
        }
    }

    private static func read(
        _ file: Text, _ role: Text, option: Text, into memory: UnsafeMutableRawBufferPointer
    ) throws(OperatorFault) -> UnsafeMutableRawBufferPointer {
        do throws(SystemFault) {
            let contents = try File.read(file, into: memory)
            return UnsafeMutableRawBufferPointer(rebasing: memory[..<contents.count])
        } catch {
            throw OperatorFault(file: file, role, option: option, error)
        }
    }
}

extension OperatorFault {
    fileprivate init(list file: Text, _ problem: (inout Line) -> Void) {
        self.init { line in
            line.append("revocation list file '")
            line.append(file)
            line.append("' holds a list ")
            problem(&line)
            line.append(", or go on without with --crl-policy warn")
        }
    }

    static var noRoomForClients: OperatorFault {
        OperatorFault { line in
            line.append(
                "the rules for clients do not fit into the arena; give the port's StaticMemory more pages")
        }
    }

    init(_ fault: ClientListFault, _ role: Text, _ file: Text) {
        self.init { line in
            line.append(role)
            line.append(" '")
            line.append(file)
            line.append("'")
            switch fault {
            case .outOfMemory:
                line.append(" does not fit into the arena; give the port's StaticMemory more pages")
            case .line(let fault):
                if case .empty = fault.problem {
                    line.append(" has no entry; nobody would be let in")
                    return
                }
                line.append(" line ")
                line.append(fault.lineNumber)
                switch fault.problem {
                case .noPin:
                    line.append(" is no pin; give SHA-256 of a public key, 64 hexadecimal digits or Base64")
                default:
                    line.append(
                        " is no name; give a name of a certificate, with * for a whole first label only")
                }
            }
        }
    }
}
