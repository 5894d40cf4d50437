// Slots that have more to do at once, first come, first served. Each slot stands in it at most once, so as
// many places as there are slots are enough.

public struct SlotQueue {
    private let places: UnsafeMutablePointer<UInt32>
    private let capacity: Int
    private var first = 0
    public private(set) var count = 0

    /// `places` has room for `capacity` slots.
    public init(places: UnsafeMutablePointer<UInt32>, capacity: Int) {
        self.places = places
        self.capacity = capacity
    }

    public mutating func append(_ slot: Int) {
        precondition(count < capacity, "a slot stands in the queue once")
        places[(first + count) % capacity] = UInt32(slot)
        count += 1
    }

    public mutating func popFirst() -> Int? {
        guard count > 0 else { return nil }
        let slot = places[first]
        first = (first + 1) % capacity
        count -= 1
        return Int(slot)
    }
}
