// --permit and --exclude of `certificate ca`: which names the authority may issue.

import PosternCore
import PosternIssuing
import PosternX509

extension CertificateOptions {
    /// The value of a NameConstraints extension, in memory that is not given back; nil without such options.
    func nameConstraints() throws(OperatorError) -> UnsafeRawBufferPointer? {
        guard !permitted.isEmpty || !excluded.isEmpty else { return nil }
        let permits = try subtrees(permitted, "permit")
        let excludes = try subtrees(excluded, "exclude")
        var writer = DERWriter(try DocumentFile.allocate(NameConstraintsContent.bytesMax))
        NameConstraintsContent.write(permitted: permits, excluded: excludes, to: &writer)
        return writer.bytes
    }

    private func subtrees(
        _ words: FixedList<16, Text>, _ option: Text
    ) throws(OperatorError) -> FixedList<16, NameSubtree> {
        var list = FixedList<16, NameSubtree>()
        for index in 0..<words.count {
            guard let subtree = NameSubtree(UnsafeRawBufferPointer(words[index].bytes)) else {
                throw OperatorError { line in
                    OptionArgument(words[index], of: option).append(to: &line)
                    line.append("is not a part of names; ")
                    line.append(NameSubtree.hint)
                }
            }
            _ = list.append(subtree)
        }
        return list
    }
}
