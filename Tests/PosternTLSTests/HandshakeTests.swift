// Whole connections, with everything that a network may do to their bytes.

import PosternCore
import PosternTLS
import Testing

extension TLSTests {
    @Suite final class HandshakeTests {
        let context: TLSContext
        let identity: Identity
        let message: [UInt8] = Array("서버로부터의 응답: a few bytes".utf8)

        init() throws {
            context = try TLSContext(TLSConfig())
            identity = try Fixtures.identity()
        }

        private func checkWhole(_ link: Link, _ comment: Comment? = nil) {
            #expect(link.received == message, comment)
            #expect(link.closed?.reason == .peerClosed, comment)
            #expect(link.connection.bytesIn == UInt64(message.count), comment)
        }

        @Test(arguments: Fixtures.versions)
        func splitAtEveryByte(tls13: Bool) throws {
            let session = try TLSSession(context)
            let whole = try Link(session, identity, tls13: tls13)
            whole.run(saying: message)
            checkWhole(whole)
            for position in 1..<max(whole.upward.delivered, whole.downward.delivered) {
                #expect(session.recycle())
                let link = try Link(session, identity, tls13: tls13)
                link.upward.splits = [position]
                link.downward.splits = [position]
                link.run(saying: message)
                checkWhole(link, "split at \(position)")
            }
            session.free()
        }

        @Test(arguments: Fixtures.versions)
        func oneByteAtATimeAndEverySecondSendRefused(tls13: Bool) throws {
            let session = try TLSSession(context)
            let link = try Link(session, identity, tls13: tls13)
            for wire in [link.upward, link.downward] {
                wire.mostAtOnce = 1
                wire.refusesEverySecondSend = true
            }
            link.run(saying: message)
            checkWhole(link)
            session.free()
        }

        @Test(arguments: Fixtures.versions, [false, true])
        func cutAtEveryByte(tls13: Bool, isReset: Bool) throws {
            let session = try TLSSession(context)
            let whole = try Link(session, identity, tls13: tls13)
            whole.run(saying: message)
            for position in 0..<whole.upward.delivered {
                #expect(session.recycle())
                let link = try Link(session, identity, tls13: tls13)
                link.upward.cutAfter = position
                link.upward.cutIsReset = isReset
                link.run(saying: message)
                #expect(
                    link.closed?.reason == (isReset ? .peerReset : .truncated), "cut after \(position)")
            }
            #expect(session.recycle())
            let after = try Link(session, identity, tls13: tls13)
            after.run(saying: message)
            checkWhole(after, "a session that was cut serves the next connection")
            session.free()
        }

        @Test(arguments: Fixtures.versions)
        func ticketsResumeUntilTheContextIsAnother(tls13: Bool) throws {
            let session = try TLSSession(context)
            let first = try Link(session, identity, tls13: tls13)
            first.run(saying: message)
            #expect(!session.isResumed)
            #expect(session.recycle())
            let second = try Link(session, identity, tls13: tls13, resuming: first)
            second.run(saying: message)
            checkWhole(second)
            #expect(session.isResumed)
            session.free()

            let anotherContext = try TLSContext(TLSConfig())
            let stranger = try TLSSession(anotherContext)
            let third = try Link(stranger, identity, tls13: tls13, resuming: first)
            third.run(saying: message)
            checkWhole(third)
            #expect(!stranger.isResumed)
            stranger.free()
        }

        @Test func smallRecordsAreNegotiated() throws {
            let session = try TLSSession(context)
            let link = try Link(session, identity, smallRecords: true)
            let long = (0..<5_000).map { UInt8(truncatingIfNeeded: $0) }
            link.run(saying: long)
            #expect(link.received == long)
            #expect(session.payloadLimit == Limits.recordBytesMin)
            session.free()
        }

        /// What the design builds on: one buffer of plain text serves all connections, because a sealed
        /// record no longer needs it.
        @Test(arguments: Fixtures.versions)
        func sealedRecordDoesNotReadTheBufferAgain(tls13: Bool) throws {
            let session = try TLSSession(context)
            let link = try Link(session, identity, tls13: tls13)
            var channel = WireChannel(session: session)
            var isOpen = false
            for _ in 0..<20 where !isOpen {
                _ = ctls_handshake(link)
                if case .done = try channel.handshake() { isOpen = true }
            }
            _ = ctls_handshake(link)
            link.downward.refusesEverySecondSend = true
            var plain = [UInt8](repeating: 7, count: 1_000)
            let first = try plain.withUnsafeBytes { try channel.write($0) }
            guard case .wantWrite = first else {
                Issue.record("the wire took the record at once")
                return
            }
            for index in plain.indices { plain[index] = 9 }
            let second = try plain.withUnsafeBytes { try channel.write($0) }
            guard case .done = second else {
                Issue.record("the record did not leave")
                return
            }
            var received = [UInt8](repeating: 0, count: 1_000)
            var count: Int32 = 0
            // In TLS 1.3 a ticket comes first.
            for _ in 0..<5 where count <= 0 { count = ctls_read(link, &received) }
            #expect(count == 1_000)
            #expect(received.allSatisfy { $0 == 7 })
            session.free()
        }

        /// close_notify comes behind a record that is still pending, not instead of it.
        @Test(arguments: Fixtures.versions)
        func closeNotifyFollowsWhatIsPending(tls13: Bool) throws {
            let session = try TLSSession(context)
            let link = try Link(session, identity, tls13: tls13)
            link.open()
            link.downward.refusesEverySecondSend = true
            var channel = WireChannel(session: session)
            let plain = [UInt8](repeating: 7, count: 1_000)
            guard case .wantWrite = try plain.withUnsafeBytes({ try channel.write($0) }) else {
                Issue.record("the wire took the record at once")
                return
            }
            var isSaid = false
            for _ in 0..<4 where !isSaid {
                if case .done = try channel.closeNotify() { isSaid = true }
            }
            #expect(isSaid)
            let length = link.downward.waiting.count
            #expect(try channel.closeNotify() == .done)
            #expect(link.downward.waiting.count == length, "said twice")
            var received = [UInt8](repeating: 0, count: 1_000)
            var code = ctls_read(link, &received)
            for _ in 0..<5 where code < 0 { code = ctls_read(link, &received) }
            #expect(code == 1_000)
            #expect(ctls_read(link, &received) == -0x7880)  // MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY
            session.free()
        }

        @Test(arguments: Fixtures.versions)
        func changedBitsAreNeverEchoed(tls13: Bool) throws {
            let session = try TLSSession(context)
            let whole = try Link(session, identity, tls13: tls13)
            whole.run(saying: message)
            for position in 5..<60 {
                #expect(session.recycle())
                let link = try Link(session, identity, tls13: tls13)
                link.open()
                link.sayOneRecord(message, changingByte: position)
                #expect(link.connection.bytesIn == 0, "byte \(position)")
                #expect(link.closed?.reason == .badRecord, "byte \(position)")
            }
            session.free()
        }
    }
}
