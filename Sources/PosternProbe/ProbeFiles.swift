// The files that a probe is given: who is trusted, and a certificate with its key to show to the server.

import PosternCore
import PosternLinux
import PosternTLS
import PosternX509

enum ProbeFiles {
    /// What --certificate and --key name; empty without them.
    static func identity(_ options: ProbeOptions) throws(OperatorError) -> Identity {
        let identity: Identity
        do throws(IdentityError) {
            identity = try Identity(unknownNames: .useFirst)
        } catch {
            throw OperatorError { line in line.append("no memory; give the port's StaticMemory more pages") }
        }
        guard let certificate = options.certificate, let key = options.key else { return identity }
        guard let memory = TLSArena.allocate(2 * Limits.identityFileBytes) else {
            throw OperatorError(.outOfMemory, certificate: certificate, key: key)
        }
        defer { TLSArena.release(memory) }
        let contents = try IdentityContents(certificate: certificate, key: key, into: memory)
        do throws(IdentityError) {
            try identity.add(certificate: contents.certificate, key: contents.key)
        } catch {
            throw OperatorError(error, certificate: certificate, key: key)
        }
        return identity
    }

    /// Where systems keep the authorities that they trust: Debian and most others; Fedora; SUSE; OpenWrt and
    /// Alpine.
    private static let bundles: InlineArray<4, Text> = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    ]

    /// Who is trusted: the file of --ca, or the system's; nobody with --no-verify.
    static func authorities(_ options: ProbeOptions) throws(OperatorError) -> TrustStore<MbedTLS> {
        var store = TrustStore<MbedTLS>()
        guard options.verifies else { return store }
        guard let memory = TLSArena.allocate(Limits.authorityFileBytes) else {
            throw OperatorError { line in
                line.append("the arena has no room for authorities; give the port's StaticMemory more pages")
            }
        }
        defer { TLSArena.release(memory) }
        let file: Text
        if let named = options.authorities { file = named } else { file = try bundle() }
        let count = try File.contents(of: file, "CA", option: "--ca", into: memory).bytes.count
        do throws(DocumentError) {
            let unreadable = try store.addReadableAuthorities(
                UnsafeMutableRawBufferPointer(rebasing: memory[..<count]))
            // What is in the system's bundle is nobody's fault here.
            if unreadable > 0, options.authorities != nil { warn(file, unreadable) }
        } catch {
            throw OperatorError(error, "CA", file: file, holds: "certificate", option: "--ca")
        }
        return store
    }

    private static func warn(_ file: Text, _ unreadable: Int) {
        var line = Line()
        line.append(unreadable)
        line.append(" of the certificates in CA file '")
        line.append(file)
        line.append("' cannot be read and are not trusted")
        StandardError.warn(line)
    }

    private static func bundle() throws(OperatorError) -> Text {
        for index in 0..<bundles.count where File.exists(bundles[index]) { return bundles[index] }
        throw OperatorError { line in
            line.append("this system has no bundle of authorities, such as ")
            line.append(bundles[0])
            line.append("; name a file of those to trust with --ca")
        }
    }
}
