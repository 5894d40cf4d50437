// Memory of the arena for making one certificate, request or list, and the writing of DER and PEM in it. It
// is given back and wiped with the value.

import PosternCore
import PosternTLS
import PosternX509

struct IssuingMemory: ~Copyable {
    /// Of one object in DER: a certificate has a key of at most 550 bytes, names of 2,048 and two Names.
    static let derBytes = 8_192
    private static let subjectBytes = 128
    private static let pemBytes = derBytes / 48 * 65 + 128
    private static let bytes = 2 * pemBytes + derBytes + PrivateKey.derBytesMost + subjectBytes

    private let memory: UnsafeMutableRawBufferPointer

    init() throws(OperatorFault) {
        guard let memory = TLSArena.allocate(IssuingMemory.bytes) else {
            throw OperatorFault { line in line.append("the arena has no room to make a certificate") }
        }
        self.memory = memory
    }

    deinit { TLSArena.release(memory) }

    /// The pieces, none over another.
    var subject: UnsafeMutableRawBufferPointer { piece(at: 0, IssuingMemory.subjectBytes) }
    var publicKey: UnsafeMutableRawBufferPointer {
        piece(at: IssuingMemory.subjectBytes, PrivateKey.derBytesMost)
    }
    var der: UnsafeMutableRawBufferPointer {
        piece(at: IssuingMemory.subjectBytes + PrivateKey.derBytesMost, IssuingMemory.derBytes)
    }
    /// For a certificate, request or list.
    var text: UnsafeMutableRawBufferPointer {
        piece(at: IssuingMemory.bytes - 2 * IssuingMemory.pemBytes, IssuingMemory.pemBytes)
    }
    /// For its key.
    var keyText: UnsafeMutableRawBufferPointer {
        piece(at: IssuingMemory.bytes - IssuingMemory.pemBytes, IssuingMemory.pemBytes)
    }

    private func piece(at first: Int, _ count: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: memory[first..<(first + count)])
    }

    /// The Name of a subject with the first of these names as its common name.
    borrowing func subjectName(_ names: borrowing NameList) -> UnsafeRawBufferPointer {
        var writer = DERWriter(subject)
        names.withCommonName { writer.name(commonName: $0) }
        return writer.bytes
    }

    borrowing func certificatePEM(
        _ content: CertificateContent, signedBy key: borrowing PrivateKey
    ) throws(IdentityFault) -> UnsafeRawBufferPointer {
        let algorithm = key.algorithm
        var writer = DERWriter(der)
        try key.sign(to: &writer) { content.write(to: &$0, algorithm) }
        return try pem(.certificate, writer.bytes, into: text)
    }

    borrowing func keyPEM(
        _ key: borrowing PrivateKey, publicKey: UnsafeRawBufferPointer
    ) throws(IdentityFault) -> UnsafeRawBufferPointer {
        var writer = DERWriter(der)
        try key.write(to: &writer, publicKey: publicKey)
        return try pem(.privateKey, writer.bytes, into: keyText)
    }

    private borrowing func pem(
        _ label: PEM.Label, _ der: UnsafeRawBufferPointer, into memory: UnsafeMutableRawBufferPointer
    ) throws(IdentityFault) -> UnsafeRawBufferPointer {
        guard let text = PEM.write(label, der, into: memory) else { throw .outOfMemory }
        return text
    }
}
