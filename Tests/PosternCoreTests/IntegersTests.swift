// Conversions that 32-bit processors need: the same values as the standard library's.

import PosternCore
import Testing

struct IntegersTests {
    @Test func wideningKeepsTheValue() {
        for value in [Int.min, -1 << 31, -1, 0, 1, 1 << 31, Int.max] {
            #expect(Int64(widening: value) == Int64(value))
        }
        for value in [Int32.min, -1, 0, Int32.max] { #expect(Int64(widening: value) == Int64(value)) }
        for value in [UInt32.min, 1 << 31, UInt32.max] {
            #expect(Int64(widening: value) == Int64(value))
            #expect(UInt64(widening: value) == UInt64(value))
        }
        #expect(UInt64(widening: Int.max) == UInt64(Int.max))
        #expect(UInt64(widening: UInt.max) == UInt64(UInt.max))
        #expect(UInt64(widening: UInt16.max) == 65_535)
        #expect(UInt64(widening: UInt8.max) == 255)
    }

    @Test func narrowingKeepsWhatFits() {
        for value in [Int.min, -1, 0, Int.max] { #expect(Int(narrowing: Int64(value)) == value) }
        for value in [0, 1, Int.max] { #expect(Int(narrowing: UInt64(value)) == value) }
    }

    @Test func narrowingTrapsOnWhatDoesNotFit() async {
        await #expect(processExitsWith: .failure) { _ = Int(narrowing: UInt64.max) }
        await #expect(processExitsWith: .failure) { _ = UInt64(widening: -1) }
    }
}
