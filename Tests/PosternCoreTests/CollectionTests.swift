// SlotQueue, FixedList, MemoryRegion and StaticMemory: the collections that live in memory given to them.

import PosternCore
import Testing

struct SlotQueueTests {
    @Test(arguments: 0..<20)
    func seededUseAgreesWithAnArray(_ seed: Int) {
        var random = SeededGenerator(seed: seed)
        let capacity = random.number(1...12)
        let places = UnsafeMutablePointer<UInt32>.zeroed(capacity)
        defer { places.deallocate() }
        var queue = SlotQueue(places: places, capacity: capacity)
        var model: [Int] = []
        for _ in 0..<2_000 {
            if model.count < capacity, random.once(in: 2) {
                let slot = random.number(0...Limits.connectionsMax)
                queue.append(slot)
                model.append(slot)
            } else {
                #expect(queue.popFirst() == (model.isEmpty ? nil : model.removeFirst()))
            }
            #expect(queue.count == model.count)
        }
    }

    @Test func oneMoreThanThereIsRoomForTraps() async {
        await #expect(processExitsWith: .failure) {
            var queue = SlotQueue(places: .zeroed(3), capacity: 2)
            for slot in 0..<3 { queue.append(slot) }
        }
    }
}

struct FixedListTests {
    @Test func elementsStayInOrder() {
        var list = FixedList<3, Int>([7, 8])
        #expect(list.count == 2)
        let appended = [list.append(9), list.append(10)]
        #expect(appended == [true, false])
        #expect((0..<list.count).map { index in list[index] } == [7, 8, 9])
    }

    @Test func removeAllMakesRoom() {
        var list = FixedList<2, Int>([7, 8])
        #expect(!list.isEmpty)
        list.removeAll()
        #expect(list.isEmpty)
        let fits = list.append(1)
        #expect(fits)
        #expect(list[0] == 1)
    }

    @Test func listsOfOptionalsTellNilFromNothing() {
        let list = FixedList<2, Int?>([nil])
        #expect(list.count == 1)
        #expect(list[0] == nil)
    }

    @Test func indexBeyondTheCountTraps() async {
        await #expect(processExitsWith: .failure) { _ = FixedList<3, Int>([1])[1] }
    }

    @Test func moreInitialElementsThanRoomTrap() async {
        await #expect(processExitsWith: .failure) { _ = FixedList<1, Int>([1, 2]) }
    }
}

private nonisolated(unsafe) var memory = StaticMemory<2>()

struct MemoryRegionTests {
    @Test func staticMemoryIsWholePagesOfZeros() {
        let region = memory.region()
        #expect(region.count == 2 * 4_096)
        let bytes = UnsafeRawBufferPointer(start: region.start, count: region.count)
        #expect(bytes.allSatisfy { byte in byte == 0 })
        #expect(memory.region().start == region.start)
    }

    @Test func partsAreAlignedAndDoNotOverlap() {
        withRegion(4_096) { region in
            let start = region.start
            let byte: UnsafeMutablePointer<UInt8>? = region.take(1)
            #expect(byte.map(UnsafeMutableRawPointer.init) == start)
            let words: UnsafeMutablePointer<UInt64>? = region.take(3)
            #expect(words.map(UnsafeMutableRawPointer.init) == start + 8)
            let halves: UnsafeMutablePointer<UInt16>? = region.take(1)
            #expect(halves.map(UnsafeMutableRawPointer.init) == start + 32)
            #expect(region.start == start + 34)
            #expect(region.count == 4_096 - 34)
        }
    }

    @Test func whatDoesNotFitIsNotTaken() {
        withRegion(64) { region in
            let tooMany: UnsafeMutablePointer<UInt64>? = region.take(9)
            #expect(tooMany == nil)
            let byte: UnsafeMutablePointer<UInt8>? = region.take(1)
            #expect(byte != nil)
            // Seven bytes are lost to alignment: seven values fit and eight do not.
            let eight: UnsafeMutablePointer<UInt64>? = region.take(8)
            #expect(eight == nil)
            let seven: UnsafeMutablePointer<UInt64>? = region.take(7)
            #expect(seven != nil)
            #expect(region.count == 0)
        }
    }

    private func withRegion(_ count: Int, _ body: (inout MemoryRegion) -> Void) {
        let bytes = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 64)
        defer { bytes.deallocate() }
        var region = MemoryRegion(start: bytes, count: count)
        body(&region)
    }
}
