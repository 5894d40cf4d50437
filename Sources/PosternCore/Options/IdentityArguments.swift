// --certificate and --key of the command line: pairs in the order in which they are given.

public struct IdentityArguments {
    /// --create-identity: the first pair is made when it is missing.
    public var createsMissing = false
    private var certificates = FixedList<4, Text>()
    private var keys = FixedList<4, Text>()

    public init() {}

    public mutating func addCertificate(_ file: Text) throws(OperatorError) {
        guard certificates.append(file) else { throw IdentityArguments.tooMany }
    }

    public mutating func addKey(_ file: Text) throws(OperatorError) {
        guard keys.append(file) else { throw IdentityArguments.tooMany }
    }

    /// One certificate or one key alone replaces that file of the configuration's first identity; otherwise
    /// the pairs replace all of its identities.
    public func replace(in config: inout Config) throws(OperatorError) {
        if certificates.count + keys.count > 1 || config.identities.isEmpty {
            guard certificates.count == keys.count else {
                throw OperatorError { line in
                    line.append("options --certificate and --key come in pairs")
                    line.append("; give as many of one as of the other")
                }
            }
        }
        let first = config.identities.isEmpty ? nil : config.identities[0]
        var replaced = FixedList<4, IdentityFiles>()
        for index in 0..<max(certificates.count, keys.count) {
            let certificate = index < certificates.count ? certificates[index] : first?.certificate
            let key = index < keys.count ? keys[index] : first?.key
            guard let certificate, let key else { break }
            _ = replaced.append(.files(certificate: certificate, key: key, missing(index, first)))
        }
        if replaced.isEmpty, createsMissing, let first {
            _ = replaced.append(
                .files(certificate: first.certificate, key: first.key, missing(0, first)))
        }
        if !replaced.isEmpty { config.identities = replaced }
    }

    /// Names of the configuration stay when its first identity gets other files.
    private func missing(_ index: Int, _ first: IdentityFiles?) -> IdentityFiles.Missing {
        guard index == 0 else { return .refuse }
        if let first, case .createIfMissing = first.missing { return first.missing }
        return createsMissing ? .createIfMissing(names: FixedList()) : .refuse
    }

    private static var tooMany: OperatorError {
        OperatorError { line in
            line.append("too many identities; give --certificate and --key for at most ")
            line.append(Limits.chains)
        }
    }
}
