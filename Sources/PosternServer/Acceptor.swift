// The sockets that the server listens on, and whether new clients are taken. Called by the start and the
// loop. When connections or descriptors run out, accepting pauses until a connection ends; clients wait in
// the kernel.

import PosternCore
import PosternLinux

struct Acceptor: ~Copyable {
    enum Pause { case allConnectionsInUse, noDescriptors }

    private(set) var listeners: FixedList<8, Listener>
    private let acceptsPerTurn: Int
    /// Listeners that have clients waiting, a bit each.
    private var ready: UInt32 = 0
    private var pause: Pause?
    /// While paused: connections that were open when the pause began.
    private var openAtPause = 0
    /// While paused: when to look again even if nothing was closed here.
    private var retryAtMilliseconds: Int64 = 0
    /// The exhaustion has been logged and is not over: nobody has found the backlog empty since.
    private var isExhausted = false

    /// Listens where the configuration says, unless sockets were given by a service manager.
    init(_ config: Config, given: FixedList<8, Listener>, _ poller: borrowing Poller) throws(OperatorError) {
        listeners = given
        acceptsPerTurn = config.turn.accepts
        let wanted = given.isEmpty && !config.process.inetd ? config.listeners.count : 0
        for index in 0..<wanted {
            do throws(SystemError) {
                _ = listeners.append(try Listener(config.listeners[index], config.socket))
            } catch {
                close()
                throw OperatorError(listening: config.listeners[index], error)
            }
        }
        for index in 0..<listeners.count {
            do throws(SystemError) {
                try poller.add(listeners[index], .listener(index))
            } catch {
                close()
                throw OperatorError(system: error)
            }
        }
    }

    /// What the start has found.
    func warn(_ log: borrowing ServerLog) {
        for index in 0..<listeners.count where listeners[index].isAddressMissing {
            Warnings.aboutMissingAddress({ log.warn($0) }) { line in
                listeners[index].address.append(to: &line)
            }
        }
    }

    /// When accepting is tried again; nil where only an event changes it.
    var dueMilliseconds: Int64? { pause == .noDescriptors ? retryAtMilliseconds : nil }

    /// Clients wait at a listener, unless it was closed earlier in the turn.
    mutating func noteReady(_ listener: Int) {
        guard listener < listeners.count else { return }
        ready |= 1 &<< UInt32(listener)
    }

    var hasWaiting: Bool { ready != 0 }

    /// Accepts as many clients as one turn may.
    mutating func accept<Provider>(
        into connections: inout ConnectionTable<Provider>, with credentials: borrowing Credentials,
        _ poller: borrowing Poller, _ log: inout ServerLog, atMilliseconds now: Int64
    ) {
        var budget = acceptsPerTurn
        while ready != 0, budget > 0 {
            guard !connections.isFull else {
                pause(.allConnectionsInUse, connections, poller, log, atMilliseconds: now)
                break
            }
            let index = ready.trailingZeroBitCount
            switch listeners[index].accept() {
            case .accepted(let descriptor, let peer):
                budget -= 1
                connections.open(
                    descriptor, peer, with: credentials, poller, &log, atMilliseconds: now)
            case .peerGone:
                budget -= 1
            case .wouldBlock:
                ready &= ~(1 &<< UInt32(index))
                if ready == 0, isExhausted { endExhaustion(log) }
            case .noDescriptors:
                pause(.noDescriptors, connections, poller, log, atMilliseconds: now)
                ready = 0
            }
        }
        // The poller is level-triggered: who still waits is told again.
        ready = 0
    }

    @inline(never)
    private mutating func pause<Provider>(
        _ pause: Pause, _ connections: borrowing ConnectionTable<Provider>, _ poller: borrowing Poller,
        _ log: borrowing ServerLog, atMilliseconds now: Int64
    ) {
        self.pause = pause
        openAtPause = connections.openCount
        retryAtMilliseconds = now + Int64(widening: Limits.retryMilliseconds)
        watch(for: .nothing, poller)
        guard !isExhausted else { return }
        isExhausted = true
        log.write(.warning) { line in
            switch pause {
            case .allConnectionsInUse:
                line.append(connections.capacity == 1 ? "the only connection is" : "all ")
                if connections.capacity != 1 {
                    line.append(connections.capacity, of: "connection")
                    line.append(" are")
                }
                line.append(" in use")
            case .noDescriptors:
                line.append("no more descriptors")
            }
            line.append("; new clients wait")
        }
    }

    /// Ends a pause when a connection has ended, or it is time to try again.
    mutating func endPause(openCount: Int, _ poller: borrowing Poller, atMilliseconds now: Int64) {
        guard let pause else { return }
        let isTime = pause == .noDescriptors && now >= retryAtMilliseconds
        guard isTime || openCount < openAtPause else { return }
        self.pause = nil
        watch(for: .readable, poller)
    }

    private func watch(for interest: Interest, _ poller: borrowing Poller) {
        for index in 0..<listeners.count { poller.change(listeners[index], to: interest, .listener(index)) }
    }

    private mutating func endExhaustion(_ log: borrowing ServerLog) {
        isExhausted = false
        log.write(.notice) { line in line.append("all waiting clients are served again") }
    }

    /// No new client from now on.
    mutating func close() {
        for index in 0..<listeners.count { listeners[index].close() }
        listeners.removeAll()
        ready = 0
        pause = nil
        isExhausted = false
    }
}

extension Acceptor {
    /// Sockets of a service manager, before a descriptor of our own can be taken for one. They stay the
    /// manager's: it may start a server again with them.
    static func adopt(
        _ environment: ServiceEnvironment, _ config: Config
    ) throws(OperatorError) -> FixedList<8, Listener> {
        var listeners = FixedList<8, Listener>()
        for index in 0..<(config.process.inetd ? 0 : environment.listeners) {
            let descriptor = ServiceEnvironment.firstDescriptor + Int32(index)
            do throws(SystemError) {
                _ = listeners.append(try Listener(adopting: descriptor, config.socket))
            } catch {
                throw OperatorError(error) { line in
                    line.append("descriptor ")
                    line.append(Int(descriptor))
                    line.append(" of LISTEN_FDS cannot be listened on: ")
                    line.append(error.text)
                    line.append("; check ListenStream= of the socket unit")
                }
            }
        }
        return listeners
    }
}

extension OperatorError {
    fileprivate init(listening address: ListenAddress, _ fault: SystemError) {
        self.init(fault) { line in
            line.append("cannot listen on ")
            address.append(to: &line)
            line.append(": ")
            line.append(fault.text)
            line.append("; ")
            line.append(fault.listeningAdvice)
        }
    }
}
