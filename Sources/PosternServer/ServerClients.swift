// What the server does about the certificates of clients beside authorizing clients in handshakes: it
// authorizes them again when the rules have changed, and says in the log who they are and what is not right.

import PosternCore
import PosternLinux
import PosternTLS
import PosternX509

/// A walk over all connections, some a turn, so that nobody waits for all the signatures at once.
struct Reauthorization {
    /// Why those are closed that may not stay; nil for the reason that is found.
    fileprivate var reason: CloseReason?
    /// The next slot.
    fileprivate var slot = 0
    /// Slots that were in use when the walk began; it goes once round them.
    fileprivate var slotCount = 0
    fileprivate var slotsLeft = 0

    var isUnderWay: Bool { slotsLeft > 0 }
}

extension Server {
    /// Starts a walk. One that is under way goes once round from where it is: started from the first slot
    /// again and again, it would never come to the last ones.
    mutating func reauthorizeAll(because reason: CloseReason?) {
        guard credentials.clients != nil else { return }
        reauthorization.reason = reauthorization.isUnderWay ? reauthorization.reason ?? reason : reason
        reauthorization.slotCount = clients.touched
        reauthorization.slotsLeft = clients.touched
    }

    mutating func reauthorizeNext() {
        guard reauthorization.isUnderWay else { return }
        var budget = Limits.reauthorizationsPerTurn
        while budget > 0, reauthorization.slotsLeft > 0 {
            if reauthorization.slot >= reauthorization.slotCount { reauthorization.slot = 0 }
            let slot = reauthorization.slot
            reauthorization.slot += 1
            reauthorization.slotsLeft -= 1
            if clients.isUsed(slot), authorize(slot) { budget -= 1 }
        }
        hasPaid = budget < Limits.reauthorizationsPerTurn
    }

    /// False when there was nothing to authorize.
    private mutating func authorize(_ slot: Int) -> Bool {
        let client = clients.pointer(to: slot)
        guard let session = channels.pointer(to: client.pointee.channel).pointee.session,
            !session.clientChain.isEmpty
        else { return false }
        guard let found = session.reauthorize() else {
            if client.pointee.connection.phase == .open { reportSkippedRevocation(session) }
            return true
        }
        let reason = reauthorization.reason ?? found
        switch client.pointee.connection.phase {
        case .handshaking: close(slot, ChannelError(reason: reason, code: 0))
        case .open: beginClosing(slot, reason)
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

    /// Policy `warn`: never in silence, and only of a client that has proven its key.
    mutating func reportSkippedRevocation(_ session: TLSSession) {
        guard session.hasSkippedRevocation else { return }
        log.writeLimited(.warning, atMilliseconds: nowMilliseconds) { line in
            line.append("a client was accepted without a revocation check: no current CRL from its issuer")
        }
    }
}

extension Line {
    /// Who it was, by what it showed. The last field of a line: a name may have blanks.
    mutating func append(clientThatShowed chain: UnsafeRawBufferPointer?) {
        guard let chain, !chain.isEmpty else { return }
        do throws(DERError) {
            var reader = DERReader(chain)
            let leaf = try Certificate(try reader.next().whole)
            append(" client=")
            append(distinguishedName: leaf.subject)
        } catch {}
    }
}
