// A connection to the host: its addresses one after the other, each with its share of the time.

import PosternCore
import PosternLinux

/// How long things may take.
struct ProbeClock {
    /// For connecting and the handshake together, where --timeout says nothing.
    static let connectSeconds = 30
    private let endMilliseconds: Int64

    init(seconds: Int) {
        endMilliseconds = Process.monotonicMilliseconds() + Int64(widening: seconds) * 1000
    }

    init(milliseconds: Int64) { endMilliseconds = Process.monotonicMilliseconds() + milliseconds }

    var remainingMilliseconds: Int64 { max(endMilliseconds - Process.monotonicMilliseconds(), 0) }

    var isOver: Bool { remainingMilliseconds == 0 }
}

struct ConnectedSocket {
    let socket: ClientSocket
    let address: PeerAddress
}

struct Connector {
    private let options: ProbeOptions
    private let addresses: FixedList<8, PeerAddress>

    /// Resolves the host.
    init(_ options: ProbeOptions) throws(ProbeError) {
        self.options = options
        do throws(Resolver.Failure) {
            addresses = try Resolver.addresses(of: options.host, port: options.port)
        } catch {
            throw ProbeError(.connection) { line in
                line.append("host '")
                line.append(options.host)
                line.append("' cannot be resolved: ")
                line.append(error.text)
            }
        }
    }

    func connect(_ clock: ProbeClock) throws(ProbeError) -> ConnectedSocket {
        var index = 0
        while true {
            let address = addresses[index]
            // An address that swallows packets leaves time for those behind it.
            let share = clock.remainingMilliseconds / Int64(widening: addresses.count - index)
            let problem: Text
            do throws(SystemError) {
                let socket = try ClientSocket(address)
                if let error = try wait(socket, ProbeClock(milliseconds: share)) {
                    socket.close()
                    problem = error
                } else {
                    return ConnectedSocket(socket: socket, address: address)
                }
            } catch {
                problem = error.text
            }
            index += 1
            if index == addresses.count { throw failed(address, problem) }
        }
    }

    /// Nil when connected, else why not.
    private func wait(_ socket: ClientSocket, _ clock: ProbeClock) throws(SystemError) -> Text? {
        var wanted = Readiness()
        wanted.socketWritable = true
        while !wanted.wait(socket: socket.descriptor, milliseconds: clock.remainingMilliseconds)
            .socketWritable
        {
            if clock.isOver { return "no answer in time" }
        }
        return socket.connectFault?.text
    }

    private func failed(_ last: PeerAddress, _ problem: Text) -> ProbeError {
        ProbeError(.connection) { line in
            line.append("no connection to ")
            line.append(options.target)
            if addresses.count > 1 {
                line.append(" at none of its ")
                line.append(addresses.count)
                line.append(" addresses")
            }
            if (try? Listener.check(options.host)) == nil {
                line.append(addresses.count > 1 ? "; the last one is " : " at ")
                last.append(to: &line)
            }
            line.append(": ")
            line.append(problem)
        }
    }
}
