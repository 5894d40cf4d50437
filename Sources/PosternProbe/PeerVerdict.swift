// What is thought of the server's certificate: the verdict of the trust store, which is also that of
// `postern certificate verify`, and whether it is for the name.

import PosternCore
import PosternLinux
import PosternTLS
import PosternX509

struct PeerVerdict {
    private var verdict: VerificationResult?

    /// Verifies the chain that the server has sent. `memory` holds a copy of it for as long as the verdict
    /// is in use.
    init(
        _ session: TLSSession, _ authorities: borrowing TrustStore<MbedTLS>, _ options: ProbeOptions,
        memory: UnsafeMutableRawBufferPointer
    ) throws(ProbeError) {
        guard options.verifies else { return }
        let parameters = VerificationParameters(
            purpose: .server, time: Process.unixSeconds(), checksRevocation: false)
        let chain = PeerVerdict.copyChain(of: session, to: memory)
        do throws(DocumentError) {
            var verdict = try authorities.verify(chain, parameters)
            if options.checksName, !PeerVerdict.isForName(session, options) {
                verdict.insert(.wrongName, at: 0)
            }
            self.verdict = verdict
        } catch {
            throw .outOfMemory
        }
    }

    /// The certificates one behind the other. A handshake message has 16 KiB at most, and so have they.
    private static func copyChain(
        of session: TLSSession, to memory: UnsafeMutableRawBufferPointer
    ) -> UnsafeRawBufferPointer {
        var count = 0
        var index = 0
        while let certificate = session.peerCertificate(index), certificate.count <= memory.count - count {
            UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(from: certificate)
            count += certificate.count
            index += 1
        }
        return UnsafeRawBufferPointer(rebasing: memory[..<count])
    }

    private static func isForName(_ session: TLSSession, _ options: ProbeOptions) -> Bool {
        guard let name = GeneralName(options.name), let der = session.peerCertificate(0),
            let certificate = try? Certificate(der)
        else { return false }
        return certificate.covers(name)
    }

    /// All that is wrong; empty also where nothing was asked.
    var faults: CertificateFaults { verdict?.faults ?? CertificateFaults() }

    /// The certificate was verified, and nothing is wrong with it.
    var isTrusted: Bool { verdict?.isTrusted ?? false }

    /// Nil when the server may be talked to.
    func error(_ options: ProbeOptions, _ place: ConnectionPlace?) -> ProbeError? {
        guard let verdict, !verdict.isTrusted else { return nil }
        var isFirst = true
        return ProbeError(faults == .wrongName ? .nameMismatch : .untrusted) { line in
            line.append(options.target)
            line.append(" is not trusted")
            if let place {
                line.append(" at ")
                line.append(place)
            }
            line.append(": ")
            for depth in 0..<verdict.count {
                let item = verdict[depth]
                item.faults.forEach { fault in
                    if !isFirst { line.append("; ") }
                    isFirst = false
                    line.append(fault, of: item.certificate, at: depth)
                    guard fault == .wrongName else { return }
                    line.append(" than '")
                    line.append(options.name)
                    line.append("'")
                    line.append(absentNamesOf: item.certificate)
                }
            }
        }
    }

    /// The alert for the server.
    var refusal: TLSSession.Refusal {
        let unknown: CertificateFaults = .untrusted | .selfSigned
        if faults.hasAny(of: unknown) { return .unknownAuthority }
        return faults.hasAny(of: .expired) ? .certificateExpired : .badCertificate
    }

    /// A word for people.
    func append(to line: inout Line, _ options: ProbeOptions) {
        guard options.verifies else {
            line.append("no, as --no-verify asks")
            return
        }
        guard isTrusted else {
            line.append("no")
            return
        }
        line.append("yes, for ")
        line.append(options.checksName ? options.name : "whatever name")
    }
}
