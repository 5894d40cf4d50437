// A service of one's own: answers every piece of what it receives with its bytes in reverse order.

import Postern

struct Reverse: Service {
    let headroom = 0
    let maximum = 1_024

    mutating func answer(_ bytes: inout MutableSpan<UInt8>, received: Range<Int>) -> Answer {
        var first = received.lowerBound
        var last = received.upperBound - 1
        while first < last {
            bytes.swapAt(first, last)
            first += 1
            last -= 1
        }
        return .bytes(received)
    }
}
