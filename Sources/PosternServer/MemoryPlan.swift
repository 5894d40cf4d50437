// How a server's memory is divided, added up before it runs.

import PosternCore
import PosternLinux
import PosternTLS

/// What a configuration needs of its static memory, part by part, before anything is used.
public struct MemoryPlan {
    /// Code, constants and static data of the program, without the server's block.
    public let imageBytes: Int
    /// Slots, channels and deadlines of all connections.
    public let slotBytes: Int
    /// The one buffer of plain text.
    public let bufferBytes: Int
    /// What is left of the block: all that Mbed TLS ever gets.
    public let arenaBytes: Int
    /// What it needs with all connections in handshake.
    public let arenaNeededBytes: Int
    /// How much of that are blocks: the arena hands out at least so much.
    let arenaBlockBytes: Int
    /// Bytes of a page of the kernel. With larger ones connections keep more RAM when they are idle, never
    /// more than the total.
    public let pageBytes: Int

    /// What a step of a handshake takes for a moment.
    public let stepBytes: Int
    /// What one connection adds to slots and arena.
    public let connectionBytes: Int

    /// RAM of the process without its stack and the kernel's socket buffers.
    public var totalBytes: Int { imageBytes + slotBytes + bufferBytes + arenaBytes }

    /// `serviceBytes` is what the service needs for each connection.
    init(_ config: Config, serviceBytes: Int, blockBytes: Int) {
        let slotBytesEach =
            MemoryLayout<SlotPool<ConnectionSlot>.Slot>.stride
            + MemoryLayout<SlotPool<ChannelSlot>.Slot>.stride
            + MemoryLayout<Deadlines.Link>.stride * Deadlines.linksPerConnection
            + MemoryLayout<UInt32>.stride + MemoryLayout<WakeQueue.Place>.stride + serviceBytes
        stepBytes = TLSMemoryNeeds.stepBytes
        imageBytes = Process.imageBytes - blockBytes
        slotBytes = config.connections * slotBytesEach
        let asksClients = config.clients.certificates != .none
        connectionBytes =
            slotBytesEach + TLSMemoryNeeds.connectionBytes
            + (asksClients ? TLSMemoryNeeds.clientChainBytes : 0)
        bufferBytes = Limits.recordBytes
        arenaBytes = max(blockBytes - slotBytes - bufferBytes, 0)
        arenaBlockBytes = TLSMemoryNeeds.blockBytes(
            connections: config.connections, asksClients: asksClients,
            revocationEntries: config.clients.crl == nil ? 0 : config.clients.crlEntries)
        arenaNeededBytes = TLSArena.bytes(toHandOut: arenaBlockBytes)
        pageBytes = Process.pageBytes
    }

    /// Throws when the parts do not fit.
    func validate(_ config: Config) throws(OperatorError) {
        guard arenaNeededBytes > arenaBytes else { return }
        throw OperatorError { line in
            line.append("configuration field connections is ")
            line.append(config.connections)
            line.append(", which needs an arena of ")
            line.append(arenaNeededBytes)
            line.append(" bytes, but ")
            line.append(arenaBytes)
            line.append(" are left of the port's StaticMemory; give it ")
            line.append(MemoryRegion.pages(for: arenaNeededBytes - arenaBytes))
            line.append(" pages more, or fewer connections")
            if config.clients.crl != nil { line.append(", or clients.crlEntries a smaller value") }
        }
    }
}
