// The commands of `postern certificate` that make or change something.

import PosternCore
import PosternLinux

enum IssuingCommand: UInt32 {
    case selfSigned
    case authority
    case request
    case sign
    case renew
    case revoke
    case revocationList

    static func named(_ name: Text) -> IssuingCommand? {
        var number: UInt32 = 0
        while let command = IssuingCommand(rawValue: number) {
            if command.name == name { return command }
            number += 1
        }
        return nil
    }

    var name: Text {
        switch self {
        case .selfSigned: SelfSignedCommand.name
        case .authority: AuthorityCommand.name
        case .request: RequestCommand.name
        case .sign: SignCommand.name
        case .renew: RenewCommand.name
        case .revoke: RevokeCommand.name
        case .revocationList: RevocationListCommand.name
        }
    }

    /// In `OptionRow.commands`.
    var bit: UInt32 { 1 &<< rawValue }

    /// Returns the program's exit code.
    func run(_ options: CertificateOptions) throws(OperatorError) -> Int32 {
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
