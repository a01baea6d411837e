public import Compute

extension CPUBackend {
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func fillWords(_ stream: RandomStream, into vectors: Vectors<Buffer>) {
        let halves = stream.lanes(of: Scalar.self)
        forEachRun(of: vectors) { pack, values, output in
            let tasks = halves.tasks(ofPack: pack)
            for value in values {
                let words = halves.words(position: value / 8, tasks: tasks)
                let pair = value % 8 < 4 ? (words.0, words.1) : (words.2, words.3)
                let word = value % 4 < 2 ? pair.0 : pair.1
                let half = value % 2 == 0 ? word & Scalar.LaneWords(repeating: 0xffff) : word &>> 16
                for lane in 0..<Self.lanes { output[value][lane] = Scalar(half[lane]) }
            }
        }
    }

    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func fillUniform(_ stream: RandomStream, into vectors: Vectors<Buffer>) {
        fill(vectors, from: stream) { $0 }
    }

    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func fillNormal(_ stream: RandomStream, into vectors: Vectors<Buffer>) {
        fill(vectors, from: stream) { Scalar.normalQuantiles($0) }
    }

    /// Writes `transform` of the stream's uniforms.
    @inline(__always)
    private func fill(
        _ vectors: Vectors<Buffer>, from stream: RandomStream, _ transform: (Scalar.Lanes) -> Scalar.Lanes
    ) {
        let lanes = stream.lanes(of: Scalar.self)
        forEachRun(of: vectors) { pack, values, output in
            let tasks = lanes.tasks(ofPack: pack)
            for value in values {
                let words = lanes.words(position: value, tasks: tasks)
                output[value] = transform(Scalar.uniforms(words.0, words.1))
            }
        }
    }

    /// Calls `body` for runs of values of each pack, in parallel: a single task of very many values is work for all
    /// threads too.
    @inline(__always)
    private func forEachRun(
        of vectors: Vectors<Buffer>, _ body: (Int, Range<Int>, UnsafeMutablePointer<Scalar.Lanes>) -> Void
    ) {
        let vectorsPerUnit = 4096
        let count = vectors.valuesPerTask
        guard count > 0 else { return }
        let length = min(count, vectorsPerUnit)
        let runs = (count + length - 1) / length
        let packs = (vectors.taskCount + Self.lanes - 1) / Self.lanes
        parallel.forEachRange(of: packs * runs, grain: vectorsPerUnit / length) { range in
            for index in range {
                let (pack, run) = index.quotientAndRemainder(dividingBy: runs)
                let first = run * length
                body(pack, first..<min(count, first + length), vectors.entries.vectors(ofPack: pack))
            }
        }
    }
}

extension RandomStream {
    fileprivate func lanes<Scalar>(of scalar: Scalar.Type) -> StreamLanes<Scalar> { StreamLanes(stream: self) }
}

/// A stream at one position of the tasks of a pack at a time.
private struct StreamLanes<Scalar: LaneScalar> {
    typealias Words = Scalar.LaneWords

    let stream: RandomStream

    /// The tasks of a pack, as the stream counts them.
    @inline(__always)
    func tasks(ofPack pack: Int) -> Words {
        var tasks = Words.zero
        for lane in tasks.indices {
            let task = UInt32(truncatingIfNeeded: pack * Words.scalarCount + lane)
            tasks[lane] = UInt64(stream.firstTask &+ task)
        }
        return tasks
    }

    @inline(__always)
    func words(position: Int, tasks: Words) -> (Words, Words, Words, Words) {
        let position = stream.firstPosition &+ UInt32(truncatingIfNeeded: position)
        return Philox.words(
            counters: (
                Words(repeating: UInt64(position)), tasks, Words(repeating: UInt64(stream.replication)),
                Words(repeating: UInt64(stream.place))
            ), key: stream.key)
    }
}
