// Why a file of certificates, requests or revocation lists was refused: one sentence for the operator.

import PosternCore

/// Why a file of documents was refused.
public enum DocumentError: Error, Sendable {
    /// Neither PEM nor DER, or one of the documents does not parse.
    case unreadable
    /// Nothing of the kind that is wanted, nor anything else that is known.
    case noneFound
    /// Another thing than was wanted.
    case holds(FileFormat)
    case outOfMemory
}

extension OperatorError {
    /// `role` and `content` as in: CA file '...' holds no certificate; `option` is what names another one.
    public init(_ error: DocumentError, _ role: Text, file: Text, holds content: Text, option: Text) {
        self.init { line in
            line.append(role)
            line.append(" file '")
            line.append(file)
            switch error {
            case .unreadable:
                line.append("' holds something that is not a ")
                line.append(content)
                line.append(", or a damaged one; give PEM or DER with ")
                line.append(option)
            case .noneFound:
                line.append("' holds no ")
                line.append(content)
                line.append("; name another one with ")
                line.append(option)
            case .holds(let format):
                line.append("' ")
                line.append(format, insteadOf: content, option: option)
            case .outOfMemory:
                line.append("' does not fit into memory; name a smaller one with ")
                line.append(option)
            }
        }
    }
}

extension Line {
    /// holds PKCS#12; convert it: openssl ...
    public mutating func append(_ format: FileFormat, insteadOf content: Text, option: Text) {
        append("holds ")
        append(format.name)
        append("; ")
        guard let advice = format.advice else {
            append("name a file with a ")
            append(content)
            append(" with ")
            return append(option)
        }
        append(advice)
    }
}
