// A fixed number of places for values of one kind: connections, TLS channels. Places that were never used
// are never touched, and the one freed last is used next, so that a quiet server keeps few pages resident.

public struct SlotPool<Element> {
    public struct Slot {
        var element: Element
        /// Odd while the slot is in use, and another one each time: a token of an earlier use never fits.
        var generation: UInt32
        /// The slot freed before this one, as index + 1; 0 for none.
        var nextFree: UInt32
    }

    private let slots: UnsafeMutablePointer<Slot>
    public let capacity: Int
    public private(set) var used = 0
    /// Slots below this index were in use at some time.
    public private(set) var touched = 0
    private var firstFree: UInt32 = 0

    /// `slots` has room for `capacity` of them and is zero.
    public init(slots: UnsafeMutablePointer<Slot>, capacity: Int) {
        self.slots = slots
        self.capacity = capacity
    }

    public var isFull: Bool { used == capacity }

    /// The index of a slot, or nil when all are in use. Its element is what the last user left there; at
    /// first all bytes zero.
    public mutating func take() -> Int? {
        let index: Int
        if firstFree != 0 {
            index = Int(firstFree) - 1
            firstFree = slots[index].nextFree
        } else if touched < capacity {
            index = touched
            touched += 1
        } else {
            return nil
        }
        slots[index].generation &+= 1
        used += 1
        return index
    }

    public mutating func release(_ index: Int) {
        precondition(isUsed(index), "a slot is released once")
        slots[index].generation &+= 1
        slots[index].nextFree = firstFree
        firstFree = UInt32(index) + 1
        used -= 1
    }

    public func isUsed(_ index: Int) -> Bool { index < touched && slots[index].generation & 1 == 1 }

    public func generation(of index: Int) -> UInt32 { slots[index].generation }

    /// The element in place: the address stays the same for the life of the pool.
    public func pointer(to index: Int) -> UnsafeMutablePointer<Element> {
        UnsafeMutableRawPointer(slots + index).assumingMemoryBound(to: Element.self)
    }
}
