// Putting a pid file in place: it is written and locked under a name of its own first, so that it is whole
// from the first moment on, and of two that start at once never both succeed. Used by PidFile alone.

import CLinux
import PosternCore

struct PidFileClaim {
    private var place = clinux_place.none
    private var temporary = clinux_name()
    private var hasTemporary = false
    /// The process of a file that is held, or was replaced; 0 where it does not say.
    private(set) var owner: Int32 = 0

    /// Returns a descriptor that holds the file, or why there is none.
    mutating func take(_ path: Text) -> Int32 {
        defer { clinux_place_close(&place) }
        do throws(CallError) {
            try place.find(path)
            // What is never opened does nothing, whatever it is.
            if place.isThere, place.status.type != CLINUX_REGULAR {
                return place.status.type == CLINUX_DIRECTORY
                    ? CLINUX_FILE_IS_DIRECTORY : SystemError.isNoPidFile
            }
            try place.checkWriting()
            let descriptor = try place.create(&temporary, ".postern-new", mode: 0o644)
            hasTemporary = true
            defer { if hasTemporary { clinux_unlink(place.directory, &temporary) } }
            do throws(CallError) {
                try fill(descriptor)
                try putInPlace()
            } catch {
                clinux_close(descriptor)
                throw error
            }
            return descriptor
        } catch {
            return error.code
        }
    }

    private func fill(_ descriptor: Int32) throws(CallError) {
        try check(clinux_set_mode(descriptor, 0o644))
        try check(clinux_lock(descriptor))
        var line = Line()
        line.append(Int(clinux_process_id()))
        let count = line.withTerminatedBytes { text in clinux_write(descriptor, text.baseAddress, text.count)
        }
        guard try check(count) > line.count else { throw CallError(code: CLINUX_FILE_NO_SPACE) }
    }

    private mutating func putInPlace() throws(CallError) {
        for _ in 0..<100 {
            owner = 0
            // link(2) refuses an existing name, as rename(2) does not.
            let result = clinux_link(place.directory, &temporary, &place.name)
            if result == 0 { return }
            // File systems without links: two that start in the same moment may not see each other.
            var status = clinux_status()
            if result == CLINUX_FILE_NO_LINKS, clinux_stat_at(place.directory, &place.name, &status) != 0 {
                return try putOver()
            }
            if result != CLINUX_FILE_EXISTS, result != CLINUX_FILE_NO_LINKS { try check(result) }
            if try replace() { return }
        }
        throw CallError(code: CLINUX_FILE_BUSY)
    }

    private mutating func putOver() throws(CallError) {
        try check(clinux_rename(place.directory, &temporary, &place.name))
        // From now on the name may be that of another start.
        hasTemporary = false
    }

    /// Replaces what a dead process left. False: another start was faster, look again.
    private mutating func replace() throws(CallError) -> Bool {
        let old = clinux_open(place.directory, &place.name, 1)
        if old == CLINUX_FILE_MISSING { return false }
        try check(old)
        defer { clinux_close(old) }
        var status = clinux_status()
        try check(clinux_stat(old, &status))
        guard status.type == CLINUX_REGULAR else { throw CallError(code: SystemError.isNoPidFile) }
        owner = try Self.readOwner(old)
        // Everybody may read the file, and so get a lock for reading; that is no sign of life.
        if clinux_lock(old) != 0, clinux_is_locked(old) > 0 { throw CallError(code: SystemError.isHeld) }
        // Who waited for the lock of a file that is not there any more has not won.
        guard place.holds(old) else { return false }
        try putOver()
        return true
    }

    /// The id that stands in a file, or 0. Empty is what a server leaves that may not remove its file.
    private static func readOwner(_ descriptor: Int32) throws(CallError) -> Int32 {
        var buffer = InlineArray<4097, UInt8>(repeating: 0)
        let owner = withUnsafeMutableBytes(of: &buffer) { buffer -> Int32 in
            let count = clinux_read_start(descriptor, buffer.baseAddress, buffer.count)
            guard count >= 0 else { return count }
            let text = UnsafeRawBufferPointer(rebasing: buffer[..<Int(count)])
            return isDamaged(text, whole: text.count < buffer.count)
                ? number(in: text) : SystemError.isNoPidFile
        }
        return try check(owner)
    }

    /// What a power failure leaves where a number was: nothing, zeros, digits of two. What has other bytes
    /// and is longer than a number is somebody else's file.
    private static func isDamaged(_ text: UnsafeRawBufferPointer, whole isWhole: Bool) -> Bool {
        guard text.count > 16 else { return true }
        for byte in text {
            switch byte {
            case 0, UInt8(ascii: "0")...UInt8(ascii: "9"): continue
            case UInt8(ascii: "-"), UInt8(ascii: " "), UInt8(ascii: "\n"): continue
            default: return false
            }
        }
        return isWhole
    }

    private static func number(in text: UnsafeRawBufferPointer) -> Int32 {
        var digits = text.count
        while digits > 0, text[digits - 1] == UInt8(ascii: "\n") || text[digits - 1] == UInt8(ascii: " ") {
            digits -= 1
        }
        var number: Int64 = 0
        for byte in text[..<digits] {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return 0 }
            number = number * 10 + Int64(widening: Int32(byte) - 0x30)
            guard number <= Int64(widening: Int32.max) else { return 0 }
        }
        return Int32(truncatingIfNeeded: number)
    }
}
