// The arena: what it hands out is zero, aligned and nobody else's; what comes back can be handed out again. Under
// kernels with pages of every size.

import CMbedTLS
import Glibc
import PosternTLS
import Testing

extension TLSTests {
    @Suite struct ArenaTests {
        private static let page = 4_096
        static let kernelPages = [4_096, 16_384, 65_536]
        /// Starts on a page of every kernel.
        nonisolated(unsafe) private static let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: 1_024 * page, alignment: 65_536)

        init() {
            KernelPages.useArena(
                UnsafeMutableRawBufferPointer(rebasing: Self.memory[..<(64 * Self.page)]), bytes: Self.page)
        }

        @Test func blocksAreAlignedAndZeroAlsoTheSecondTime() {
            for size in [0, 1, 15, 16, 17, 100, 1_360, 1_361, 2_048, 2_049, 4_096, 4_097, 16_717] {
                for _ in 0..<3 {
                    let block = TLSArena.allocate(size)!
                    #expect(Int(bitPattern: block.baseAddress!) % 16 == 0)
                    #expect(isFilled(block, with: 0), "\(size) bytes")
                    block.initializeMemory(as: UInt8.self, repeating: 0xFF)
                    TLSArena.release(block)
                }
            }
            #expect(TLSArena.usage.usedBytes == 0)
        }

        @Test func largeBlocksAreWholePagesAndGoBackToTheKernel() {
            let block = TLSArena.allocate(16_717)!
            #expect(Int(bitPattern: block.baseAddress!) % Self.page == 0)
            TLSArena.release(block)
            #expect((KernelPages.calls, KernelPages.takenBytes) == (1, 5 * Self.page))
        }

        @Test func exhaustionIsNilAndCounted() {
            var blocks: [UnsafeMutableRawBufferPointer] = []
            while let block = TLSArena.allocate(4_096) { blocks.append(block) }
            #expect(blocks.count >= 60)
            #expect(TLSArena.usage.failures == 1)
            #expect(TLSArena.allocate(16) == nil)
            #expect(TLSArena.usage.peakBytes == blocks.count * Self.page)
            blocks.forEach { TLSArena.release($0) }
            #expect(TLSArena.allocate(blocks.count * Self.page) != nil, "all pages are one run again")
        }

        @Test(arguments: kernelPages, 1...20 as ClosedRange<UInt64>)
        func randomUseNeverOverlaps(kernelPage: Int, seed: UInt64) {
            // Not on a page of the kernel, as a board's memory is not.
            let start = Int(seed % 16) * Self.page + 48
            KernelPages.useArena(
                UnsafeMutableRawBufferPointer(rebasing: Self.memory[start..<(start + 160 * Self.page)]),
                bytes: kernelPage)
            var state = seed
            func random(_ bound: Int) -> Int {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return Int(state >> 33) % bound
            }
            var live: [(block: UnsafeMutableRawBufferPointer, mark: UInt8)] = []
            for turn in 0..<3_000 {
                if random(5) < 3 {
                    let size = random(20) == 0 ? random(100_000) : random(900)
                    guard let block = TLSArena.allocate(size) else { continue }
                    #expect(isFilled(block, with: 0))
                    let mark = UInt8(truncatingIfNeeded: turn | 1)
                    block.initializeMemory(as: UInt8.self, repeating: mark)
                    live.append((block, mark))
                } else if !live.isEmpty {
                    let index = random(live.count)
                    let (block, mark) = live[index]
                    #expect(isFilled(block, with: mark), "somebody else wrote into a block")
                    if block.count > 2_048, random(3) == 0 {
                        ctls_arena_discard(block.baseAddress)
                        live[index].mark = 0
                    } else {
                        live.swapAt(index, live.count - 1)
                        TLSArena.release(live.removeLast().block)
                    }
                }
            }
            for (block, mark) in live {
                #expect(isFilled(block, with: mark), "somebody else wrote into a block")
                TLSArena.release(block)
            }
            #expect(TLSArena.usage.usedBytes == 0)
            #expect(KernelPages.calls > 0, "large blocks went back to the kernel")
            #expect(
                TLSArena.allocate(140 * Self.page) != nil,
                "empty pages of small blocks are given up when others need them")
        }

        @Test(arguments: kernelPages) func freeMemoryIsGivenBackWhole(kernelPage: Int) {
            KernelPages.useArena(Self.memory, bytes: kernelPage)
            var blocks: [UnsafeMutableRawBufferPointer] = []
            while let block = TLSArena.allocate(5 * Self.page) { blocks.append(block) }
            blocks.forEach { TLSArena.release($0) }
            #expect(KernelPages.takenBytes >= blocks.count * 5 * Self.page - 2 * kernelPage)
        }

        @Test(arguments: [false, true]) func aKernelThatDoesNotDoWhatItSaysIsNotAskedAgain(isLocked: Bool) {
            KernelPages.useArena(Self.memory, bytes: 65_536, said: 4_096, isLocked: isLocked)
            let blocks = (0..<40).map { _ in TLSArena.allocate(5 * Self.page)! }
            for block in blocks { block.initializeMemory(as: UInt8.self, repeating: 7) }
            for index in stride(from: 0, to: blocks.count, by: 2) {
                ctls_arena_discard(blocks[index].baseAddress)
            }
            for (index, block) in blocks.enumerated() {
                #expect(isFilled(block, with: (index % 2 == 0 ? 0 : 7)))
            }
            #expect(KernelPages.calls == 0)
        }

        @Test func memoryThatIsLockedLaterIsCleared() {
            KernelPages.useArena(Self.memory, bytes: Self.page)
            let blocks = (0..<2).map { _ in TLSArena.allocate(5 * Self.page)! }
            for block in blocks { block.initializeMemory(as: UInt8.self, repeating: 7) }
            KernelPages.isLocked = true
            ctls_arena_discard(blocks[0].baseAddress)
            TLSArena.release(blocks[1])
            for block in blocks { #expect(isFilled(block, with: 0)) }
        }

        // The plan adds up what connections need; the arena must have it.

        @Test(arguments: [1, 4_096, 4_097, 1_000_000, 4_194_304]) func theArenaHandsOutWhatThePlanCounts(
            bytes: Int
        ) {
            for start in [0, 1, 48, 4_095] {
                let needed = TLSArena.bytes(toHandOut: bytes)
                let memory = UnsafeMutableRawBufferPointer.allocate(
                    byteCount: start + needed, alignment: Self.page)
                defer { memory.deallocate() }
                KernelPages.useArena(
                    UnsafeMutableRawBufferPointer(rebasing: memory[start...]), bytes: Self.page)
                #expect(TLSArena.usage.totalBytes >= bytes)
                #expect(TLSArena.usage.totalBytes < bytes + 2 * Self.page)
                #expect(TLSArena.allocate(bytes) != nil)
            }
        }

        /// Calls `body` with an arena of so many pages: memory that is no RAM until it is touched, as a board's is.
        private func withArena(pages: Int, _ body: () -> Void) {
            let needed = TLSArena.bytes(toHandOut: pages * Self.page)
            let memory = mmap(nil, needed, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
            defer { munmap(memory, needed) }
            TLSArena.use(memory, count: needed, kernelPageBytes: Self.page, discard: KernelPages.discard)
            body()
        }

        @Test func aBlockMayHaveMoreThan65535Pages() {
            withArena(pages: 70_000) { #expect(TLSArena.allocate(70_000 * Self.page) != nil) }
        }

        @Test func anArenaOfMoreThan65535PagesIsUsedWhole() {
            withArena(pages: 90_000) { useAll() }
        }

        private func useAll() {
            var blocks: [UnsafeMutableRawBufferPointer] = []
            while let block = TLSArena.allocate(5 * Self.page) { blocks.append(block) }
            #expect(blocks.count >= 90_000 / 5)
            #expect(Set(blocks.map { $0.baseAddress! }).count == blocks.count)
            // Small blocks beyond, in pages that were a run before.
            TLSArena.release(blocks.removeLast())
            let small = (0..<600).map { _ in TLSArena.allocate(32)! }
            small.forEach { TLSArena.release($0) }
            #expect(TLSArena.usage.usedBytes == blocks.count * 5 * Self.page)
        }
    }
}

/// In a debug build faster than a loop by far.
private func isFilled(_ block: UnsafeMutableRawBufferPointer, with mark: UInt8) -> Bool {
    guard let start = block.baseAddress, block.count > 0 else { return true }
    return block[0] == mark && memcmp(start, start + 1, block.count - 1) == 0
}
