// Why a certificate chain and its key are not taken: one sentence for the operator.

import PosternCore
import PosternX509

extension OperatorError {
    public init(_ error: IdentityError, certificate: Text, key: Text) {
        self.init { line in
            switch error {
            case .certificateUnreadable:
                line.append(certificate, quotedAs: "certificate file")
                line.append(
                    " holds no certificate chain that can be read; give one in PEM, the server's own first")
            case .certificateHolds(let format):
                line.append(certificate, quotedAs: "certificate file")
                line.append(" ")
                line.append(format, insteadOf: "certificate", option: "--certificate")
            case .certificateSignature:
                line.append(certificate, quotedAs: "certificate file")
                line.append(
                    " has a certificate that is signed in another way than with ECDSA or RSA")
                line.append("; have it issued by an authority that has such a key")
            case .certificateKey:
                line.append(certificate, quotedAs: "certificate file")
                line.append(" has a certificate over a key of a kind not in use here")
                line.append("; give P-256, P-384 or RSA of 2048 to 4096 bits")
            case .keyHolds(let format):
                line.append(key, quotedAs: "key file")
                line.append(" ")
                line.append(format, insteadOf: "private key", option: "--key")
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
