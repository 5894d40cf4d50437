// What a server speaks that does not speak TLS, by the first bytes that it sent: the handshake has failed by
// then, and this says why to whoever has the wrong port. Nothing is decided by it.

import PosternCore

enum PlainAnswer {
    case http
    case ssh
    /// Of mail and file servers, which speak TLS on another port or after a command that the probe has not.
    case greeting(Text)
    /// Text in no form that is known here, or other bytes.
    case text
    case binary

    /// Nil where it may be TLS: a record begins with its type (RFC 8446, section 5.1) and a version, whose
    /// first byte has been 3 since SSL 3.0. Nothing is nothing yet.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count > 0 else { return nil }
        if bytes[0] >= 20, bytes[0] <= 24, bytes.count == 1 || bytes[1] == 3 { return nil }
        if bytes.begins(with: "HTTP/") || bytes.begins(with: "<") {
            self = .http
        } else if bytes.begins(with: "SSH-") {
            self = .ssh
        } else if bytes.begins(with: "220") {
            self = .greeting("SMTP or FTP")
        } else if bytes.begins(with: "+OK") {
            self = .greeting("POP3")
        } else if bytes.begins(with: "* OK") {
            self = .greeting("IMAP")
        } else {
            self = PlainAnswer.isText(bytes) ? .text : .binary
        }
    }

    private static func isText(_ bytes: UnsafeRawBufferPointer) -> Bool {
        for index in 0..<bytes.count {
            let byte = bytes[index]
            let isBlank = byte == 9 || byte == 10 || byte == 13
            guard isBlank || byte >= 0x20 && byte < 0x7F else { return false }
        }
        return true
    }
}

extension Line {
    mutating func append(_ answer: PlainAnswer) {
        switch answer {
        case .http: append("answers in plain HTTP, not in TLS; is its HTTPS on another port?")
        case .ssh: append("is an SSH server and does not speak TLS; is it the right port?")
        case .greeting(let name):
            append("greets in plain ")
            append(name)
            append("; name the port where it speaks TLS at once: STARTTLS is not supported")
        case .text: append("answers in plain text, not in TLS; is it the right port?")
        case .binary: append("answers in another protocol than TLS; is it the right port?")
        }
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func begins(with text: Text) -> Bool {
        guard count >= text.count else { return false }
        for index in 0..<text.count where self[index] != text.start[index] { return false }
        return true
    }
}
