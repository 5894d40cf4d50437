// A file on its way: where it really goes, its temporary name there, and a second name for what it replaces
// until all files of a transaction are in place. FileTransaction says what is done when; it starts with zero
// bytes.

import CLinux
import PosternCore

struct StagedFile {
    var place: clinux_place
    private var temporary: clinux_name
    private var previous: clinux_name
    /// Of the new file, which is locked until it has its name.
    private var descriptor: Int32
    private var isOpen: Bool
    private var hasTemporary: Bool
    private var hasPrevious: Bool
    private var isPublished: Bool

    /// Throws where the file may not be written, or what stands there would be lost. Root would replace
    /// /dev/null by a file, and every program on the machine would notice.
    mutating func find(_ file: NewFile, _ owner: Account?) throws(CallError) {
        try place.find(file.path)
        if place.isThere, !file.replaces { throw CallError(code: CLINUX_FILE_EXISTS) }
        try place.checkWriting(for: owner?.user ?? clinux_account_user())
        guard !NewFiles.reserves(file.path) else { throw CallError(code: SystemError.nameIsReserved) }
        guard place.isThere else { return }
        guard place.status.type != CLINUX_DIRECTORY else { throw CallError(code: CLINUX_FILE_IS_DIRECTORY) }
        guard place.status.type == CLINUX_REGULAR, place.is_opened_by_kernel == 0 else {
            throw CallError(code: CLINUX_FILE_NOT_REGULAR)
        }
        let descriptor = try check(clinux_open(place.directory, &place.name, 0))
        defer { clinux_close(descriptor) }
        try ReplacedContent(descriptor).checkLoss(to: file)
    }

    /// Writes it to its temporary name, and to disk.
    mutating func stage(_ file: NewFile, _ owner: Account?) throws(CallError) {
        descriptor = try place.create(&temporary, file.content.endings.new, mode: 0o600)
        isOpen = true
        hasTemporary = true
        try fill(file, owner)
    }

    private func fill(_ file: NewFile, _ owner: Account?) throws(CallError) {
        var mode: UInt32 = file.content.isOpen ? 0o644 : 0o600
        try writeWhole(descriptor, file.bytes)
        if place.isThere {
            takeOverPermissions(&mode)
        } else if let owner, clinux_set_owner(descriptor, owner.user, owner.group) != 0 {
            // By descriptor, and before the file has its name: it is never another file that is given away.
            throw CallError(code: SystemError.notGiven)
        }
        // open(2) has taken the umask off; a mode that was asked for is meant. FAT has no modes.
        let result = clinux_set_mode(descriptor, mode)
        if clinux_kind_of_error(result) != CLINUX_ERROR_NO_PERMISSION { try check(result) }
        try check(clinux_sync(descriptor))
    }

    /// Whoever could read the replaced file must be able to read the new one: the owner stays, and so does a
    /// group's right to read, unless everybody had it.
    private func takeOverPermissions(_ mode: inout UInt32) {
        let old = place.status
        guard isPlacedByOwner, clinux_set_owner(descriptor, old.user, old.group) == 0 else { return }
        if old.mode & 0o007 == 0 { mode |= old.mode & 0o040 }
    }

    /// Whether the file is where it is because the directory's owner, root or this user wanted it so. Where
    /// many may write, anybody may have made it beforehand, to be given what is written.
    private var isPlacedByOwner: Bool {
        var directory = clinux_status()
        let owner = place.status.user
        guard clinux_stat(place.directory, &directory) == 0 else { return false }
        return owner == 0 || owner == clinux_account_user() || owner == directory.user
            || !directory.isOpenToOthers
    }

    /// Gives the file its name, on disk too.
    mutating func publish(_ file: NewFile) throws(CallError) {
        try file.replaces ? publishOver(file.content) : publishBeside()
        isPublished = true
        place.syncDirectory()
    }

    /// link(2) refuses an existing name, as rename(2) does not. FAT and some others have no links: there it
    /// is looked for instead.
    private mutating func publishBeside() throws(CallError) {
        let result = clinux_link(place.directory, &temporary, &place.name)
        guard result == CLINUX_FILE_NO_LINKS else {
            try check(result)
            return
        }
        var status = clinux_status()
        guard clinux_stat_at(place.directory, &place.name, &status) != 0 else {
            throw CallError(code: CLINUX_FILE_EXISTS)
        }
        try rename()
    }

    private mutating func publishOver(_ content: NewFiles.Content) throws(CallError) {
        hasPrevious = namePrevious(content) && clinux_link(place.directory, &place.name, &previous) == 0
        try rename()
    }

    /// Whoever has the temporary name with its ending has this one too, and what has it was left; but for
    /// another process that has put its file in place and is not done with the others. It still holds the
    /// lock of that file, as this one does of a file that it replaces again.
    private mutating func namePrevious(_ content: NewFiles.Content) -> Bool {
        let endings = content.endings
        guard clinux_name_with(&place, endings.new.zeroTerminated, &previous) == 0,
            clinux_is_same_name(&previous, &temporary) != 0, content.isAgain || !isHeld(),
            clinux_name_with(&place, endings.old.zeroTerminated, &previous) == 0
        else { return clinux_name_beside(&place, &previous) == 0 }
        clinux_unlink(place.directory, &previous)
        return true
    }

    private mutating func isHeld() -> Bool {
        let descriptor = clinux_open(place.directory, &place.name, 0)
        guard descriptor >= 0 else { return false }
        defer { clinux_close(descriptor) }
        return clinux_is_locked(descriptor) > 0
    }

    private mutating func rename() throws(CallError) {
        try check(clinux_rename(place.directory, &temporary, &place.name))
        hasTemporary = false
    }

    /// What was there is there again. Where it could not be given a second name, as on FAT, the new file
    /// stays: a key's file has the old key as well then.
    mutating func undo() {
        guard isPublished else { return }
        if !hasPrevious {
            if !place.isThere { clinux_unlink(place.directory, &place.name) }
        } else if clinux_rename(place.directory, &previous, &place.name) == 0 {
            hasPrevious = false
        }
    }

    /// Nothing stays but the file.
    mutating func close() {
        if hasTemporary { clinux_unlink(place.directory, &temporary) }
        if hasPrevious { clinux_unlink(place.directory, &previous) }
        if isOpen { clinux_close(descriptor) }
        if isPublished { place.syncDirectory() }
        clinux_place_close(&place)
    }
}
