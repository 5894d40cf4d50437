// Which of the names that a request asks for go into the certificate: with --allow those that one of its
// names or wildcards permits, and what is left out is said; without it all of them but wildcards, since an
// operator who means one says so.

import PosternCore
import PosternLinux
import PosternX509

struct RequestedNames {
    let file: Text
    let options: CertificateOptions

    func permitted(_ request: CertificateRequest) throws(OperatorFault) -> NameList {
        var names = NameList()
        let extensions = CertificateExtensions(request.extensions)
        guard !extensions.faults.contains(.badEncoding) else { throw unreadable }
        if let requested = extensions.alternativeNames, var reader = try? PresentedNames(requested) {
            while let name = try? reader.next() { try add(name, to: &names) }
        } else if let name = GeneralName(DistinguishedName.commonName(of: request.subject)) {
            // An old way to ask.
            var memory = InlineArray<300, UInt8>(repeating: 0)
            try withUnsafeMutableBytes(of: &memory) { memory throws(OperatorFault) in
                var writer = DERWriter(memory)
                name.withContent { writer.primitive(name.tag, $0) }
                var reader = DERReader(writer.bytes)
                if let element = try? reader.next() { try add(PresentedName(element), to: &names) }
            }
        }
        guard !names.isEmpty else {
            throw OperatorFault(
                usage: "request file", file,
                "asks for no name that is permitted; permit more with --allow, or give --name")
        }
        return names
    }

    private func add(_ name: PresentedName, to names: inout NameList) throws(OperatorFault) {
        guard isName(name) else { throw unreadable }
        guard try isPermitted(name) else {
            StandardOutput.write { line in
                line.append("left out: ")
                line.append(name)
                line.append(", which no --allow permits")
            }
            return
        }
        let isAdded =
            name.tag == PresentedName.addressTag
            ? names.append(address: name.content) : append(name, to: &names)
        guard isAdded else {
            throw OperatorFault(usage: "request file", file, "asks for too many names")
        }
    }

    private func append(_ name: PresentedName, to names: inout NameList) -> Bool {
        guard let name = GeneralName(name.content) else { return false }
        return names.append(name)
    }

    /// Of a kind that an operator can write, and written so.
    private func isName(_ name: PresentedName) -> Bool {
        if name.tag == PresentedName.addressTag { return IPAddress(bytes: name.content) != nil }
        guard let written = GeneralName(name.content) else { return false }
        return written.tag == name.tag
    }

    private func isPermitted(_ name: PresentedName) throws(OperatorFault) -> Bool {
        if options.allowed.isEmpty {
            guard name.content.first != UInt8(ascii: "*") else {
                throw OperatorFault { line in
                    line.append("request file '")
                    line.append(file)
                    line.append("' asks for a wildcard, ")
                    line.append(name)
                    line.append("; permit it with --allow, or give --name")
                }
            }
            return true
        }
        for index in 0..<options.allowed.count {
            guard let allowed = GeneralName(options.allowed[index]) else {
                throw OperatorFault(notName: options.allowed[index], option: "option --allow")
            }
            if allowed.allows(name) || allowed.isCovered(by: name) { return true }
        }
        return false
    }

    private var unreadable: OperatorFault {
        OperatorFault(
            usage: "request file", file,
            "asks for a name that is none, or of no kind in use here; give --name")
    }
}
