// Memory of the arena for making one certificate or request, and the making in it. It is given back and
// wiped with the value.

import PosternCore
import PosternTLS
import PosternX509

// Public as a type alone: other modules must see how a value ends.
public struct IssuingMemory: ~Copyable {
    /// Of one object in DER: a certificate has a key of at most 550 bytes, names of 2,048 and two Names.
    private static let derBytes = 8_192
    private static let subjectBytes = 512
    private static let identifierBytes = 32
    private static let pemBytes = derBytes / 48 * 65 + 128
    private static let bytes =
        subjectBytes + identifierBytes + PrivateKey.derBytesMax + derBytes + 2 * pemBytes

    private let memory: UnsafeMutableRawBufferPointer

    package init() throws(OperatorError) {
        guard let memory = TLSArena.allocate(IssuingMemory.bytes) else {
            throw OperatorError(issuing: .outOfMemory)
        }
        self.memory = memory
    }

    deinit { TLSArena.release(memory) }

    private var subject: UnsafeMutableRawBufferPointer { piece(0, IssuingMemory.subjectBytes) }
    private var identifier: UnsafeMutableRawBufferPointer {
        piece(IssuingMemory.subjectBytes, IssuingMemory.identifierBytes)
    }
    private var publicKey: UnsafeMutableRawBufferPointer {
        piece(IssuingMemory.subjectBytes + IssuingMemory.identifierBytes, PrivateKey.derBytesMax)
    }
    private var der: UnsafeMutableRawBufferPointer {
        piece(
            IssuingMemory.bytes - 2 * IssuingMemory.pemBytes - IssuingMemory.derBytes, IssuingMemory.derBytes
        )
    }
    /// For a certificate or request.
    private var text: UnsafeMutableRawBufferPointer {
        piece(IssuingMemory.bytes - 2 * IssuingMemory.pemBytes, IssuingMemory.pemBytes)
    }
    /// For its key.
    private var keyText: UnsafeMutableRawBufferPointer {
        piece(IssuingMemory.bytes - IssuingMemory.pemBytes, IssuingMemory.pemBytes)
    }

    private func piece(_ first: Int, _ count: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: memory[first..<(first + count)])
    }

    // What follows points into this memory, each thing to a part of its own.

    package borrowing func publicKey(of key: borrowing PrivateKey) throws(OperatorError)
        -> UnsafeRawBufferPointer
    {
        do throws(IdentityError) {
            return try key.publicKey(into: publicKey)
        } catch {
            throw OperatorError(issuing: error)
        }
    }

    /// The Name of a subject with this common name.
    package borrowing func subjectName(_ commonName: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var writer = DERWriter(subject)
        writer.name(commonName: commonName)
        return writer.bytes
    }

    /// The Name of a subject with these names; an empty one where all of them are too long.
    package borrowing func subjectName(_ names: borrowing NameList) -> UnsafeRawBufferPointer {
        names.withCommonName { subjectName($0) }
    }

    package var emptyName: UnsafeRawBufferPointer {
        subjectName(UnsafeRawBufferPointer(start: nil, count: 0))
    }

    /// The same for a certificate that signs itself: an issuer's Name may not be empty (RFC 5280, section
    /// 4.1.2.4).
    package borrowing func selfSignedName(_ names: borrowing NameList) -> UnsafeRawBufferPointer {
        let substitute: Text = "self-signed certificate"
        return names.withCommonName { name in
            subjectName(name.isEmpty ? UnsafeRawBufferPointer(substitute.bytes) : name)
        }
    }

    /// A certificate's fields, with a new serial number; issuer is itself until a caller says otherwise.
    package borrowing func content(
        subject: UnsafeRawBufferPointer, publicKey: UnsafeRawBufferPointer, role: CertificateRole,
        validity: Validity, names: UnsafeRawBufferPointer
    ) throws(OperatorError) -> TBSCertificate {
        do throws(IdentityError) {
            let digest = try PrivateKey.identifier(of: publicKey)
            for index in 0..<20 { identifier[index] = digest[index] }
            let identifier = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(identifier)[..<20])
            return TBSCertificate(
                serial: try RandomNumbers.serial(), issuer: subject, subject: subject, validity: validity,
                publicKey: publicKey, names: names, role: role, subjectKeyIdentifier: identifier,
                authorityKeyIdentifier: identifier)
        } catch {
            throw OperatorError(issuing: error)
        }
    }

    package borrowing func certificatePEM(
        _ content: TBSCertificate, signedBy key: borrowing PrivateKey
    ) throws(OperatorError) -> UnsafeRawBufferPointer {
        try pem(.certificate, try certificate(content, signedBy: key), into: text)
    }

    /// The same in DER.
    package borrowing func certificate(
        _ content: TBSCertificate, signedBy key: borrowing PrivateKey
    ) throws(OperatorError) -> UnsafeRawBufferPointer {
        let algorithm = key.algorithm
        return try sign(key) { content.write(to: &$0, algorithm) }
    }

    package borrowing func requestPEM(
        subject: UnsafeRawBufferPointer, publicKey: UnsafeRawBufferPointer, names: UnsafeRawBufferPointer,
        signedBy key: borrowing PrivateKey
    ) throws(OperatorError) -> UnsafeRawBufferPointer {
        let der = try sign(key) {
            $0.certificationRequestInfo(subject: subject, publicKey: publicKey, names: names)
        }
        return try pem(.request, der, into: text)
    }

    package borrowing func keyPEM(
        _ key: borrowing PrivateKey, publicKey: UnsafeRawBufferPointer
    ) throws(OperatorError) -> UnsafeRawBufferPointer {
        var writer = DERWriter(der)
        do throws(IdentityError) {
            try key.write(to: &writer, publicKey: publicKey)
        } catch {
            throw OperatorError(issuing: error)
        }
        return try pem(.privateKey, writer.bytes, into: keyText)
    }

    private borrowing func sign(
        _ key: borrowing PrivateKey, _ content: (inout DERWriter) -> Void
    ) throws(OperatorError) -> UnsafeRawBufferPointer {
        var writer = DERWriter(der)
        do throws(IdentityError) {
            try key.sign(to: &writer, content)
        } catch {
            throw OperatorError(issuing: error)
        }
        return writer.bytes
    }

    private borrowing func pem(
        _ label: PEM.Label, _ der: UnsafeRawBufferPointer, into memory: UnsafeMutableRawBufferPointer
    ) throws(OperatorError) -> UnsafeRawBufferPointer {
        guard let text = PEM.write(label, der, into: memory) else {
            throw OperatorError(issuing: .outOfMemory)
        }
        return text
    }
}

extension PrivateKey {
    package static func new(_ type: KeyType) throws(OperatorError) -> PrivateKey {
        do throws(IdentityError) {
            return try PrivateKey(generating: type)
        } catch {
            throw OperatorError(issuing: error)
        }
    }
}

extension OperatorError {
    /// What can go wrong while something is made that has nothing to do with files.
    package init(issuing error: IdentityError) {
        self.init { line in
            line.append(
                error == .outOfMemory
                    ? "the memory for this is too small; give the port's StaticMemory more pages"
                    : "the key is of a kind that is not in use here; give P-256, P-384 or RSA")
        }
    }
}
