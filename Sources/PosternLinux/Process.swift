// The process around the server: its clocks, its limits, its memory.

import CLinux
import PosternCore

public enum Process {
    /// Milliseconds of a clock that only goes forward.
    public static func monotonicMilliseconds() -> Int64 { clinux_monotonic_milliseconds() }

    /// Seconds since 1970, UTC.
    public static func unixSeconds() -> Int64 { clinux_unix_seconds() }

    /// Before anything is opened: no socket may take the place of a standard stream that is closed.
    public static func claimStandardStreams() { clinux_claim_standard_streams() }

    /// Room for `count` descriptors, as far as the hard limit allows; and no core dump with keys in it.
    public static func prepare(descriptors count: Int) {
        clinux_raise_descriptor_limit(count)
        clinux_disable_core_dumps()
    }

    /// Keeps memory that holds secrets out of any dump.
    public static func excludeFromDumps(_ region: MemoryRegion) {
        clinux_exclude_from_dumps(region.start, region.count)
    }

    /// Gives whole pages back; a callback for C.
    public static let discardPages: @convention(c) (UnsafeMutableRawPointer?, Int) -> Int32 = {
        start, count in
        clinux_discard_pages(start, count)
    }

    /// Code, constants and static data, all of the static memory included.
    public static var imageBytes: Int { clinux_image_bytes() }
}
