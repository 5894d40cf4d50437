// Files that belong together: all are written, or none. Called by whatever makes certificates, keys, lists
// and indexes.

import CLinux
import PosternCore

public struct NewFiles {
    /// What replaces an existing file must not cost a private key.
    public enum Content {
        /// Whatever stands there, there is no private key in it.
        case open
        /// Nobody but the file's owner may read it. It replaces the keys that stand there.
        case secret
        /// Open and secret, in the place of a file that was added before.
        case openAgain
        case secretAgain

        var isOpen: Bool { self == .open || self == .openAgain }
        var isAgain: Bool { self == .openAgain || self == .secretAgain }

        /// One place is written twice at most.
        var endings: Endings {
            isAgain
                ? Endings(new: ".postern-new-2", old: ".postern-old-2")
                : Endings(new: ".postern-new", old: ".postern-old")
        }
    }

    /// Whether a name ends as those that are taken beside a file: what has it goes away.
    static func reserves(_ path: Text) -> Bool {
        let first = Content.open.endings, second = Content.openAgain.endings
        return path.ends(with: first.new) || path.ends(with: first.old) || path.ends(with: second.new)
            || path.ends(with: second.old)
    }

    /// Of the names beside a file: of what will replace it, and of what was there until all is in place.
    struct Endings {
        let new: Text
        let old: Text
    }

    // A key and its issuer's index, each in two steps, and its certificate.
    private var files = InlineArray<5, NewFile>(repeating: NewFile())
    private var count = 0
    private let owner: Account?

    /// Files that did not exist become `owner`'s, or else this process's user's.
    @inline(never) public init(owner: Account? = nil) { self.owner = owner }

    // Not inlined: it is called in dozens of places.
    /// `role` is for messages.
    @inline(never) public mutating func add(
        _ path: Text, _ role: Text, _ bytes: UnsafeRawBufferPointer, _ content: Content = .open,
        replaces: Bool
    ) {
        files[count] = NewFile(
            path: path, role: role, bytes: bytes, content: content, replaces: replaces)
        count += 1
    }

    /// Writes them in the order in which they were added, all whole or none: to temporary names beside them,
    /// then fsync, and in that order rename and fsync of the directory. A file that is reached by a symbolic
    /// link is replaced where it is; place.c has the rule for links. When it throws, nothing is left behind,
    /// and what was there is there again. What a process that was killed has left, the next one takes away.
    public func write() throws(OperatorError) {
        var memory = FileTransaction.Memory(repeating: 0)
        var failed = NewFile()
        let code = withUnsafePointer(to: files) { files in
            withUnsafeMutableBytes(of: &memory) { memory in
                var transaction = FileTransaction(
                    UnsafeRawPointer(files).assumingMemoryBound(to: NewFile.self), count: count,
                    owner: owner, memory)
                let code = transaction.run()
                if code != 0 { failed = transaction.current }
                return code
            }
        }
        guard code != 0 else { return }
        throw OperatorError(writing: failed.path, failed.role, SystemError(doing: .writingFile, code: code))
    }
}

/// One of them.
struct NewFile {
    var path: Text = ""
    /// For messages.
    var role: Text = ""
    var bytes = UnsafeRawBufferPointer(start: nil, count: 0)
    var content = NewFiles.Content.open
    /// An existing file is replaced; its owner stays.
    var replaces = false
}
