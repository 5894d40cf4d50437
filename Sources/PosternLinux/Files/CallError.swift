// What a call of clinux_calls.h returns when it fails. It stays in this module: others get a SystemError,
// which says what was being done.

import CLinux

/// -errno, or one of clinux_file.h's own results.
struct CallError: Error {
    let code: Int32
}

/// Throws what is negative.
@discardableResult
func check(_ result: Int32) throws(CallError) -> Int32 {
    guard result >= 0 else { throw CallError(code: result) }
    return result
}

/// Writes all bytes.
func writeWhole(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) throws(CallError) {
    var rest = bytes
    while !rest.isEmpty {
        let count = try check(clinux_write(descriptor, rest.baseAddress, rest.count))
        rest = UnsafeRawBufferPointer(rebasing: rest[Int(count)...])
    }
}
