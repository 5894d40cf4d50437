// An allocation that fails inside a handshake ends it, whatever the library makes of it: it may go on without
// having computed a secret or a Finished (CVE-2025-27810, CVE-2026-50581, CVE-2026-50640).

import PosternCore
import PosternTLS
import Testing

extension TLSTests {
    @Suite final class FailedAllocationTests {
        private let context: TLSContext
        private let identity: Identity
        private let message: [UInt8] = Array("only with all of its memory".utf8)
        nonisolated(unsafe) private static let arena = UnsafeMutableRawBufferPointer.allocate(
            byteCount: 16 * 4096, alignment: 16)

        init() throws {
            KernelPages.useArena(Self.arena, bytes: 4096)
            context = try TLSContext(TLSConfig())
            identity = try Fixtures.identity()
        }

        /// A handshake in which an allocation fails during the server's call `failing` to its stream. Returns
        /// how many such calls there were, and how it ended.
        private func handshake(
            _ session: TLSSession, tls13: Bool, resuming previous: Link?, failing: Int?
        ) throws -> (calls: Int, ended: CloseReason?) {
            let link = try Link(session, identity, tls13: tls13, resuming: previous)
            var calls = 0
            // Only of the server's end: the client has the other end of both wires.
            var isServer = false
            for wire in [link.upward, link.downward] {
                wire.beforeCall = {
                    guard isServer else { return }
                    if calls == failing { #expect(TLSArena.allocate(1 &<< 30) == nil) }
                    calls += 1
                }
            }
            for _ in 0..<50 {
                _ = ctls_handshake(link)
                isServer = true
                defer { isServer = false }
                do throws(ChannelError) {
                    if case .done = try session.handshake() { return (calls, nil) }
                } catch {
                    return (calls, error.reason)
                }
            }
            Issue.record("the handshake goes on for ever")
            return (calls, nil)
        }

        @Test(arguments: Fixtures.versions, [false, true])
        func noHandshakeOutlivesIt(tls13: Bool, isResumed: Bool) throws {
            let session = try TLSSession(context)
            defer { session.free() }
            let first = try Link(session, identity, tls13: tls13)
            first.run(saying: message)
            #expect(first.received == message)
            #expect(session.recycle())
            let previous = isResumed ? first : nil
            let whole = try handshake(session, tls13: tls13, resuming: previous, failing: nil)
            #expect(whole.ended == nil && whole.calls > 3)
            #expect(session.isResumed == isResumed)
            for failing in 0..<whole.calls {
                #expect(session.recycle())
                let failed = try handshake(session, tls13: tls13, resuming: previous, failing: failing)
                #expect(failed.ended == .outOfMemory, "call \(failing) of \(whole.calls)")
            }
        }
    }
}
