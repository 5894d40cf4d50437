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
