// Certificates, requests and revocation lists as they come in files: PEM with any number of blocks, or DER.
// Either becomes DER, one document behind the other, in the memory that the file was read into.

import CMbedTLS
import PosternCore
import PosternX509

public enum Documents {
    /// What is looked for. Blocks of other kinds, such as a key in the same file, are passed over.
    public struct Kinds: Sendable {
        fileprivate let bits: UInt32
        public static let certificates = Kinds(bits: CTLS_PEM_CERTIFICATE.rawValue)
        public static let requests = Kinds(bits: CTLS_PEM_REQUEST.rawValue)
        public static let revocationLists = Kinds(bits: CTLS_PEM_REVOCATION_LIST.rawValue)
        public static var any: Kinds {
            Kinds(bits: certificates.bits | requests.bits | revocationLists.bits)
        }
    }

    /// Replaces the contents of a file by DER and returns it, a part of `contents`. There is a zero byte
    /// behind the contents, not counted. What is inside of the documents is not looked at.
    public static func decode(
        _ contents: UnsafeMutableRawBufferPointer, _ kinds: Kinds
    ) throws(DocumentFault) -> UnsafeRawBufferPointer {
        if contents.first == DERTag.sequence {
            try checkSequences(UnsafeRawBufferPointer(contents))
            return UnsafeRawBufferPointer(contents)
        }
        guard let start = contents.baseAddress?.assumingMemoryBound(to: UInt8.self),
            Text(zeroTerminated: UnsafeRawPointer(start).assumingMemoryBound(to: CChar.self)).count
                == contents.count
        else { throw .unreadable }
        var text: UnsafePointer<UInt8>? = UnsafePointer(start)
        var count = 0
        while true {
            var bytes = 0
            let kind = ctls_pem_next(&text, start + count, &bytes)
            switch kind {
            case CTLS_PEM_END:
                guard count > 0 else { throw .noneFound }
                let der = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(contents)[..<count])
                try checkSequences(der)
                return der
            case CTLS_PEM_MALFORMED: throw .unreadable
            case CTLS_PEM_OUT_OF_MEMORY: throw .outOfMemory
            default: if kind.rawValue & kinds.bits != 0 { count += bytes }
            }
        }
    }

    /// Nothing but complete SEQUENCEs.
    private static func checkSequences(_ der: UnsafeRawBufferPointer) throws(DocumentFault) {
        var reader = DERReader(der)
        do throws(DERFault) {
            while !reader.isEmpty { _ = try reader.next(DERTag.sequence) }
        } catch {
            throw .unreadable
        }
    }
}

/// Why a file of documents was refused.
public enum DocumentFault: Error, Sendable {
    /// Neither PEM nor DER, or one of the documents does not parse.
    case unreadable
    /// PEM, but no block of the kind that is wanted.
    case noneFound
    case outOfMemory
}

extension OperatorFault {
    /// `role` and `content` as in: CA file '...' holds no certificate; `option` is what names another one.
    public init(_ fault: DocumentFault, _ role: Text, file: Text, holds content: Text, option: Text) {
        self.init { line in
            line.append(role)
            line.append(" file '")
            line.append(file)
            switch fault {
            case .unreadable:
                line.append("' holds something that is no ")
                line.append(content)
                line.append(", or a damaged one; give PEM or DER with ")
            case .noneFound:
                line.append("' holds no ")
                line.append(content)
                line.append("; name another one with ")
            case .outOfMemory:
                line.append("' does not fit into memory; name a smaller one with ")
            }
            line.append(option)
        }
    }
}
