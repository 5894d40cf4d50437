// What the server does about the certificates of clients beside judging them in handshakes: judging them
// again when the rules have changed, and saying in the log who they are and what is not right.

import PosternCore
import PosternLinux
import PosternTLS
import PosternX509

/// A walk over all connections, some a turn, so that nobody waits for all the signatures at once.
struct Judging {
    /// Why those are closed that may not stay; nil for the reason that is found.
    fileprivate var reason: CloseReason?
    /// The next slot; nil when no walk is under way.
    fileprivate var slot: Int?

    var isUnderWay: Bool { slot != nil }
}

extension Server {
    /// Starts a walk; one that is under way starts anew.
    mutating func judgeAll(because reason: CloseReason?) {
        guard credentials.clients != nil else { return }
        judging.reason = judging.isUnderWay ? judging.reason ?? reason : reason
        judging.slot = 0
    }

    mutating func judgeNext() {
        guard var slot = judging.slot else { return reportSkippedRevocation() }
        var budget = Limits.judgementsPerTurn
        while budget > 0, slot < clients.touched {
            if clients.isUsed(slot), judge(slot) { budget -= 1 }
            slot += 1
        }
        hasPaid = budget < Limits.judgementsPerTurn
        judging.slot = slot < clients.touched ? slot : nil
    }

    /// False when there was nothing to judge.
    private mutating func judge(_ slot: Int) -> Bool {
        let client = clients.pointer(to: slot)
        guard let session = channels.pointer(to: client.pointee.channel).pointee.session,
            !session.shown.isEmpty
        else { return false }
        guard let found = session.judgeAgain() else { return true }
        let reason = judging.reason ?? found
        switch client.pointee.connection.phase {
        case .handshaking: close(slot, ChannelFailure(reason: reason, code: 0))
        case .open: sayFarewell(slot, reason)
        case .closing, .lingering: break
        }
        return true
    }

    // The log

    /// ; clients required: CA 1, revocation lists 1, names 2, pins 3
    func append(clients line: inout Line) {
        guard let rules = credentials.clients else { return }
        line.append("; clients ")
        line.append(config.clients.certificates.name)
        line.append(": authorities ")
        line.append(rules.pointee.authorityCount)
        if config.clients.crl != nil {
            line.append(", revocation lists ")
            line.append(rules.pointee.revocationListCount)
        }
        if config.clients.allow != nil {
            line.append(", names ")
            line.append(rules.pointee.nameCount)
        }
        if config.clients.pins != nil {
            line.append(", pins ")
            line.append(rules.pointee.pinCount)
        }
    }

    /// Policy `warn`: never in silence.
    private mutating func reportSkippedRevocation() {
        guard let rules = credentials.clients, rules.pointee.hasSkippedRevocation else { return }
        rules.pointee.hasSkippedRevocation = false
        log.writeLimited(.warning, atMilliseconds: nowMilliseconds) { line in
            line.append("a client came in whose revocation no list that is in date speaks of")
        }
    }
}

extension Line {
    /// Who it was, by what it showed. The last field of a line: a name may have blanks.
    mutating func append(clientThatShowed shown: UnsafeRawBufferPointer?) {
        guard let shown, !shown.isEmpty else { return }
        do throws(DERFault) {
            var reader = DERReader(shown)
            let leaf = try Certificate(try reader.next().whole)
            append(" client=")
            append(distinguishedName: leaf.subject)
        } catch {}
    }
}
