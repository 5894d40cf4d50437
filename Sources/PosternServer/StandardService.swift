// The service of the program `postern`: it forwards where there is a route, and else answers by itself.

import PosternCore

public struct StandardService: Service {
    public typealias State = Forwarding<BackendTable>.State

    private var builtIn: BuiltInService
    private var forwarding: Forwarding<BackendTable>
    private let forwards: Bool

    public init(_ config: Config) {
        builtIn = config.service
        forwards = config.forwards
        let rules = Forwarding<BackendTable>.Rules(
            sendsHeader: config.forward.sendProxy != .never,
            acceptsMissingCloseNotify: config.forward.missingCloseNotify == .close,
            connectMilliseconds: config.forward.connectMilliseconds)
        forwarding = Forwarding(BackendTable(config.forward), rules)
    }

    public mutating func prepare() throws(OperatorError) { try forwarding.sockets.lookUp() }

    public mutating func start(_ config: Config) { forwarding.sockets.use(config.forward) }

    public var isDuplex: Bool { forwards }
    public var acceptsMissingCloseNotify: Bool { forwards && forwarding.acceptsMissingCloseNotify }

    public mutating func open(_ turn: inout Turn) -> State? {
        forwards ? forwarding.open(&turn) : State()
    }

    public mutating func receive(
        _ input: inout MutableSpan<UInt8>, _ output: inout MutableSpan<UInt8>, _ state: inout State,
        _ turn: inout Turn
    ) -> Answer {
        guard forwards else { return builtIn.receive(&input, &output, &turn) }
        return forwarding.receive(&input, &output, &state, &turn)
    }

    public mutating func receiveEnd(
        _ input: inout MutableSpan<UInt8>, _ output: inout MutableSpan<UInt8>, _ state: inout State,
        _ turn: inout Turn
    ) -> Answer {
        guard forwards else {
            turn.close()
            return .nothing
        }
        return forwarding.receiveEnd(&input, &output, &state, &turn)
    }

    public mutating func send(
        _ output: inout MutableSpan<UInt8>, _ state: inout State, _ turn: inout Turn
    ) -> Int { forwarding.send(&output, &state, &turn) }

    public mutating func wake(_ cause: WakeCause, _ state: inout State, _ turn: inout Turn) {
        forwarding.wake(cause, &state, &turn)
    }

    public mutating func close(_ state: inout State, because reason: CloseReason) {
        if forwards { forwarding.close(&state, because: reason) }
    }

    public func describe(_ state: borrowing State, to line: inout Line) {
        if forwards { forwarding.describe(state, to: &line) }
    }
}
