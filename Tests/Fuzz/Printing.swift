// What is printed of hostile documents, as lines and as JSON: neither control characters nor anything that is no
// UTF-8 reaches a terminal, and a JSON string is one that every reader takes.
// seeds: documents
// seed: café \ "quoted"

import PosternCore
import PosternX509

@_cdecl("LLVMFuzzerTestOneInput")
public func test(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: start, count: count)
    let text = UnsafeBufferPointer(start: start, count: count)
    check { line in line.append(foreign: text) }
    checkJSON(text)
    if let certificate = try? Certificate(bytes) {
        check { $0.append(nameOf: certificate) }
        check { $0.append(distinguishedName: certificate.issuer) }
        check { $0.append(publicKey: certificate.publicKey) }
        check { $0.append(signatureAlgorithm: certificate.signed.algorithm) }
        CertificateExtensions(certificate.extensions).forEachName { name in check { $0.append(name) } }
        CertificateFaults(bits: .max >> 9).forEach { fault in
            check { $0.append(fault, of: bytes, at: 1) }
        }
    }
    if let list = try? RevocationList(bytes) { check { $0.append(distinguishedName: list.issuer) } }
    if let request = try? CertificateRequest(bytes) {
        check { $0.append(distinguishedName: request.subject) }
        CertificateExtensions(request.extensions).forEachName { name in check { $0.append(name) } }
    }
    return 0
}

private func check(_ compose: (inout Line) -> Void) {
    var line = Line()
    compose(&line)
    line.withTerminatedBytes { bytes in
        let text = UnsafeBufferPointer(rebasing: bytes.dropLast())
        precondition(isForTerminals(text))
        checkJSON(text)
    }
}

private func checkJSON(_ text: UnsafeBufferPointer<UInt8>) {
    var json: [UInt8] = []
    JSONText.quote(text) { json.append($0) }
    precondition(json.count >= 2 && json.first == UInt8(ascii: "\"") && json.last == UInt8(ascii: "\""))
    json.withUnsafeBufferPointer { precondition(isForTerminals($0)) }
    var index = 1
    while index < json.count - 1 {
        precondition(json[index] != UInt8(ascii: "\""))
        if json[index] == UInt8(ascii: "\\") {
            index += 1
            switch json[index] {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): break
            case UInt8(ascii: "u"):
                let digits = String(decoding: json[(index + 1)...(index + 4)], as: UTF8.self)
                precondition(digits.count == 4 && UInt16(digits, radix: 16) != nil)
                index += 4
            default: preconditionFailure("an escape that JSON does not have")
            }
        }
        index += 1
    }
    precondition(index == json.count - 1)
}

/// Checked with the standard library, not by what is tested.
private func isForTerminals(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let text = String(validating: text, as: UTF8.self) else { return false }
    return text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
}
