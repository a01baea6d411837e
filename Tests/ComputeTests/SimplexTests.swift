import Compute
import Definitions
import TestSupport
import Testing

@Suite("Projection onto the simplex")
struct SlowSimplexTests {
    /// Within each task, or across tasks: the same vectors either way.
    enum Direction: CaseIterable { case withinTasks, acrossTasks }

    static let sizes = [1, 2, 3, 9, 33, 513, 3000]

    @Test("is the nearest feasible point", arguments: Candidate.all, Direction.allCases)
    func isOptimal(candidate: Candidate, direction: Direction) throws {
        try candidate.run {
            try checkOptimal($0, direction)
        } float: {
            try checkOptimal($0, direction)
        }
    }

    private func checkOptimal<B: Backend>(_ backend: B, _ direction: Direction) throws {
        for size in Self.sizes {
            for radius in [1, 0.25, 40] {
                let vectors = vectors(of: size, as: B.Scalar.self)
                let points = try project(on: backend, vectors, radius: radius, direction)
                for (vector, point) in zip(vectors, points) {
                    // The threshold is rounded once and is at most the radius; it moves every value that is left.
                    let tolerance = Double(size + 2) * 2 * radius * Double(B.Scalar.ulpOfOne)
                    #expect(point.allSatisfy { $0 >= 0 })
                    #expect(abs(point.reduce(0, +) - radius) <= tolerance)
                    let expected = Definitions.simplexProjection(vector, radius: radius)
                    #expect(zip(point, expected).allSatisfy { abs($0 - $1) <= tolerance })
                    // (v - x)' (u - x) <= 0 for every vertex u of the simplex.
                    let residuals = zip(vector, point).map { $0 - $1 }
                    let slope = zip(residuals, point).reduce(0) { $0 + ($1.1 > 0 ? $1.0 * $1.1 : 0) }
                    let scale = vector.filter { $0.isFinite }.reduce(1) { max($0, abs($1)) } + radius
                    #expect(residuals.allSatisfy { radius * $0 - slope <= 2 * scale * tolerance })
                }
            }
        }
    }

    @Test("leaves the projected point where it is, wherever it lies", arguments: Candidate.all, Direction.allCases)
    func isIdempotent(candidate: Candidate, direction: Direction) throws {
        try candidate.run {
            try checkIdempotent($0, direction)
        } float: {
            try checkIdempotent($0, direction)
        }
    }

    private func checkIdempotent<B: Backend>(_ backend: B, _ direction: Direction) throws {
        for size in Self.sizes {
            let points = try project(on: backend, vectors(of: size, as: B.Scalar.self), radius: 1, direction)
            let again = try project(on: backend, points, radius: 1, direction)
            let tolerance = Double(size + 2) * 2 * Double(B.Scalar.ulpOfOne)
            for (one, other) in zip(points, again) {
                #expect(zip(one, other).allSatisfy { abs($0 - $1) <= tolerance })
            }
            let vertex = (0..<size).map { $0 == size / 2 ? 1.0 : 0 }
            #expect(try project(on: backend, [vertex], radius: 1, direction) == [vertex])
            let same = Array(repeating: 1 / Double(size.nextPowerOfTwo), count: size.nextPowerOfTwo)
            #expect(try project(on: backend, [same], radius: 1, direction) == [same])
        }
    }

    @Test("does not see a common offset, nor the order", arguments: Candidate.all, Direction.allCases)
    func isInvariant(candidate: Candidate, direction: Direction) throws {
        try candidate.run {
            try checkInvariance($0, direction)
        } float: {
            try checkInvariance($0, direction)
        }
    }

    private func checkInvariance<B: Backend>(_ backend: B, _ direction: Direction) throws {
        for size in Self.sizes {
            var stream = TestStream(seed: 3)
            // Multiples of 1/8 below 4, so that the offset is added exactly.
            let vector = (0..<size).map { _ in (32 * stream.symmetric()).rounded() / 8 }
            let point = try project(on: backend, [vector], radius: 1, direction)
            for offset in [1000, -65536] {
                let moved = try project(on: backend, [vector.map { $0 + Double(offset) }], radius: 1, direction)
                #expect(moved == point)
            }
            let order = vector.indices.shuffled(using: &stream)
            let shuffled = try project(on: backend, [order.map { vector[$0] }], radius: 1, direction)[0]
            let tolerance = Double(size + 2) * Double(B.Scalar.ulpOfOne)
            for (place, index) in order.enumerated() { #expect(abs(shuffled[place] - point[0][index]) <= tolerance) }
        }
    }

    @Test("is the published one in worked cases", arguments: Candidate.all, Direction.allCases)
    func workedCases(candidate: Candidate, direction: Direction) throws {
        try candidate.run {
            try checkWorkedCases($0, direction)
        } float: {
            try checkWorkedCases($0, direction)
        }
    }

    private func checkWorkedCases<B: Backend>(_ backend: B, _ direction: Direction) throws {
        let cases: [([Double], [Double])] = [
            ([-0.1, 1.4, 0.5], [0, 0.95, 0.05]), ([0.2, 0.4, 0.3], [0.7 / 3, 1.3 / 3, 1.0 / 3]),
            ([0.7, 0.4, 0.3], [1.7 / 3, 0.8 / 3, 0.5 / 3]), ([1e6, 1e6 - 0.5, 0], [0.75, 0.25, 0]),
            ([5, -5, 0], [1, 0, 0]), ([-3, -3, -3, -3], [0.25, 0.25, 0.25, 0.25]),
            ([-.infinity, 2, 2], [0, 0.5, 0.5]),
        ]
        for (vector, expected) in cases {
            let point = try project(on: backend, [vector], radius: 1, direction)[0]
            #expect(zip(point, expected).allSatisfy { abs($0 - $1) <= 8 * Double(B.Scalar.ulpOfOne) }, "\(vector)")
        }
        for bad in [[Double.nan, 1, 2], [1, .nan, 2], [.infinity, 0, 0]] {
            let points = try project(on: backend, [[0, 1, 2], bad], radius: 1, direction)
            #expect(points[0] == [0, 0, 1] && points[1].allSatisfy(\.isNaN), "\(bad)")
        }
    }

    /// Projects vectors of one size, as the columns of one task or as the entries of many tasks.
    private func project<B: Backend>(
        on backend: B, _ vectors: [[Double]], radius: Double, _ direction: Direction
    ) throws -> [[Double]] {
        let (count, size) = (vectors.count, vectors[0].count)
        switch direction {
        case .withinTasks:
            // The vectors in three orders as three tasks of so many columns; all must agree.
            let values = try backend.makeVectors(taskCount: 3, columnCount: count, width: size)
            let orders = [vectors, vectors.reversed(), vectors]
            try backend.upload(orders.flatMap { $0.flatMap { $0 } }, into: values)
            let points = try backend.makeVectors(taskCount: 3, columnCount: count, width: size)
            try backend.projectOntoSimplex(values, radius: B.Scalar(radius), into: points)
            let found = try backend.download(points)
            let rows = (0..<3 * count).map { Array(found[$0 * size..<($0 + 1) * size]) }
            for row in 0..<count {
                #expect(rows[row].map(\.bitPattern) == rows[2 * count - 1 - row].map(\.bitPattern))
                #expect(rows[row].map(\.bitPattern) == rows[2 * count + row].map(\.bitPattern))
            }
            return Array(rows.prefix(count))
        case .acrossTasks:
            let values = try backend.makeVectors(taskCount: size, width: count)
            try backend.upload((0..<size).flatMap { task in vectors.map { $0[task] } }, into: values)
            // In place.
            try backend.projectOntoSimplex(acrossTasks: values, radius: B.Scalar(radius), into: values)
            let found = try backend.download(values)
            return (0..<count).map { entry in (0..<size).map { found[$0 * count + entry] } }
        }
    }

    /// Plain values, ones spread over many orders of magnitude, few different ones, and ones near the uniform point.
    private func vectors<Scalar: LaneScalar>(of size: Int, as scalar: Scalar.Type) -> [[Double]] {
        var stream = TestStream(seed: UInt64(size))
        let makers: [(inout TestStream) -> Double] = [
            { $0.symmetric() }, { -1 / (1.0001 + $0.symmetric()) },
            { ($0.symmetric() * 2).rounded() }, { (1 + $0.symmetric()) / Double(size) },
        ]
        return makers.map { maker in (0..<size).map { _ in Double(Scalar(maker(&stream))) } }
    }
}

extension Int {
    fileprivate var nextPowerOfTwo: Int {
        var power = 1
        while power < self { power *= 2 }
        return power
    }
}
