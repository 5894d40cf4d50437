// Deadlines beside the simplest model that does the same: an array for each kind, in the order of starting.

import PosternCore
import Testing

struct DeadlinesTests {
    private static let kinds: [DeadlineKind] = [.handshake, .idle, .close, .lifetime]

    @Test func aDeadlinePassesWhenItsLengthIsOver() {
        withDeadlines(2) { deadlines in
            deadlines.setLength(100, of: .handshake)
            #expect(deadlines.exactNextDeadlineMilliseconds() == nil)
            deadlines.start(.handshake, of: 1, atMilliseconds: 1_000)
            #expect(deadlines.exactNextDeadlineMilliseconds() == 1_100)
            #expect(deadlines.expire(.handshake, atMilliseconds: 1_099) == nil)
            #expect(deadlines.expire(.handshake, atMilliseconds: 1_100) == 1)
            #expect(deadlines.expire(.handshake, atMilliseconds: 9_999) == nil)
            #expect(deadlines.exactNextDeadlineMilliseconds() == nil)
        }
    }

    @Test func theDeadlineOfAPhaseReplacesTheOneBefore() {
        withDeadlines(1) { deadlines in
            for kind in DeadlinesTests.kinds { deadlines.setLength(100, of: kind) }
            deadlines.start(.handshake, of: 0, atMilliseconds: 0)
            deadlines.start(.idle, of: 0, atMilliseconds: 10)
            #expect(deadlines.expire(.handshake, atMilliseconds: 1_000) == nil)
            deadlines.start(.idle, of: 0, atMilliseconds: 50)
            #expect(deadlines.exactNextDeadlineMilliseconds() == 150)
            deadlines.start(.close, of: 0, atMilliseconds: 60)
            #expect(deadlines.expire(.idle, atMilliseconds: 1_000) == nil)
            #expect(deadlines.expire(.close, atMilliseconds: 160) == 0)
        }
    }

    @Test func theLifetimeRunsBesideThePhases() {
        withDeadlines(1) { deadlines in
            for kind in DeadlinesTests.kinds { deadlines.setLength(100, of: kind) }
            deadlines.start(.lifetime, of: 0, atMilliseconds: 0)
            deadlines.start(.handshake, of: 0, atMilliseconds: 0)
            deadlines.start(.idle, of: 0, atMilliseconds: 40)
            #expect(deadlines.expire(.lifetime, atMilliseconds: 99) == nil)
            #expect(deadlines.expire(.lifetime, atMilliseconds: 100) == 0)
            // The phase's own runs on.
            #expect(deadlines.exactNextDeadlineMilliseconds() == 140)
            #expect(deadlines.expire(.idle, atMilliseconds: 140) == 0)
        }
    }

    @Test func cancelEndsBoth() {
        withDeadlines(3) { deadlines in
            for kind in DeadlinesTests.kinds { deadlines.setLength(10, of: kind) }
            for connection in 0..<3 {
                deadlines.start(.idle, of: connection, atMilliseconds: 0)
                deadlines.start(.lifetime, of: connection, atMilliseconds: 0)
            }
            deadlines.cancel(1)
            deadlines.cancel(1)
            #expect(all(.idle, of: &deadlines, atMilliseconds: 10) == [0, 2])
            #expect(all(.lifetime, of: &deadlines, atMilliseconds: 10) == [0, 2])
        }
    }

    @Test func lengthZeroSwitchesOff() {
        withDeadlines(1) { deadlines in
            deadlines.start(.lifetime, of: 0, atMilliseconds: 0)
            #expect(deadlines.exactNextDeadlineMilliseconds() == nil)
            #expect(deadlines.expire(.lifetime, atMilliseconds: .max / 2) == nil)
            deadlines.setLength(5, of: .lifetime)
            #expect(deadlines.expire(.lifetime, atMilliseconds: 5) == 0)
        }
    }

    @Test func aNewLengthHoldsForThoseThatRun() {
        withDeadlines(2) { deadlines in
            deadlines.setLength(60_000, of: .idle)
            deadlines.start(.idle, of: 0, atMilliseconds: 0)
            deadlines.start(.idle, of: 1, atMilliseconds: 400)
            deadlines.setLength(500, of: .idle)
            #expect(deadlines.exactNextDeadlineMilliseconds() == 500)
            #expect(all(.idle, of: &deadlines, atMilliseconds: 899) == [0])
            #expect(all(.idle, of: &deadlines, atMilliseconds: 900) == [1])
        }
    }

    @Test(arguments: 0..<40)
    func seededUseAgreesWithAModel(_ seed: Int) {
        var random = SeededGenerator(seed: seed)
        let connections = random.number(1...30)
        withDeadlines(connections) { deadlines in
            var model = Model()
            var now: Int64 = 0
            for _ in 0..<1_500 {
                now += random.once(in: 3) ? Int64(random.number(0...60)) : 0
                let connection = random.number(0...connections - 1)
                let kind = DeadlinesTests.kinds[random.number(0...3)]
                switch random.number(1...20) {
                case 1:
                    let length = random.once(in: 4) ? 0 : random.number(1...400)
                    deadlines.setLength(length, of: kind)
                    model.lengths[kind] = Int64(length)
                case 2...4:
                    deadlines.cancel(connection)
                    model.cancel(connection)
                case 5...9:
                    #expect(all(kind, of: &deadlines, atMilliseconds: now) == model.expire(kind, now))
                default:
                    deadlines.start(kind, of: connection, atMilliseconds: now)
                    model.start(kind, connection, now)
                }
                #expect(deadlines.exactNextDeadlineMilliseconds() == model.next)
            }
        }
    }

    private func all(_ kind: DeadlineKind, of deadlines: inout Deadlines, atMilliseconds now: Int64) -> [Int]
    {
        var connections: [Int] = []
        while let connection = deadlines.expire(kind, atMilliseconds: now) { connections.append(connection) }
        return connections
    }

    private func withDeadlines(_ connections: Int, _ body: (inout Deadlines) -> Void) {
        let links = UnsafeMutablePointer<Deadlines.Link>.zeroed(connections * Deadlines.linksPerConnection)
        defer { links.deallocate() }
        var deadlines = Deadlines(links: links)
        body(&deadlines)
    }
}

private struct Model {
    var lengths: [DeadlineKind: Int64] = [:]
    private var running: [(kind: DeadlineKind, connection: Int, started: Int64)] = []

    mutating func start(_ kind: DeadlineKind, _ connection: Int, _ now: Int64) {
        // Started again in the same millisecond, it keeps its place.
        if running.contains(where: { $0 == (kind, connection, now) }) { return }
        running.removeAll { entry in
            entry.connection == connection && (entry.kind == .lifetime) == (kind == .lifetime)
        }
        running.append((kind, connection, now))
    }

    mutating func cancel(_ connection: Int) { running.removeAll { entry in entry.connection == connection } }

    mutating func expire(_ kind: DeadlineKind, _ now: Int64) -> [Int] {
        guard let length = lengths[kind], length > 0 else { return [] }
        let due = running.filter { entry in entry.kind == kind && entry.started + length <= now }
        running.removeAll { entry in entry.kind == kind && entry.started + length <= now }
        return due.map { entry in entry.connection }
    }

    var next: Int64? {
        running.compactMap { entry in
            guard let length = lengths[entry.kind], length > 0 else { return nil }
            return entry.started + length
        }.min()
    }
}
