// The pool of slots: who gets which, and which tokens are stale.

import PosternCore
import Testing

struct SlotPoolTests {
    @Test func slotsAreTakenInOrderUntilAllAreInUse() {
        withPool(3) { pool in
            #expect((0..<3).map { _ in pool.take() } == [0, 1, 2])
            #expect(pool.isFull)
            #expect(pool.take() == nil)
            #expect(pool.used == 3)
            pool.release(1)
            #expect(!pool.isFull)
            #expect(pool.take() == 1)
        }
    }

    @Test func theSlotFreedLastIsUsedNext() {
        withPool(8) { pool in
            for _ in 0..<5 { _ = pool.take() }
            for index in [3, 0, 4] { pool.release(index) }
            #expect([pool.take(), pool.take(), pool.take(), pool.take()] == [4, 0, 3, 5])
            #expect(pool.touched == 6)
        }
    }

    @Test func aSlotKeepsItsAddressAndWhatWasLeftInIt() {
        withPool(2) { pool in
            let index = pool.take() ?? -1
            #expect(pool.pointer(to: index).pointee == 0)
            pool.pointer(to: index).pointee = 77
            let address = pool.pointer(to: index)
            pool.release(index)
            #expect(pool.take() == index)
            #expect(pool.pointer(to: index) == address)
            #expect(pool.pointer(to: index).pointee == 77)
        }
    }

    @Test func aTokenOfAnEarlierUseNeverFits() {
        withPool(1) { pool in
            var seen: Set<UInt32> = []
            for _ in 0..<1_000 {
                let index = pool.take() ?? -1
                let generation = pool.generation(of: index)
                #expect(pool.isUsed(index))
                #expect(seen.insert(generation).inserted)
                pool.release(index)
                #expect(!pool.isUsed(index))
                #expect(pool.generation(of: index) != generation)
            }
        }
    }

    @Test func untouchedSlotsAreNotInUse() {
        withPool(4) { pool in
            _ = pool.take()
            #expect(pool.isUsed(0))
            #expect(!pool.isUsed(1))
            #expect(!pool.isUsed(4))
        }
    }

    @Test(arguments: 0..<20)
    func seededUseAgreesWithAModel(_ seed: Int) {
        var random = SeededGenerator(seed: seed)
        let capacity = random.number(1...40)
        withPool(capacity) { pool in
            var inUse: [Int: UInt32] = [:]
            var free: [Int] = []
            var touched = 0
            for _ in 0..<2_000 {
                if random.once(in: 2), let index = inUse.keys.sorted().randomElement(using: &random) {
                    pool.release(index)
                    inUse[index] = nil
                    free.append(index)
                } else {
                    let expected = free.popLast() ?? (touched < capacity ? touched : nil)
                    let index = pool.take()
                    #expect(index == expected)
                    guard let index else { continue }
                    touched = max(touched, index + 1)
                    inUse[index] = pool.generation(of: index)
                }
                #expect(pool.used == inUse.count)
                #expect(pool.isFull == (inUse.count == capacity))
                #expect(pool.touched == touched)
                for index in 0..<touched {
                    #expect(pool.isUsed(index) == (inUse[index] != nil))
                    if let generation = inUse[index] { #expect(pool.generation(of: index) == generation) }
                }
            }
        }
    }

    @Test func releasingTwiceTraps() async {
        await #expect(processExitsWith: .failure) {
            let slots = UnsafeMutablePointer<SlotPool<Int>.Slot>.zeroed(2)
            var pool = SlotPool<Int>(slots: slots, capacity: 2)
            _ = pool.take()
            pool.release(0)
            pool.release(0)
        }
    }

    private func withPool(_ capacity: Int, _ body: (inout SlotPool<Int>) -> Void) {
        let slots = UnsafeMutablePointer<SlotPool<Int>.Slot>.zeroed(capacity)
        defer { slots.deallocate() }
        var pool = SlotPool<Int>(slots: slots, capacity: capacity)
        body(&pool)
    }
}

extension UnsafeMutablePointer {
    /// Memory as the core wants it: all bytes zero, as in .bss.
    static func zeroed(_ count: Int) -> UnsafeMutablePointer {
        let pointer = UnsafeMutablePointer.allocate(capacity: count)
        UnsafeMutableRawBufferPointer(start: pointer, count: count * MemoryLayout<Pointee>.stride)
            .initializeMemory(as: UInt8.self, repeating: 0)
        return pointer
    }
}
