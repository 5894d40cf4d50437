// A file with the process id, for whoever stops and watches the server. The file is held by a lock: as long
// as the process lives it cannot be taken by another one, and afterwards it is known to be stale.

import CLinux
import PosternCore

public struct PidFile: ~Copyable {
    public enum Fault: Error {
        /// A process holds it.
        case live(owner: Int32)
        /// It is some other file.
        case holdsSomethingElse
        case system(SystemError)
    }

    private var path: Text?
    private let descriptor: Int32
    /// What stood in a stale file that was replaced, or 0.
    public let staleOwner: Int32

    /// Writes the id of this process; nothing without a path.
    public init(_ path: Text?) throws(Fault) {
        self.path = path
        guard let path else {
            descriptor = -1
            staleOwner = 0
            return
        }
        var owner: Int32 = 0
        let result = clinux_pidfile_take(path.zeroTerminated, &owner)
        switch result {
        case CLINUX_PIDFILE_LIVE: throw .live(owner: owner)
        case CLINUX_PIDFILE_NOT_ONE: throw .holdsSomethingElse
        default: break
        }
        guard result >= 0 else { throw .system(SystemError(doing: .writingFile, code: result)) }
        descriptor = result
        staleOwner = owner
    }

    /// It has the name now that it has from there.
    public mutating func enter(root: Text) { path = path?.below(root) ?? path }

    /// Removes the file.
    deinit {
        if let path { clinux_pidfile_remove(path.zeroTerminated, descriptor) }
    }
}
