// The file of a new private key. Where it takes the place of another key, the certificate that belongs to it
// is in a file of its own, and two files cannot be renamed at once. So in between the key's file has both
// keys, and who reads it for a certificate finds the one that belongs: a kill or a power failure at any
// moment leaves a pair that works.

import PosternCore
import PosternLinux
import PosternTLS
import PosternX509

package struct NewKeyFile {
    private let file: Text
    private let text: UnsafeRawBufferPointer
    /// With the present keys in front; nil where there are none.
    private let both: UnsafeRawBufferPointer?
    private let replaces: Bool

    /// Stands in front of the next key.
    private static let mark: Text = "Postern: the next key, until its certificate is in place\n"

    /// `text` is the key in PEM, in memory of the caller's.
    package init(_ file: Text, _ text: UnsafeRawBufferPointer, replaces: Bool) throws(OperatorError) {
        self.file = file
        self.text = text
        self.replaces = replaces
        both = replaces && File.exists(file) ? try NewKeyFile.both(file, text) : nil
    }

    /// To be called before the certificate is added.
    package func addBefore(to files: inout NewFiles) {
        files.add(file, "key", both ?? text, .secret, replaces: replaces)
    }

    /// And after it.
    package func addAfter(to files: inout NewFiles) {
        if both != nil { files.add(file, "key", text, .secretAgain, replaces: true) }
    }

    /// Refuses a file that would lose more than the key that is replaced.
    package static func check(_ file: Text) throws(OperatorError) {
        let memory = try DocumentFile.allocate(Limits.identityFileBytes)
        defer { TLSArena.release(memory) }
        let contents = try File.contents(of: file, "key", option: "--key", into: memory).bytes
        let count = PEMText.count(contents)
        guard count.certificates == 0 else {
            throw OperatorError(
                usage: "key file", file,
                "holds a certificate too, which would be lost; take it out, or leave out --new-key")
        }
        guard count.keys < 2 || PEMText.position(of: mark, in: contents) != nil else {
            throw OperatorError(
                usage: "key file", file,
                "holds more than one private key; keep only the one of the certificate there")
        }
    }

    /// Nil where what is there is no key that works, or too large for one.
    private static func both(
        _ file: Text, _ text: UnsafeRawBufferPointer
    ) throws(OperatorError) -> UnsafeRawBufferPointer? {
        let memory = try DocumentFile.allocate(Limits.identityFileBytes)
        do throws(OperatorError) {
            let key = try KeyFile.read(file, option: "--key", certificate: file)
            var count = try File.contents(of: file, "key", option: "--key", into: memory).bytes.count
            if memory.first == DERTag.sequence {
                let making = try IssuingMemory()
                let old = try making.keyPEM(key, publicKey: try making.publicKey(of: key))
                memory.copyMemory(from: old)
                count = old.count
            }
            let line = UnsafeRawBufferPointer(mark.bytes)
            guard count + 1 + line.count + text.count < memory.count else { return nil }
            memory[count] = UInt8(ascii: "\n")
            count += 1
            UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(from: line)
            count += line.count
            UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(from: text)
            return UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(memory)[..<(count + text.count)])
        } catch {
            return nil
        }
    }
}
