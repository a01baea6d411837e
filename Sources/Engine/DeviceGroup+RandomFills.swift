public import Compute

extension DeviceGroup {
    public func fillWords(_ stream: RandomStream, into vectors: Vectors<Buffer>) throws(ComputeError) {
        try fill(.words, stream, into: vectors)
    }

    public func fillUniform(_ stream: RandomStream, into vectors: Vectors<Buffer>) throws(ComputeError) {
        try fill(.uniforms, stream, into: vectors)
    }

    public func fillNormal(_ stream: RandomStream, into vectors: Vectors<Buffer>) throws(ComputeError) {
        try fill(.normals, stream, into: vectors)
    }

    private func fill(_ kind: RandomKind, _ stream: RandomStream, into vectors: Vectors<Buffer>) throws(ComputeError) {
        let areCopied = shares.areCopied(vectors.taskCount)
        for (index, member) in members.enumerated() {
            try member.fill(
                kind, stream, member: areCopied ? 0 : index, memberCount: areCopied ? 1 : members.count,
                into: share(of: vectors, index))
        }
    }
}
