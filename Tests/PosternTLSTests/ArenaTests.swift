// The arena: what it hands out is zero, aligned and nobody else's; what comes back can be handed out again.

import PosternTLS
import Testing

extension TLSTests {
    @Suite struct ArenaTests {
        private static let bytes = 64 * 4096
        nonisolated(unsafe) private static let memory = UnsafeMutableRawPointer.allocate(
            byteCount: bytes, alignment: 16)
        nonisolated(unsafe) private static var discards = 0

        init() {
            Self.memory.initializeMemory(as: UInt8.self, repeating: 0, count: Self.bytes)
            Self.discards = 0
            TLSArena.use(Self.memory, count: Self.bytes) { start, count in
                start!.initializeMemory(as: UInt8.self, repeating: 0, count: count)
                ArenaTests.discards += 1
                return 0
            }
        }

        @Test func blocksAreAlignedAndZeroAlsoTheSecondTime() {
            for size in [0, 1, 15, 16, 17, 100, 1_360, 1_361, 2_048, 2_049, 4_096, 4_097, 16_717] {
                for _ in 0..<3 {
                    let block = TLSArena.allocate(size)!
                    #expect(Int(bitPattern: block.baseAddress!) % 16 == 0)
                    #expect(block.allSatisfy { $0 == 0 }, "\(size) bytes")
                    block.initializeMemory(as: UInt8.self, repeating: 0xFF)
                    TLSArena.release(block)
                }
            }
            #expect(TLSArena.usage.usedBytes == 0)
        }

        @Test func largeBlocksAreWholePagesAndGoBackToTheKernel() {
            let block = TLSArena.allocate(16_717)!
            #expect(Int(bitPattern: block.baseAddress!) % 4096 == 0)
            TLSArena.release(block)
            #expect(Self.discards == 1)
        }

        @Test func exhaustionIsNilAndCounted() {
            var blocks: [UnsafeMutableRawBufferPointer] = []
            while let block = TLSArena.allocate(4_096) { blocks.append(block) }
            #expect(blocks.count >= 60)
            #expect(TLSArena.usage.failures == 1)
            #expect(TLSArena.allocate(16) == nil)
            #expect(TLSArena.usage.peakBytes == blocks.count * 4096)
            blocks.forEach { TLSArena.release($0) }
            #expect(TLSArena.allocate(blocks.count * 4096) != nil, "all pages are one run again")
        }

        @Test(arguments: 1...20 as ClosedRange<UInt64>)
        func randomUseNeverOverlaps(seed: UInt64) {
            var state = seed
            func random(_ bound: Int) -> Int {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return Int(state >> 33) % bound
            }
            var live: [(block: UnsafeMutableRawBufferPointer, mark: UInt8)] = []
            for turn in 0..<3_000 {
                if random(5) < 3 {
                    let size = random(20) == 0 ? random(20_000) : random(900)
                    guard let block = TLSArena.allocate(size) else { continue }
                    #expect(block.allSatisfy { $0 == 0 })
                    let mark = UInt8(truncatingIfNeeded: turn | 1)
                    block.initializeMemory(as: UInt8.self, repeating: mark)
                    live.append((block, mark))
                } else if !live.isEmpty {
                    let (block, mark) = live.swapRemove(random(live.count))
                    #expect(block.allSatisfy { $0 == mark }, "somebody else wrote into a block")
                    TLSArena.release(block)
                }
            }
            for (block, _) in live { TLSArena.release(block) }
            #expect(TLSArena.usage.usedBytes == 0)
            #expect(
                TLSArena.allocate(50 * 4096) != nil,
                "empty pages of small blocks are given up when others need them")
        }
    }
}

extension Array {
    fileprivate mutating func swapRemove(_ index: Int) -> Element {
        swapAt(index, count - 1)
        return removeLast()
    }
}
