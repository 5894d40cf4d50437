// When which connection's service wants to be woken: a binary heap, because services ask for any time.

public struct WakeQueue {
    /// What one connection needs: its time, and a place in the heap.
    public struct Place {
        var dueMilliseconds: Int64
        /// Where the connection stands in the heap, as index + 1; 0 for nowhere.
        var position: UInt32
        /// The connection at this index of the heap.
        var slot: UInt32
    }

    private let places: UnsafeMutablePointer<Place>
    private var count = 0

    /// `places` is zero and has room for one place a connection.
    public init(places: UnsafeMutablePointer<Place>) { self.places = places }

    public var dueMilliseconds: Int64? { count == 0 ? nil : due(at: 0) }

    public mutating func set(_ slot: Int, dueMilliseconds: Int64) {
        places[slot].dueMilliseconds = dueMilliseconds
        if places[slot].position == 0 {
            put(UInt32(slot), at: count)
            count += 1
        }
        settle(Int(places[slot].position) - 1)
    }

    public mutating func cancel(_ slot: Int) {
        guard places[slot].position != 0 else { return }
        let index = Int(places[slot].position) - 1
        places[slot].position = 0
        count -= 1
        guard index != count else { return }
        put(places[count].slot, at: index)
        settle(index)
    }

    /// The next connection whose time has come; it is then in the queue no more.
    public mutating func popDue(atMilliseconds now: Int64) -> Int? {
        guard count > 0, due(at: 0) <= now else { return nil }
        let slot = Int(places[0].slot)
        cancel(slot)
        return slot
    }

    private func due(at index: Int) -> Int64 { places[Int(places[index].slot)].dueMilliseconds }

    private func put(_ slot: UInt32, at index: Int) {
        places[index].slot = slot
        places[Int(slot)].position = UInt32(index) + 1
    }

    private func swap(_ one: Int, _ other: Int) {
        let slot = places[one].slot
        put(places[other].slot, at: one)
        put(slot, at: other)
    }

    /// Moves what stands at `index` to where it belongs.
    private func settle(_ start: Int) {
        var index = start
        while index > 0, due(at: index) < due(at: (index - 1) / 2) {
            swap(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
        while true {
            var earliest = index
            for side in 1..<3 {
                let child = 2 * index + side
                if child < count, due(at: child) < due(at: earliest) { earliest = child }
            }
            guard earliest != index else { return }
            swap(index, earliest)
            index = earliest
        }
    }
}
