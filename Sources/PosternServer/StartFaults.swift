// Why a server does not start, or an identity is not taken: one sentence for the operator.

import PosternCore
import PosternLinux
import PosternTLS

extension OperatorFault {
    init(_ fault: ConfigFault) {
        self.init { line in
            line.append("configuration field ")
            line.append(fault.field)
            line.append(" is ")
            line.append(fault.value)
            line.append("; give a value from ")
            line.append(fault.allowed.lowerBound)
            line.append(" to ")
            line.append(fault.allowed.upperBound)
        }
    }

    /// A file that could not be read; `option` is what names another one.
    init(file: Text, _ role: Text, option: Text, _ fault: SystemFault) {
        self.init { line in
            line.append(role)
            line.append(" file '")
            line.append(file)
            line.append("' cannot be read: ")
            line.append(fault.text)
            line.append("; name another one with ")
            line.append(option)
        }
    }

    init(_ fault: IdentityFault, _ files: IdentityFiles) {
        let certificate = files.certificate
        let key = files.key
        self.init { line in
            switch fault {
            case .certificateUnreadable:
                line.append(certificate, quotedAs: "certificate file")
                line.append(
                    " holds no certificate chain that can be read; give one in PEM, the server's own first")
            case .keyUnreadable:
                line.append(key, quotedAs: "key file")
                line.append(" holds no private key that can be read; give one in PEM or DER")
            case .keyEncrypted:
                line.append(key, quotedAs: "key file")
                line.append(" is encrypted; store it without a password: openssl pkey -in FILE -out NEW")
            case .keyMismatch:
                line.append(key, quotedAs: "key file")
                line.append(" does not belong to the first certificate of '")
                line.append(certificate)
                line.append("'; give the pair that was made together")
            case .keyUnsupported:
                line.append(key, quotedAs: "key file")
                line.append(
                    " has a key of a kind not in use here; give P-256, P-384 or RSA of 2048 to 4096 bits"
                )
            case .keyWeak:
                line.append(key, quotedAs: "key file")
                line.append(" has a key that is too weak; give P-256, P-384 or RSA of 2048 to 4096 bits")
            case .outOfMemory:
                line.append(certificate, quotedAs: "certificate file")
                line.append(
                    " and its key do not fit into the arena; give the port's StaticMemory more pages")
            }
        }
    }
}

extension Line {
    fileprivate mutating func append(_ file: Text, quotedAs role: Text) {
        append(role)
        append(" '")
        append(file)
        append("'")
    }
}
