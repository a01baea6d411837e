public import Compute
import Kernels

/// What `fill` of `random.cl` makes of a stream.
enum RandomKind: Int {
    case words, uniforms, normals
}

extension OpenCLBackend {
    public func fillWords(_ stream: RandomStream, into vectors: Vectors<Buffer>) throws(ComputeError) {
        try fill(.words, stream, into: vectors)
    }

    public func fillUniform(_ stream: RandomStream, into vectors: Vectors<Buffer>) throws(ComputeError) {
        try fill(.uniforms, stream, into: vectors)
    }

    public func fillNormal(_ stream: RandomStream, into vectors: Vectors<Buffer>) throws(ComputeError) {
        try fill(.normals, stream, into: vectors)
    }

    /// Fills what one of several devices has of an array, whose tasks are numbered across all of them.
    func fill(
        _ kind: RandomKind, _ stream: RandomStream, member: Int = 0, memberCount: Int = 1, into vectors: Vectors<Buffer>
    ) throws(ComputeError) {
        let valuesPerItem = 64
        let runs = (vectors.valuesPerTask + valuesPerItem - 1) / valuesPerItem
        let items = itemCount(vectors.taskCount) * runs
        let sizes: [KernelArgument] = [
            .count(items), .count(kind.rawValue), .count(valuesPerItem), .count(vectors.valuesPerTask),
        ]
        let address: [KernelArgument] = [
            .word(stream.key[0]), .word(stream.key[1]), .word(stream.replication), .word(stream.place),
            .word(stream.firstTask), .word(stream.firstPosition),
        ]
        try kernel("fill", in: .random, order: 0).launch(
            global: items,
            arguments: sizes + place(vectors.entries) + [.count(member), .count(memberCount)] + address + [
                .buffer(vectors.entries.buffer)
            ])
    }
}
