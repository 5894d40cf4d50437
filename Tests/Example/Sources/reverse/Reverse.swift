// A service of one's own: answers every line with its letters in reverse order.

import Postern

struct Reverse: Service {
    /// What it keeps for one connection.
    struct State {
        var lineCount = 0
    }

    /// The longest line.
    let unreadLimit = 1_024

    mutating func open(_ turn: inout Turn) -> State? { State() }

    mutating func receive(
        _ input: inout MutableSpan<UInt8>, _ output: inout MutableSpan<UInt8>, _ state: inout State,
        _ turn: inout Turn
    ) -> Answer {
        guard let end = lineEnd(input) else {
            // Half a line: it comes again, with more behind it.
            turn.leaveUnread(input.count)
            return .nothing
        }
        state.lineCount += 1
        var first = 0
        var last = end - 1
        while first < last {
            input.swapAt(first, last)
            first += 1
            last -= 1
        }
        turn.leaveUnread(input.count - end - 1)
        return .input(0..<(end + 1))
    }

    private func lineEnd(_ input: borrowing MutableSpan<UInt8>) -> Int? {
        for index in 0..<input.count where input[index] == UInt8(ascii: "\n") { return index }
        return nil
    }
}
