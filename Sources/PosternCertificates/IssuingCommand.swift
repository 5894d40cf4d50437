// The commands of `postern certificate` that make or change something.

import PosternCore
import PosternLinux

enum IssuingCommand {
    case selfSigned
    case authority
    case request
    case sign
    case renew
    case revoke
    case revocationList

    static func named(_ name: Text) -> IssuingCommand? {
        if name == SelfSignedCommand.name { return .selfSigned }
        if name == AuthorityCommand.name { return .authority }
        if name == RequestCommand.name { return .request }
        if name == SignCommand.name { return .sign }
        if name == RenewCommand.name { return .renew }
        if name == RevokeCommand.name { return .revoke }
        return name == RevocationListCommand.name ? .revocationList : nil
    }

    /// The options that it takes.
    var options: UInt32 {
        switch self {
        case .selfSigned: SelfSignedCommand.options
        case .authority: AuthorityCommand.options
        case .request: RequestCommand.options
        case .sign: SignCommand.options
        case .renew: RenewCommand.options
        case .revoke: RevokeCommand.options
        case .revocationList: RevocationListCommand.options
        }
    }

    /// Returns the program's exit code.
    func run(_ options: CertificateOptions) throws(OperatorFault) -> Int32 {
        switch self {
        case .selfSigned: try SelfSignedCommand.run(options)
        case .authority: try AuthorityCommand.run(options)
        case .request: try RequestCommand.run(options)
        case .sign: try SignCommand.run(options)
        case .renew: return try RenewCommand.run(options)
        case .revoke: try RevokeCommand.run(options)
        case .revocationList: try RevocationListCommand.run(options)
        }
        return 0
    }
}
