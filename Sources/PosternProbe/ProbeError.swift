// Why a probe ends early: the exit code, and one sentence for whoever asked.

import PosternCore
import PosternLinux
import PosternTLS

struct ProbeError: Error {
    let exit: ProbeExit
    /// Nil where nobody would read it.
    let words: OperatorError?

    init(_ exit: ProbeExit, _ compose: (inout Line) -> Void) {
        self.exit = exit
        words = OperatorError(compose)
    }

    private init(quiet exit: ProbeExit) {
        self.exit = exit
        words = nil
    }

    /// Whoever read the answer has gone, as `head` does.
    static var outputClosed: ProbeError { ProbeError(quiet: .connection) }

    static var outOfMemory: ProbeError {
        ProbeError(.connection) { line in
            line.append("the arena has no room for it; give the port's StaticMemory more pages")
        }
    }

    static func timedOut(_ what: Text, _ options: ProbeOptions) -> ProbeError {
        ProbeError(.connection) { line in
            line.append(options.target)
            line.append(" did not ")
            line.append(what)
            line.append(" within ")
            line.append(options.timeoutSeconds ?? ProbeClock.connectSeconds)
            line.append(" seconds; give more with --timeout")
        }
    }

    /// Standard output could not be written.
    init(output error: SystemError) {
        self.init(.connection) { line in
            line.append("standard output cannot be written: ")
            line.append(error.text)
        }
    }

    /// A server that does not speak TLS.
    init(_ answer: PlainAnswer, _ options: ProbeOptions) {
        self.init(.protocolFault) { line in
            line.append(options.target)
            line.append(" ")
            line.append(answer)
        }
    }

    /// A session that could not go on.
    init(_ failure: ChannelError, _ session: TLSSession, _ options: ProbeOptions) {
        let isConnection = failure.reason == .peerReset || failure.reason == .outOfMemory
        self.init(isConnection ? .connection : .protocolFault) { line in
            line.append(options.target)
            line.append(" ")
            switch failure.reason {
            case .peerReset: line.append("reset the connection")
            case .truncated:
                line.append("ended the connection in the middle of the handshake; does it speak TLS?")
            case .peerClosed: line.append("closed the connection in the middle of the handshake")
            case .protocolVersion: line.append("has no TLS version in common with this client")
            case .noSharedParameters:
                line.append("chose a cipher suite, group or signature that this client did not offer")
            case .badRecord: line.append("sent a record that fails authentication")
            case .recordFlood: line.append("sends nothing but records that bring nothing")
            case .peerAlert: line.append(alert: session.peerAlert, session, options)
            case .outOfMemory:
                line.append(
                    "sends more than the arena has room for; give the port's StaticMemory more pages")
            case .malformed where session.wasAskedForKeys:
                line.append("asked for new keys in mid-connection (KeyUpdate), which Mbed TLS cannot")
            case .malformed where failure.code == illegalParameter && options.versions == .both:
                line.append("chose a parameter that Mbed TLS cannot take; try --tls 1.2")
            case .malformed where unknownSignature.contains(failure.code):
                line.append("showed a certificate whose signature is of a kind that Mbed TLS does not know")
            case .malformed: line.append("sent something that is not TLS or breaks its rules")
            default: line.append("cannot be talked to, by a fault on this side")
            }
            if failure.code != 0, failure.reason != .peerAlert {
                line.append(" (Mbed TLS ")
                line.append(libraryCode: failure.code)
                line.append(")")
            }
        }
    }
}

/// Mbed TLS's number for what a server of TLS 1.2 does that prefers RSA-PSS: a client that offers TLS 1.3 as
/// well has to offer it, and the library has it in TLS 1.3 only.
private let illegalParameter: Int32 = -0x6600

/// Its numbers for a signature algorithm that it does not know: alone, or with why.
private let unknownSignature: ClosedRange<Int32> = -0x267F ... -0x2600

extension Line {
    fileprivate mutating func append(alert number: UInt8, _ session: TLSSession, _ options: ProbeOptions) {
        append("gave up with the alert ")
        if let name = alertName(number) {
            append(name)
            append(" (")
            append(UInt16(number))
            append(")")
        } else {
            append(UInt16(number))
        }
        switch number {
        case 70 where options.versions != .both: append("; try without --tls")
        case 112:
            append("; it does not serve the name '")
            append(options.name)
            append("'")
        case 120: append("; it has none of the protocols of --alpn")
        default:
            guard session.isCertificateWanted else { return }
            append(
                options.certificate == nil
                    ? "; it asks for a client certificate: give --certificate and --key"
                    : "; it asked for a client certificate and was shown one")
        }
    }
}

/// Names of alerts as RFC 8446, section 6, and RFC 7301 have them; nil for others.
private func alertName(_ number: UInt8) -> Text? {
    switch number {
    case 10: "unexpected_message"
    case 20: "bad_record_mac"
    case 22: "record_overflow"
    case 40: "handshake_failure"
    case 42: "bad_certificate"
    case 43: "unsupported_certificate"
    case 44: "certificate_revoked"
    case 45: "certificate_expired"
    case 46: "certificate_unknown"
    case 47: "illegal_parameter"
    case 48: "unknown_ca"
    case 49: "access_denied"
    case 50: "decode_error"
    case 51: "decrypt_error"
    case 70: "protocol_version"
    case 71: "insufficient_security"
    case 80: "internal_error"
    case 90: "user_canceled"
    case 109: "missing_extension"
    case 110: "unsupported_extension"
    case 112: "unrecognized_name"
    case 116: "certificate_required"
    case 120: "no_application_protocol"
    default: nil
    }
}
