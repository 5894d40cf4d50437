// The file of revocation lists: read into the rules for clients, and held against the lists that are in
// force, which a reload must not lose. Each fault is one sentence that names the file.

import PosternCore
import PosternLinux
import PosternTLS
import PosternX509

enum RevocationListFile {
    /// With the policy that only warns the lists may be missing: `review` says so then.
    static func add(
        _ file: Text, _ config: ClientConfig, to rules: inout ClientAuthorizer,
        through memory: UnsafeMutableRawBufferPointer, review: inout RevocationListReview
    ) throws(OperatorError) {
        do throws(OperatorError) {
            let contents = try read(file, config, into: memory)
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
            // None is in force then, also none that came before the fault in the file.
            rules.removeRevocationLists()
            review = RevocationListReview()
            review.problem = error.message
            return
        }
        guard config.crlPolicy == .refuse, let problem = review.worst else { return }
        throw OperatorError(list: nil, problem, in: file) { line in
            line.append(", or go on without with --crl-policy warn")
        }
    }

    /// Lists that are in force are not replaced by some that revoke less: a second reload could then take
    /// older ones. Of an issuer that is no authority here, which anybody may have made up, it is enough with
    /// the policy that refuses whom no list clears that none is older.
    static func check(
        _ file: Text, _ config: ClientConfig, _ rules: borrowing ClientAuthorizer,
        _ review: RevocationListReview,
        replaces old: borrowing ClientAuthorizer, _ oldReview: RevocationListReview
    ) throws(OperatorError) {
        guard oldReview.problem == nil else { return }
        if let problem = review.problem { throw OperatorError { line in line.append(problem) } }
        var error: OperatorError?
        rules.forEachLoss(from: old) { issuer, loss, isOfAuthority in
            guard error == nil, isOfAuthority || loss == .older || config.crlPolicy == .warn else { return }
            error = OperatorError(list: issuer, Problem(loss), in: file) { _ in }
        }
        if let error { throw error }
    }

    private static func read(
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

    /// What can be wrong with a list that can be read.
    enum Problem {
        case unsigned
        case unauthorized
        case unsupported
        case missing
        case older

        init(_ loss: RevocationListLoss) {
            self =
                switch loss {
                case .missing: .missing
                case .unproven: .unsigned
                case .unsupported: .unsupported
                case .older: .older
                }
        }

        /// Behind "holds a list", or "holds no list".
        var words: Text {
            switch self {
            case .unsigned: " that its CA did not sign; fetch it again"
            case .unauthorized:
                " whose CA may not sign lists, by its key or key usage; have the CA made again"
            case .unsupported:
                " of a kind that is not supported (part of one, or without an end); take a complete one"
            case .older: " that is older than the one in force; fetch it again"
            case .missing: ", and one is in force; add it, or restart to go on without"
            }
        }
    }
}

extension RevocationListReview {
    fileprivate var worst: RevocationListFile.Problem? {
        if unsigned > 0 { return .unsigned }
        if unauthorized > 0 { return .unauthorized }
        return unsupported > 0 ? .unsupported : nil
    }
}

extension OperatorError {
    /// `issuer`: its name, where one list among several is meant.
    fileprivate init(
        list issuer: UnsafeRawBufferPointer?, _ problem: RevocationListFile.Problem, in file: Text,
        _ rest: (inout Line) -> Void
    ) {
        self.init { line in
            line.append("revocation list file '")
            line.append(file)
            line.append(problem == .missing ? "' holds no list" : "' holds a list")
            if let issuer {
                line.append(" of ")
                line.append(distinguishedName: issuer)
            }
            line.append(problem.words)
            rest(&line)
        }
    }

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
}

extension Line {
    /// for 2000 revoked certificates; raise that with --crl-entries
    fileprivate mutating func append(entriesOf config: ClientConfig) {
        append(" for ")
        append(config.crlEntries, of: "revoked certificate")
        append("; raise that with --crl-entries, or clients.crlEntries of the configuration")
    }
}
