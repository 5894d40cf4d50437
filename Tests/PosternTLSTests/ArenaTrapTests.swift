// What is no live block of the arena ends the program when it is freed: each in a process of its own.

import CMbedTLS
import Testing

#if canImport(Glibc)
    import Glibc
#endif

extension TLSTests {
    @Suite struct ArenaTrapTests {
        /// What __builtin_trap() ends a process with: ud2 on x86, brk on Arm.
        private static var trap: ExitTest.Condition {
            #if arch(x86_64)
                .signal(SIGILL)
            #else
                .signal(SIGTRAP)
            #endif
        }

        /// An arena, and two blocks of a size beside each other; small ones have more of their page behind them.
        private static func blocks(_ bytes: Int) -> (UnsafeMutableRawPointer, UnsafeMutableRawPointer) {
            let count = 64 * 4_096
            KernelPages.useArena(
                UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 4_096), bytes: 4_096)
            return (ctls_arena_allocate(bytes), ctls_arena_allocate(bytes))
        }

        @Test func whatIsLiveIsFreed() async {
            await #expect(processExitsWith: .exitCode(17)) {
                for bytes in [16, 100, 2_048, 5_000, 20_000] {
                    let (first, second) = Self.blocks(bytes)
                    ctls_arena_release(second)
                    ctls_arena_release(first)
                }
                exit(17)
            }
        }

        @Test func smallBlockTwice() async {
            await #expect(processExitsWith: Self.trap) {
                let (first, _) = Self.blocks(100)
                ctls_arena_release(first)
                ctls_arena_release(first)
            }
        }

        @Test func smallBlockTwiceWhereTheLinkToItWasWrittenOver() async {
            await #expect(processExitsWith: Self.trap) {
                let (first, second) = Self.blocks(100)
                _ = ctls_arena_allocate(100)
                ctls_arena_release(first)
                ctls_arena_release(second)
                memset(second, 0, 16)
                ctls_arena_release(first)
            }
        }

        @Test func smallestBlockTwiceWithAnotherBetween() async {
            await #expect(processExitsWith: Self.trap) {
                let (first, second) = Self.blocks(16)
                _ = ctls_arena_allocate(16)
                ctls_arena_release(first)
                ctls_arena_release(second)
                ctls_arena_release(first)
            }
        }

        @Test func lastSmallBlockOfAPageTwice() async {
            await #expect(processExitsWith: Self.trap) {
                let (first, second) = Self.blocks(100)
                ctls_arena_release(first)
                ctls_arena_release(second)
                ctls_arena_release(second)
            }
        }

        @Test func largeBlockTwice() async {
            await #expect(processExitsWith: Self.trap) {
                let (first, _) = Self.blocks(20_000)
                ctls_arena_release(first)
                ctls_arena_release(first)
            }
        }

        @Test func insideOfASmallBlock() async {
            await #expect(processExitsWith: Self.trap) { ctls_arena_release(Self.blocks(100).0 + 16) }
        }

        @Test func insideOfTheFirstPageOfALargeBlock() async {
            await #expect(processExitsWith: Self.trap) { ctls_arena_release(Self.blocks(20_000).0 + 16) }
        }

        @Test func insideOfALaterPageOfALargeBlock() async {
            await #expect(processExitsWith: Self.trap) { ctls_arena_release(Self.blocks(20_000).0 + 4_096) }
        }

        @Test func blockThatWasNeverHandedOut() async {
            await #expect(processExitsWith: Self.trap) { ctls_arena_release(Self.blocks(112).1 + 112) }
        }

        @Test func theArenasOwnTable() async {
            await #expect(processExitsWith: Self.trap) { ctls_arena_release(Self.blocks(20_000).0 - 4_096) }
        }

        @Test func outsideOfTheArena() async {
            await #expect(processExitsWith: Self.trap) { ctls_arena_release(Self.blocks(20_000).0 - 8_192) }
        }

        @Test func freedBlockThatWasWrittenTo() async {
            await #expect(processExitsWith: Self.trap) {
                let (first, _) = Self.blocks(100)
                ctls_arena_release(first)
                first.storeBytes(of: 0x41, as: UInt8.self)
                _ = ctls_arena_allocate(100)
            }
        }

        /// Whoever knows addresses can make a peer's bytes look like those of a freed block; that ends nothing.
        @Test func liveBlockThatLooksFreed() async {
            await #expect(processExitsWith: .exitCode(17)) {
                let (first, second) = Self.blocks(100)
                ctls_arena_release(first)
                let words = first.loadUnaligned(as: (UInt64, UInt64).self)
                let seal = words.1 ^ UInt64(UInt(bitPattern: first)) ^ UInt64(UInt(bitPattern: second))
                second.storeBytes(of: (words.0, seal), as: (UInt64, UInt64).self)
                ctls_arena_release(second)
                exit(17)
            }
        }
    }
}
