// A list with room for a fixed number of elements, stored in place.

/// A list of at most `capacity` elements, stored in place.
public struct FixedList<let capacity: Int, Element> {
    private var elements: InlineArray<capacity, Element?>
    public private(set) var count: Int

    public init() {
        elements = InlineArray(repeating: nil)
        count = 0
    }

    /// Written as `FixedList([a, b])`. More elements than the list has room for trap.
    public init<let initial: Int>(_ initialElements: InlineArray<initial, Element>) {
        self.init()
        for index in 0..<initial {
            let fits = append(initialElements[index])
            precondition(fits, "more elements than the list has room for")
        }
    }

    /// False when the list is full.
    public mutating func append(_ element: Element) -> Bool {
        guard count < capacity else { return false }
        elements[count] = element
        count += 1
        return true
    }

    public mutating func modify(_ index: Int, _ body: (inout Element) -> Void) {
        precondition(index < count, "index beyond the list")
        var element = elements[index].unsafelyUnwrapped
        body(&element)
        elements[index] = element
    }

    public mutating func removeLast() {
        precondition(count > 0, "nothing to remove")
        count -= 1
        elements[count] = nil
    }

    public mutating func removeAll() { self = FixedList() }

    public var isEmpty: Bool { count == 0 }

    public subscript(index: Int) -> Element {
        get {
            precondition(index < count, "index beyond the list")
            return elements[index].unsafelyUnwrapped
        }
        set {
            precondition(index < count, "index beyond the list")
            elements[index] = newValue
        }
    }
}

extension FixedList: Sendable where Element: Sendable {}
