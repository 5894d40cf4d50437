// A channel that plays a script and writes down what the connection asks of it. What SecureChannel.swift
// promises to a channel is checked at every call: a broken promise becomes a fault, which a test expects
// there to be none of.

import PosternCore

enum ScriptedStep {
    case done
    case wantRead
    case wantWrite
    case again
    case failure(ChannelError)
}

struct ScriptedRead {
    enum Step {
        case bytes([UInt8])
        case wantRead
        case wantWrite
        case again
        case closeNotify
        case endOfStream
        case failure(ChannelError)
    }

    let step: Step
    /// It lies inside the channel: no readiness of the socket will announce it.
    let isBuffered: Bool

    init(_ step: Step, isBuffered: Bool = false) {
        self.step = step
        self.isBuffered = isBuffered
    }
}

/// What each call of the channel returns, in order; when a list has ended, what stands behind it.
struct Script {
    var handshake: [ScriptedStep] = []  // done
    var reads: [ScriptedRead] = []  // want read
    var writes: [ScriptedStep] = []  // done
    var closes: [ScriptedStep] = []  // done
    var flushes: [ScriptedStep] = []  // done
    var discards: [DiscardStep] = []  // end
    var payloadLimit = Limits.recordBytes
}

struct ScriptedChannel: SecureChannel {
    enum Call: Equatable {
        case handshake
        case read
        case write(Int)
        case closeNotify
        case alert(UInt8)
        case flush
        case endWrites
        case discardInput
    }

    private var script: Script
    private(set) var calls: [Call] = []
    private(set) var faults: [String] = []
    /// Plain text as it was handed out, piece by piece, and as it was wholly sent, record by record.
    private(set) var received: [[UInt8]] = []
    private(set) var sent: [[UInt8]] = []
    /// A record that waits for room in the socket.
    private(set) var sealed: [UInt8]?
    /// What was thrown, and by which call.
    private(set) var thrown: (failure: ChannelError, call: Call)?
    /// How the peer ended, once that was handed out.
    private(set) var peerEnd: CloseReason?
    /// The last call asked for this; nil when it did not.
    private(set) var wanted: Interest?
    /// The last call has more to do at once.
    private(set) var wantsMore = false
    private var isOpen = false
    private(set) var saidCloseNotify = false
    private(set) var hasEndedWrites = false
    private(set) var saidAlert = false
    /// Where records are decrypted, and what of the last one was not taken.
    private let text = UnsafeMutableRawBufferPointer.allocate(byteCount: Limits.recordBytes, alignment: 16)
    private var first = 0
    private var rest = 0

    init(_ script: Script) { self.script = script }

    var hasBufferedInput: Bool { rest > 0 || script.reads.first?.isBuffered == true }

    var payloadLimit: Int { isOpen ? script.payloadLimit : -1 }

    mutating func handshake() throws(ChannelError) -> ChannelStep {
        note(.handshake, while: !isOpen)
        let step = try play(script.handshake.isEmpty ? .done : script.handshake.removeFirst())
        isOpen = step == .done
        return step
    }

    mutating func look() throws(ChannelError) -> ReadStep {
        note(.read, while: isOpen && peerEnd == nil && !saidAlert)
        if rest > 0 { return .bytes(rest) }
        switch script.reads.isEmpty ? .wantRead : script.reads.removeFirst().step {
        case .bytes(let record):
            record.withUnsafeBytes { bytes in text.copyMemory(from: bytes) }
            first = 0
            rest = record.count
            if record.isEmpty { received.append([]) }
            return .bytes(rest)
        case .wantRead:
            wanted = .readable
            return .wantRead
        case .wantWrite:
            wanted = .writable
            return .wantWrite
        case .again:
            wantsMore = true
            return .again
        case .closeNotify:
            peerEnd = .peerClosed
            return .closeNotify
        case .endOfStream:
            peerEnd = .truncated
            return .endOfStream
        case .failure(let failure):
            thrown = (failure, .read)
            throw failure
        }
    }

    var plainText: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: text[first..<first + rest])
    }

    mutating func take(_ count: Int) {
        if count <= 0 || count > rest { faults.append("\(count) bytes of \(rest) taken") }
        received.append(Array(text[first..<first + count]))
        // As a session wipes them.
        for index in first..<first + count { text[index] = 0xEE }
        first += count
        rest -= count
    }

    mutating func write(_ bytes: UnsafeRawBufferPointer) throws(ChannelError) -> ChannelStep {
        note(
            .write(bytes.count),
            while: isOpen && !saidCloseNotify && bytes.count <= payloadLimit && bytes.count > 0)
        let record = sealed ?? Array(bytes)
        if record.count != bytes.count {
            faults.append("\(record.count) bytes sealed, \(bytes.count) repeated")
        }
        sealed = record
        let step = try play(script.writes.isEmpty ? .done : script.writes.removeFirst())
        if step == .done {
            sent.append(record)
            sealed = nil
        }
        return step
    }

    mutating func closeNotify() throws(ChannelError) -> ChannelStep {
        note(.closeNotify, while: isOpen && !saidCloseNotify)
        let step = try play(script.closes.isEmpty ? .done : script.closes.removeFirst())
        saidCloseNotify = step == .done
        return step
    }

    mutating func alert(_ description: UInt8) throws(ChannelError) -> ChannelStep {
        note(.alert(description), while: isOpen && !saidAlert)
        let step = try play(script.closes.isEmpty ? .done : script.closes.removeFirst())
        saidAlert = step == .done
        return step
    }

    mutating func flush() throws(ChannelError) -> ChannelStep {
        note(.flush, while: isOpen)
        return try play(script.flushes.isEmpty ? .done : script.flushes.removeFirst())
    }

    /// Frees the memory of a channel that is not used again.
    func free() { text.deallocate() }

    mutating func endWrites() {
        note(.endWrites, while: !hasEndedWrites); hasEndedWrites = true
    }

    mutating func discardInput() -> DiscardStep {
        note(.discardInput, while: hasEndedWrites)
        let step = script.discards.isEmpty ? .end : script.discards.removeFirst()
        if case .wantRead = step { wanted = .readable }
        return step
    }

    private mutating func note(_ call: Call, while isAllowed: Bool) {
        calls.append(call)
        if thrown != nil || !isAllowed { faults.append("\(call) out of turn") }
        wanted = nil
        wantsMore = false
    }

    /// Plays a step of the call that was noted last.
    private mutating func play(_ step: ScriptedStep) throws(ChannelError) -> ChannelStep {
        switch step {
        case .done:
            return .done
        case .wantRead:
            wanted = .readable
            return .wantRead
        case .wantWrite:
            wanted = .writable
            return .wantWrite
        case .again:
            wantsMore = true
            return .again
        case .failure(let failure):
            thrown = (failure, calls[calls.count - 1])
            throw failure
        }
    }
}
