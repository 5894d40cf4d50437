// A connection in memory: a server session and a client of Mbed TLS, and between them two wires that deliver
// as the test says: split, short, late, cut, or with a bit changed.

import CTLSClient
import PosternCore
import PosternTLS

/// One direction. Bytes wait in it until they are received; `splits` are positions beyond which nothing is
/// delivered until the receiver has found the wire empty once.
final class Wire {
    var waiting: [UInt8] = []
    /// Bytes that were delivered, in all.
    private(set) var delivered = 0
    /// The most bytes that one receive or send moves.
    var mostAtOnce = Int.max
    /// Every second send is refused.
    var refusesEverySecondSend = false
    var splits: Set<Int> = []
    /// After so many delivered bytes the wire ends: with an end of stream, or with a reset.
    var cutAfter: Int?
    var cutIsReset = false
    var isEnded = false
    private var refusedLast = false
    /// Called first in every send and receive.
    var beforeCall: (() -> Void)?

    func send(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
        beforeCall?()
        if refusesEverySecondSend {
            refusedLast.toggle()
            if refusedLast { return TLSSession.wantWrite }
        }
        let taken = min(count, mostAtOnce)
        waiting += Array(UnsafeBufferPointer(start: bytes, count: taken))
        return Int32(taken)
    }

    func receive(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int32 {
        beforeCall?()
        if let cut = cutAfter, delivered >= cut { return cutIsReset ? TLSSession.reset : 0 }
        if splits.remove(delivered) != nil { return TLSSession.wantRead }
        var taken = min(count, mostAtOnce, waiting.count)
        if let next = splits.filter({ $0 > delivered }).min() { taken = min(taken, next - delivered) }
        if let cut = cutAfter { taken = min(taken, cut - delivered) }
        guard taken > 0 else { return isEnded ? 0 : TLSSession.wantRead }
        for index in 0..<taken { bytes[index] = waiting[index] }
        waiting.removeFirst(taken)
        delivered += taken
        return Int32(taken)
    }
}

/// What the callbacks of one end work on.
final class End {
    let incoming: Wire
    let outgoing: Wire

    init(incoming: Wire, outgoing: Wire) {
        self.incoming = incoming
        self.outgoing = outgoing
    }

    var pointer: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }
}

let sendToEnd: TLSSession.Send = { end, bytes, count in
    Unmanaged<End>.fromOpaque(end!).takeUnretainedValue().outgoing.send(bytes!, count)
}

let receiveFromEnd: TLSSession.Receive = { end, bytes, count in
    Unmanaged<End>.fromOpaque(end!).takeUnretainedValue().incoming.receive(bytes!, count)
}
