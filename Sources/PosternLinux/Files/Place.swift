// What can be done at the place where a path leads (clinux_place.h): a new file beside what is there, which
// gets its name when it is whole. Used by what writes files; it never opens what is there.

import CLinux
import PosternCore

extension clinux_place {
    /// No place: `clinux_place_close` has nothing to close.
    static var none: clinux_place {
        var place = clinux_place()
        place.directory = -1
        return place
    }

    /// Finds the place; `clinux_place_close` closes it.
    mutating func find(_ path: Text) throws(CallError) {
        try check(clinux_locate(path.zeroTerminated, &self))
    }

    var isThere: Bool { is_there != 0 }

    /// Throws where somebody else's link leads there. The file that is there keeps its owner; `owner` will
    /// have a new one.
    mutating func checkWriting(for owner: UInt32 = clinux_account_user()) throws(CallError) {
        try check(clinux_may_write(&self, isThere ? status.user : owner))
    }

    /// Makes an empty file in the same directory, which is locked as long as its descriptor is open. Its
    /// name is this one with `ending`, so that the next process takes away what one that was killed has
    /// left; or, where another process is at it or something is in the way, one that nobody can know before.
    mutating func create(
        _ name: inout clinux_name, _ ending: Text, mode: UInt32
    ) throws(CallError) -> Int32 {
        if let descriptor = createWithEnding(&name, ending, mode) { return descriptor }
        for _ in 0..<16 {
            try check(clinux_name_beside(&self, &name))
            let descriptor = clinux_create(directory, &name, mode)
            if descriptor != CLINUX_FILE_EXISTS { return try check(descriptor) }
        }
        throw CallError(code: CLINUX_FILE_EXISTS)
    }

    private mutating func createWithEnding(
        _ name: inout clinux_name, _ ending: Text, _ mode: UInt32
    ) -> Int32? {
        guard clinux_name_with(&self, ending.zeroTerminated, &name) == 0 else { return nil }
        var descriptor = clinux_create(directory, &name, mode)
        if descriptor == CLINUX_FILE_EXISTS, removeLeftover(&name) {
            descriptor = clinux_create(directory, &name, mode)
        }
        guard descriptor >= 0 else { return nil }
        // Another process may have found it before it was locked. Without locks nobody takes it for left.
        if clinux_lock(descriptor) != CLINUX_FILE_BUSY, leads(&name, to: descriptor) { return descriptor }
        clinux_close(descriptor)
        return nil
    }

    /// Whoever writes such a file holds its lock. Only a name is removed, never what a link leads to.
    private mutating func removeLeftover(_ name: inout clinux_name) -> Bool {
        var status = clinux_status()
        guard clinux_stat_at(directory, &name, &status) == 0, status.type == CLINUX_REGULAR else {
            return false
        }
        let descriptor = clinux_open(directory, &name, 1)
        guard descriptor >= 0 else { return false }
        defer { clinux_close(descriptor) }
        guard clinux_lock(descriptor) == 0, leads(&name, to: descriptor) else { return false }
        return clinux_unlink(directory, &name) == 0
    }

    /// Whether the open file is the one that has this name now.
    mutating func holds(_ descriptor: Int32) -> Bool { leads(&name, to: descriptor) }

    private func leads(_ name: UnsafePointer<clinux_name>, to descriptor: Int32) -> Bool {
        var open = clinux_status()
        var there = clinux_status()
        return clinux_stat(descriptor, &open) == 0 && clinux_stat_at(directory, name, &there) == 0
            && open.isSameFile(there)
    }

    /// Two names that lead to one place: what replaces one file replaces the other.
    mutating func isSame(_ other: inout clinux_place) -> Bool {
        var here = clinux_status()
        var there = clinux_status()
        return clinux_is_same_name(&name, &other.name) != 0 && clinux_stat(directory, &here) == 0
            && clinux_stat(other.directory, &there) == 0 && here.isSameFile(there)
    }

    /// A new name is on disk when its directory is. File systems without fsync for directories keep their
    /// own order.
    func syncDirectory() {
        let descriptor = clinux_open_directory(directory)
        guard descriptor >= 0 else { return }
        clinux_sync(descriptor)
        clinux_close(descriptor)
    }
}

extension clinux_status {
    func isSameFile(_ other: clinux_status) -> Bool { device == other.device && inode == other.inode }

    /// A directory in which others than its owner can make names.
    var isOpenToOthers: Bool { mode & 0o022 != 0 }
}
