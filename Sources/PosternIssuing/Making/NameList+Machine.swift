// The names of a machine for a certificate of its own: host name, localhost, and its addresses.

import PosternCore
import PosternLinux
import PosternX509

extension NameList {
    /// The machine's names as they are now.
    package static func ofThisMachine() -> NameList {
        var names = NameList()
        MachineNames.withHostName { text in
            // A host name that is not a DNS name, such as "(none)", is left out.
            if let name = GeneralName(text) { _ = names.append(name) }
        }
        names.append(constant: "localhost")
        names.append(constant: "127.0.0.1")
        names.append(constant: "::1")
        MachineNames.forEachAddress { address in _ = names.append(address: address) }
        return names
    }

    /// Adds a name that an operator gave, of which `option` is the option or field.
    package mutating func append(_ text: Text, option: Text) throws(OperatorError) {
        guard let name = GeneralName(text) else { throw OperatorError(notName: text, option: option) }
        guard append(name) else {
            throw OperatorError { line in
                line.append("too many names; a certificate takes about ")
                line.append(NameList.bytesMax)
                line.append(" bytes of them")
            }
        }
    }

    private mutating func append(constant text: Text) {
        if let name = GeneralName(text) { _ = append(name) }
    }
}

extension OperatorError {
    package init(notName text: Text, option: Text) {
        self.init { line in
            line.append(option)
            line.append(" '")
            line.append(text)
            line.append("' is not a name; ")
            line.append(GeneralName.hint)
        }
    }
}
