// The input of an open connection: what comes is offered to the service where it was decrypted, what it
// leaves and wants to see again goes to its buffer.

extension Connection {
    /// Nil when the service had its turn.
    mutating func offer<Channel: SecureChannel & ~Copyable, Provider: Service>(
        _ service: inout Provider, _ place: ServicePlace<Provider.State>, _ turn: inout Turn,
        over channel: inout Channel, _ room: UnsafeMutableRawBufferPointer, _ mayReceive: inout Bool
    ) throws(ChannelError) -> Progress? {
        if channel.plainText.isEmpty, unreadBytes == 0 || needsMore {
            // The socket is empty, unless nobody has looked in this turn.
            guard mayReceive || channel.hasBufferedInput else { return .waiting(.readable) }
            mayReceive = false
            switch try channel.look() {
            case .bytes(0): return nil
            case .bytes: break
            case .wantRead: return .waiting(.readable)
            case .wantWrite:
                hasPendingAlert = true
                return .waiting(.writable)
            case .again: return .again
            case .closeNotify: return try endInput(.peerClosed, &service, place, &turn, over: &channel, room)
            case .endOfStream:
                if service.acceptsMissingCloseNotify {
                    return try endInput(.peerClosed, &service, place, &turn, over: &channel, room)
                }
                // An end after our own close_notify leaves nothing to be missed.
                if output == .ended { return .closed(ChannelError(reason: reason, code: 0)) }
                inputEnded = true
                close(because: .truncated)
                return nil
            }
        }
        if unreadBytes > 0 {
            try offerUnread(&service, place, &turn, over: &channel, room)
        } else {
            try offerRecord(&service, place, &turn, over: &channel, room)
        }
        return nil
    }

    /// Plain text where it was decrypted: as much as fits into one record of an answer.
    private mutating func offerRecord<Channel: SecureChannel & ~Copyable, Provider: Service>(
        _ service: inout Provider, _ place: ServicePlace<Provider.State>, _ turn: inout Turn,
        over channel: inout Channel, _ room: UnsafeMutableRawBufferPointer
    ) throws(ChannelError) {
        let text = channel.plainText
        let offered = UnsafeMutableRawBufferPointer(rebasing: text[..<min(text.count, room.count)])
        let isAnswered = try give(offered, to: &service, place, &turn, over: &channel, room)
        let unread = turn.unreadCount
        take(offered.count - unread, from: &channel)
        guard unread > 0, unread == offered.count, !isAnswered, demand.input, !closesAfterAnswer else {
            return
        }
        // It waits for what comes behind, which will be decrypted to the same place.
        guard unread <= place.unread.count else { return close(because: .inputTooLong) }
        place.unread.copyMemory(from: UnsafeRawBufferPointer(offered))
        take(unread, from: &channel)
        unreadBytes = Int32(unread)
        needsMore = true
    }

    /// What was left unread, and behind it as much of what has come as there is room for.
    private mutating func offerUnread<Channel: SecureChannel & ~Copyable, Provider: Service>(
        _ service: inout Provider, _ place: ServicePlace<Provider.State>, _ turn: inout Turn,
        over channel: inout Channel, _ room: UnsafeMutableRawBufferPointer
    ) throws(ChannelError) {
        let count = Int(unreadBytes)
        let text = channel.plainText
        let added = min(place.unread.count - count, text.count)
        guard added > 0 || !needsMore else { return close(because: .inputTooLong) }
        UnsafeMutableRawBufferPointer(rebasing: place.unread[count...])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: text[..<added]))
        take(added, from: &channel)
        let offered = UnsafeMutableRawBufferPointer(rebasing: place.unread[..<(count + added)])
        let isAnswered = try give(offered, to: &service, place, &turn, over: &channel, room)
        let unread = turn.unreadCount
        let taken = offered.count - unread
        place.unread.copyMemory(from: UnsafeRawBufferPointer(rebasing: offered[taken...]))
        unreadBytes = Int32(unread)
        needsMore = unread > 0 && taken == 0 && !isAnswered
    }

    /// Gives input to the service and sends its answer; true when there was one.
    private mutating func give<Channel: SecureChannel & ~Copyable, Provider: Service>(
        _ input: UnsafeMutableRawBufferPointer, to service: inout Provider,
        _ place: ServicePlace<Provider.State>, _ turn: inout Turn,
        over channel: inout Channel, _ room: UnsafeMutableRawBufferPointer, isEnd: Bool = false
    ) throws(ChannelError) -> Bool {
        turn.unreadCount = 0
        let mayAnswer = !isSending && output == .open
        let (inputBytes, outputBytes) = (input.octets, room.octets)
        var inputSpan = inputBytes.mutableSpan
        var outputSpan = outputBytes.mutableSpan
        let answer =
            isEnd
            ? service.receiveEnd(&inputSpan, &outputSpan, &place.state.pointee, &turn)
            : service.receive(&inputSpan, &outputSpan, &place.state.pointee, &turn)
        settle(turn)
        precondition(turn.unreadCount >= 0 && turn.unreadCount <= input.count, "more unread than there is")
        let bytes: UnsafeMutableRawBufferPointer
        switch answer {
        case .nothing: return false
        case .input(let range): bytes = UnsafeMutableRawBufferPointer(rebasing: input[range])
        case .output(let range): bytes = UnsafeMutableRawBufferPointer(rebasing: room[range])
        }
        precondition(mayAnswer, "an answer out of turn")
        // What was put together from several records may be longer than one that this client takes.
        guard bytes.count <= room.count else {
            close(because: .inputTooLong)
            return true
        }
        turn.answerWait = try send(UnsafeRawBufferPointer(bytes), over: &channel)
        return !bytes.isEmpty
    }

    private mutating func take<Channel: SecureChannel & ~Copyable>(_ count: Int, from channel: inout Channel)
    {
        guard count > 0 else { return }
        channel.take(count)
        bytesIn += UInt64(widening: count)
    }

    private mutating func endInput<Channel: SecureChannel & ~Copyable, Provider: Service>(
        _ reason: CloseReason, _ service: inout Provider, _ place: ServicePlace<Provider.State>,
        _ turn: inout Turn, over channel: inout Channel, _ room: UnsafeMutableRawBufferPointer
    ) throws(ChannelError) -> Progress? {
        inputEnded = true
        if output == .open { self.reason = reason }
        let unread = UnsafeMutableRawBufferPointer(rebasing: place.unread[..<Int(unreadBytes)])
        unreadBytes = 0
        _ = try give(unread, to: &service, place, &turn, over: &channel, room, isEnd: true)
        return output == .ended ? .closed(ChannelError(reason: self.reason, code: 0)) : nil
    }
}

extension UnsafeMutableRawBufferPointer {
    var octets: UnsafeMutableBufferPointer<UInt8> {
        UnsafeMutableBufferPointer(
            start: baseAddress?.assumingMemoryBound(to: UInt8.self), count: count)
    }
}
