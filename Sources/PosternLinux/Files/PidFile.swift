// A file with the process id, for whoever stops and watches the server. The file is held by a lock: as long
// as the process lives it cannot be taken by another one, and afterwards it is known to be stale.

import CLinux
import PosternCore

public enum PidFileError: Error {
    /// A process holds the file.
    case live(owner: Int32)
    /// It is some other file.
    case notAPidFile
    case system(SystemError)

    /// The next try may succeed though nobody edits anything.
    public var mayPass: Bool {
        switch self {
        case .live: true
        case .notAPidFile: false
        case .system(let fault): fault.mayPass
        }
    }
}

public struct PidFile: ~Copyable {
    private var path: Text?
    private let descriptor: Int32
    /// What stood in a stale or damaged file that was replaced, or 0.
    public let staleOwner: Int32

    /// Writes the id of this process; nothing without a path.
    public init(_ path: Text?) throws(PidFileError) {
        self.path = path
        guard let path else {
            descriptor = -1
            staleOwner = 0
            return
        }
        var claim = PidFileClaim()
        let result = claim.take(path)
        switch result {
        case SystemError.isHeld: throw .live(owner: claim.owner)
        case SystemError.isNoPidFile: throw .notAPidFile
        default: break
        }
        guard result >= 0 else { throw .system(SystemError(doing: .writingFile, code: result)) }
        descriptor = result
        staleOwner = claim.owner
    }

    /// Rewrites the path relative to the new root.
    public mutating func enter(root: Text) { path = path?.below(root) ?? path }

    /// Removes the file if it is still this process's. Where that is not allowed any more, it is emptied.
    deinit {
        guard let path else { return }
        var place = clinux_place.none
        let isRemoved =
            clinux_locate(path.zeroTerminated, &place) == 0 && place.holds(descriptor)
            && clinux_unlink(place.directory, &place.name) == 0
        clinux_place_close(&place)
        if !isRemoved { clinux_empty(descriptor) }
        clinux_close(descriptor)
    }
}
