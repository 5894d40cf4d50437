// Which names an authority may issue, as its certificate says it: the value of a NameConstraints extension
// (RFC 5280, section 4.2.1.10).

import PosternCore
import PosternX509

package enum NameConstraintsContent {
    /// Of so many subtrees as options can name, each as long as a name may be.
    package static let bytesMax = 37 * 300

    /// Kinds of names of which nothing is permitted are excluded, as soon as anything is permitted: whoever
    /// permits .home does not mean any IP address.
    package static func write(
        permitted: FixedList<16, NameSubtree>, excluded: FixedList<16, NameSubtree>,
        to writer: inout DERWriter
    ) {
        writer.constructed(DERTag.sequence) { constraints in
            if !permitted.isEmpty {
                constraints.constructed(DERTag.contextConstructed(0)) { list in
                    for index in 0..<permitted.count { permitted[index].write(to: &list) }
                }
            }
            let kinds = kinds(missingIn: permitted)
            guard !excluded.isEmpty || kinds != 0 else { return }
            constraints.constructed(DERTag.contextConstructed(1)) { list in
                for index in 0..<excluded.count { excluded[index].write(to: &list) }
                for number in 0...NameSubtree.Kind.uri.rawValue where kinds & bit(number) != 0 {
                    guard let kind = NameSubtree.Kind(rawValue: number) else { continue }
                    NameSubtree(allOf: kind).write(to: &list)
                }
            }
        }
    }

    /// A bit for each kind; 0 where nothing is permitted.
    private static func kinds(missingIn permitted: FixedList<16, NameSubtree>) -> UInt32 {
        guard !permitted.isEmpty else { return 0 }
        var kinds = bit(NameSubtree.Kind.uri.rawValue + 1) - 1
        for index in 0..<permitted.count { kinds &= ~bit(permitted[index].kind.rawValue) }
        return kinds
    }

    private static func bit(_ number: UInt8) -> UInt32 { 1 &<< UInt32(truncatingIfNeeded: number) }
}
