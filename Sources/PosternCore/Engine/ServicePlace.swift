// Where a service's memory for one connection is.

/// Where the service's things of one connection stand: its state, and its buffer for unread input.
public struct ServicePlace<State> {
    let state: UnsafeMutablePointer<State>
    let unread: UnsafeMutableRawBufferPointer

    /// `unread` has as many bytes as the service's `unreadLimit`.
    public init(state: UnsafeMutablePointer<State>, unread: UnsafeMutableRawBufferPointer) {
        self.state = state
        self.unread = unread
    }
}

/// Those of all connections.
public struct ServicePlaces<State> {
    private let states: UnsafeMutablePointer<State>
    private let unread: UnsafeMutablePointer<UInt8>
    private let unreadLimit: Int

    /// With room for a state and `unreadLimit` bytes a connection.
    public init(states: UnsafeMutablePointer<State>, unread: UnsafeMutablePointer<UInt8>, unreadLimit: Int) {
        self.states = states
        self.unread = unread
        self.unreadLimit = unreadLimit
    }

    public subscript(_ slot: Int) -> ServicePlace<State> {
        ServicePlace(
            state: states + slot,
            unread: UnsafeMutableRawBufferPointer(start: unread + slot * unreadLimit, count: unreadLimit))
    }
}
