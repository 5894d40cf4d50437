// What a connection's turn leads to.

/// What a connection waits for after a turn.
public enum Progress: Sendable {
    case waiting(Interest)
    /// It has more to do at once, after the others had their turn.
    case again
    case closed(ChannelError)

    /// Of the two directions of a connection.
    func joined(with other: Progress) -> Progress {
        switch (self, other) {
        case (.closed, _): self
        case (_, .closed): other
        case (.waiting(let one), .waiting(let another)): .waiting(one.union(another))
        default: .again
        }
    }

    /// Nil for a step that is done.
    init?(waitingFor step: ChannelStep) {
        switch step {
        case .done: return nil
        case .wantRead: self = .waiting(.readable)
        case .wantWrite: self = .waiting(.writable)
        case .again: self = .again
        }
    }
}
