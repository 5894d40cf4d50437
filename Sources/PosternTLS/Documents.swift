// Certificates, requests and revocation lists as they come in files: PEM with any number of blocks, or DER.
// Either becomes DER, one document behind the other, in the memory that the file was read into.

import CMbedTLS
import PosternCore
import PosternX509

public enum Documents {
    /// What is looked for. Blocks of other kinds, such as a key in the same file, are passed over.
    public struct Kinds: Sendable {
        fileprivate let bits: UInt32
        public static let certificates = Kinds(.certificate)
        public static let requests = Kinds(.request)
        public static let revocationLists = Kinds(.revocationList)
        public static var any: Kinds {
            Kinds(bits: certificates.bits | requests.bits | revocationLists.bits)
        }

        private init(_ format: FileFormat) { bits = 1 &<< UInt32(format.rawValue) }
        private init(bits: UInt32) { self.bits = bits }

        fileprivate func contains(_ format: FileFormat) -> Bool { bits & Kinds(format).bits != 0 }
    }

    /// Replaces the contents of a file by DER and returns it, a part of `contents`. What is inside of the
    /// documents is not looked at.
    public static func decode(
        _ contents: UnsafeMutableRawBufferPointer, _ kinds: Kinds
    ) throws(DocumentError) -> UnsafeRawBufferPointer {
        if let format = FileFormat(UnsafeRawBufferPointer(contents)) { throw .holds(format) }
        if contents.first == DERTag.sequence {
            let der = UnsafeRawBufferPointer(contents)
            try checkSequences(der)
            if let kind = DocumentKind(der), !kinds.contains(FileFormat(kind)) {
                throw .holds(FileFormat(kind))
            }
            return der
        }
        var text = PEMText(contents)
        var count = 0
        var other: FileFormat?
        while let block = try next(&text) {
            guard let format = FileFormat(block) else { continue }
            guard kinds.contains(format) else {
                if isRefused(format) { throw .holds(format) }
                other = other ?? format
                continue
            }
            let rest = UnsafeMutableRawBufferPointer(rebasing: contents[count...])
            guard let der = PEM.decode(block, into: rest) else { throw .unreadable }
            count += der.count
        }
        guard count > 0 else {
            guard let other else { throw .noneFound }
            throw .holds(other)
        }
        let der = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(contents)[..<count])
        try checkSequences(der)
        return der
    }

    private static func next(_ text: inout PEMText) throws(DocumentError) -> PEMBlock? {
        do throws(DERError) { return try text.next() } catch { throw .unreadable }
    }

    /// What may hold certificates that would be passed over.
    private static func isRefused(_ format: FileFormat) -> Bool {
        format == .trustedCertificate || format == .pkcs7
    }

    /// Nothing but complete SEQUENCEs.
    private static func checkSequences(_ der: UnsafeRawBufferPointer) throws(DocumentError) {
        var reader = DERReader(der)
        do throws(DERError) {
            while !reader.isEmpty { _ = try reader.next(DERTag.sequence) }
        } catch {
            throw .unreadable
        }
    }
}

extension PEM {
    /// Decodes a block to the start of `memory`, which may be the text that it stands in, up to its body.
    /// Nil when it is no base64, or nothing.
    static func decode(
        _ block: PEMBlock, into memory: UnsafeMutableRawBufferPointer
    ) -> UnsafeRawBufferPointer? {
        let base64 = block.compact()
        guard !base64.isEmpty else { return nil }
        let count = ctls_base64_decode(
            base64.baseAddress?.assumingMemoryBound(to: UInt8.self), base64.count,
            memory.baseAddress?.assumingMemoryBound(to: UInt8.self), memory.count)
        return count > 0 ? UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(memory)[..<count]) : nil
    }
}

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
    public init(_ fault: DocumentError, _ role: Text, file: Text, holds content: Text, option: Text) {
        self.init { line in
            line.append(role)
            line.append(" file '")
            line.append(file)
            switch fault {
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
