// Words of the command line and of the environment: whatever they are, they are taken or refused, and what is
// taken keeps within its limits. A zero byte ends a word, as it does where they come from.
// seed: 127.0.0.1:4433
// seed: [::1]:65535
// seed: localhost:0
// seed: echo
// seed: respond
// seed: debug
// seed: use-first
// seed: 30000000
// seed: 42
// seed: @abstract
// seed: /run/systemd/notify
// seed: 18446744073709551615
// seed: /srv/jail/server.key
// seed: unix:/run/app.sock
// seed: app.home:8080
// seed: [fe80::1%eth0]:8080
// seed: 192.168.0.0/16
// seed: fd00::/8
// seed: 10min

import PosternCore

@_cdecl("LLVMFuzzerTestOneInput")
public func test(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard count < 1_000, let start else { return 0 }
    // Exactly as long as the word, so that a byte read too much is found.
    let copy = UnsafeMutablePointer<CChar>.allocate(capacity: count + 1)
    defer { copy.deallocate() }
    for index in 0..<count { copy[index] = CChar(bitPattern: start[index]) }
    copy[count] = 0
    let word = Text(zeroTerminated: copy)
    readAddress(word)
    readNames(word)
    readNumbers(word)
    readEnvironment(word)
    readPaths(word)
    readPairs(word, count: start[0] % 9)
    readTarget(word)
    readNetwork(word)
    readDuration(word)
    return 0
}

/// What is taken and has no fault is written as it was read, but for what two spellings mean.
private func readTarget(_ word: Text) {
    let place = UnsafeMutablePointer<CChar>.allocate(capacity: word.count + 1)
    defer { place.deallocate() }
    let target = Target.parse(word) { host in
        for index in 0..<host.count { place[index] = CChar(bitPattern: host[index]) }
        place[host.count] = 0
        return Text(zeroTerminated: place)
    }
    guard let target, target.fault == nil else { return }
    var line = Line()
    target.append(to: &line)
    precondition(line.count <= word.count, "nothing is added to a target")
    let config = ForwardConfig(routes: FixedList([Route(to: target)]))
    do { try config.validate() } catch { preconditionFailure("a target without a fault has one") }
}

private func readNetwork(_ word: Text) {
    guard let network = Network(word) else { return }
    precondition(!network.withoutHostBits.hasHostBits, "the bits are gone")
    precondition(network.contains(IPEndpoint(network.address, port: 0)), "a network has its own address")
}

private func readDuration(_ word: Text) {
    guard let milliseconds = DurationArgument.milliseconds(word, upTo: Limits.deadlineMillisecondsMax) else {
        return
    }
    precondition((0...Limits.deadlineMillisecondsMax).contains(milliseconds))
}

private func readAddress(_ word: Text) {
    guard let address = AddressArgument(word) else { return }
    precondition(address.host.count > 0 && address.host.count < word.count, "a host is a part of its word")
    let end = address.host.baseAddress.unsafelyUnwrapped + address.host.count
    precondition(address.host.baseAddress.unsafelyUnwrapped >= word.start && end < word.start + word.count)
}

private func readNames(_ word: Text) {
    if let service = BuiltInService.named(word) { precondition(service.name == word, "a name is its own") }
    if let level = LogLevel.named(word) { precondition(level.name == word, "a name is its own") }
    if let unknown = UnknownNames.named(word) { precondition(unknown.name == word, "a name is its own") }
}

private func readNumbers(_ word: Text) {
    for most in [0, 8, 9, 10, 4_294_967_295, UInt64.max] as [UInt64] {
        guard let number = word.number(upTo: most) else { continue }
        precondition(number <= most, "a number keeps its limit")
        precondition(
            UInt64(word.bytes.map { String(UnicodeScalar($0)) }.joined()) == number, "digits mean the same")
    }
}

private func readEnvironment(_ word: Text) {
    for index in 0..<ServiceEnvironment.names.count {
        let environment = try? ServiceEnvironment(processID: 42) { name in
            if name == ServiceEnvironment.names[index] { return word }
            return name == "LISTEN_PID" ? "42" : nil
        }
        guard let environment else { continue }
        precondition((0...Limits.listeners).contains(environment.listeners))
        precondition(environment.watchdogMilliseconds.map { $0 > 0 } ?? true)
        precondition(
            environment.notifySocket.map { (2...Limits.socketNameBytes).contains($0.count) } ?? true)
    }
}

private func readPaths(_ word: Text) {
    for folder in ["/", "/srv/jail", "/srv/jail/", "", word] as [Text] {
        guard let inside = word.below(folder) else { continue }
        precondition(inside.isAbsolute && inside.count <= word.count, "what is below is named from the root")
    }
}

/// So many words as certificates and the others as keys, in a configuration that has an identity and in one
/// that has none.
private func readPairs(_ word: Text, count: UInt8) {
    for identities in [FixedList(), FixedList([.files(certificate: "a", key: "b")])]
        as [FixedList<4, IdentityFiles>]
    {
        var config = Config(
            port: "fuzz", listeners: FixedList([ListenAddress("127.0.0.1", port: 4433)]),
            identities: identities,
            connections: 4)
        var words = IdentityArguments()
        words.createsMissing = word.count % 2 == 0
        do {
            for index in 0..<word.count where word.start[index] == UInt8(ascii: "c") {
                try words.addCertificate(word)
            }
            for _ in 0..<count { try words.addKey(word) }
            try words.replace(in: &config)
        } catch {
            precondition(error.message.count > 0, "a fault says something")
            precondition(config.identities.count == identities.count, "a fault changes nothing")
        }
    }
}
