import Compute
import Definitions
import Glibc
import TestSupport
import Testing

@Suite("Eigensystems")
struct SlowEigenTests {
    @Test(
        "give the matrix back, with orthonormal vectors", arguments: Candidate.all,
        [(0, 3), (1, 1), (9, 2), (33, 5), (17, 8), (513, 3), (9, 20), (2, 40)])
    func reconstruction(candidate: Candidate, shape: (tasks: Int, order: Int)) throws {
        var stream = TestStream(seed: UInt64(shape.order))
        let triangles = TaskValues(taskCount: shape.tasks, width: triangleCount(shape.order), from: &stream)
        let matrices = (0..<shape.tasks).map { symmetric(triangles.vector($0)[...], order: shape.order) }
        try check(matrices, order: shape.order, on: candidate)
    }

    @Test("of zero, diagonal, repeated, singular and badly scaled matrices", arguments: Candidate.all, [1, 6, 20])
    func special(candidate: Candidate, order: Int) throws {
        func matrix(_ entry: (Int, Int) -> Double) -> [[Double]] {
            (0..<order).map { row in (0..<order).map { Double(Float(entry(row, $0))) } }
        }
        func delta(_ row: Int, _ column: Int) -> Double { row == column ? 1 : 0 }
        // Scales from 1e-12 to 1e12, both ways round, so that the largest entry comes first or last.
        func scale(_ index: Int) -> Double { pow(10, Double(24 * index / max(1, order - 1) - 12)) }
        let matrices = [
            matrix { _, _ in 0 }, matrix { delta($0, $1) * Double(3 - $0) }, matrix { 5 * delta($0, $1) },
            matrix { 2 * delta($0, $1) + 1 }, matrix { _, _ in 1 }, matrix { $0 + $1 == order - 1 ? 1 : 0 },
            matrix { (0.5 + delta($0, $1)) * (scale($0) * scale($1)).squareRoot() },
            matrix { (0.5 + delta($0, $1)) * (scale(order - 1 - $0) * scale(order - 1 - $1)).squareRoot() },
            matrix { 1e-12 * (0.5 + delta($0, $1)) }, matrix { 1e12 * (0.5 + delta($0, $1)) },
        ]
        try check(matrices, order: order, on: candidate)
    }

    private func check(_ matrices: [[[Double]]], order: Int, on candidate: Candidate) throws {
        try candidate.run {
            try checkSystems(matrices, order: order, on: $0)
        } float: {
            try checkSystems(matrices, order: order, on: $0)
        }
    }

    private func checkSystems<B: Backend>(_ matrices: [[[Double]]], order: Int, on backend: B) throws {
        let found = try systems(of: matrices, order: order, on: backend)
        // An entry is turned in some 2 order pairs a sweep, in at most 10 sweeps, with 3 roundings a turn.
        let accuracy = Double(60 * order) * Double(B.Scalar.ulpOfOne)
        for (matrix, (values, vectors)) in zip(matrices, found) {
            let norm = matrix.reduce(0) { $0 + Definitions.dot($1, $1) }.squareRoot()
            #expect(zip(values, values.dropFirst()).allSatisfy { $0 <= $1 })
            let trace = matrix.indices.reduce(0) { $0 + matrix[$1][$1] }
            #expect(abs(values.reduce(0, +) - trace) <= accuracy * norm)
            for (value, expected) in zip(values, Definitions.eigen(matrix).values) {
                #expect(abs(value - expected) <= accuracy * norm)
            }
            for row in 0..<order {
                // Of entries as large as each other, the first is the positive one.
                let largest = vectors[row].map { abs($0) }.max() ?? 0
                #expect(vectors[row].first { abs($0) == largest } == largest)
                for column in 0...row {
                    let product = Definitions.dot(vectors[row], vectors[column])
                    #expect(abs(product - (row == column ? 1 : 0)) <= accuracy)
                    let entry = (0..<order).reduce(0) { $0 + values[$1] * vectors[$1][row] * vectors[$1][column] }
                    #expect(abs(entry - matrix[row][column]) <= accuracy * norm)
                }
            }
        }
    }

    @Test("of second differences are 2 - 2 cos(k pi / (p + 1))", arguments: Candidate.all)
    func secondDifferences(candidate: Candidate) throws {
        try candidate.run {
            try checkSecondDifferences($0)
        } float: {
            try checkSecondDifferences($0)
        }
    }

    private func checkSecondDifferences<B: Backend>(_ backend: B) throws {
        let order = 12
        let matrix = (0..<order).map { row in (0..<order).map { abs(row - $0) > 1 ? 0.0 : row == $0 ? 2 : -1 } }
        let (values, _) = try systems(of: [matrix], order: order, on: backend)[0]
        for (index, value) in values.enumerated() {
            let expected = 2 - 2 * cos(Double(index + 1) * .pi / Double(order + 1))
            #expect(abs(value - expected) <= Double(60 * order * 4) * Double(B.Scalar.ulpOfOne))
        }
    }

    @Test("do not depend on neighbours, and are NaN where an entry is not finite", arguments: Candidate.all)
    func neighbours(candidate: Candidate) throws {
        try candidate.run {
            try checkNeighbours($0)
        } float: {
            try checkNeighbours($0)
        }
    }

    private func checkNeighbours<B: Backend>(_ backend: B) throws {
        var stream = TestStream(seed: 6)
        let triangles = TaskValues(taskCount: 35, width: triangleCount(6), from: &stream)
        var matrices = (0..<35).map { symmetric(triangles.vector($0)[...], order: 6) }
        for task in stride(from: 1, to: 35, by: 3) { matrices[task] = matrices[0].map { $0.map { _ in 0 } } }
        for (task, value) in [(2, Double.nan), (11, .infinity)] {
            matrices[task][4][1] = value
            matrices[task][1][4] = value
        }
        let together = try systems(of: matrices, order: 6, on: backend)
        for task in [0, 1, 3, 34] {
            let alone = try systems(of: [matrices[task]], order: 6, on: backend)[0]
            #expect(alone.values.map(\.bitPattern) == together[task].values.map(\.bitPattern))
            #expect(alone.vectors.joined().map(\.bitPattern) == together[task].vectors.joined().map(\.bitPattern))
        }
        for (task, system) in together.enumerated() {
            let isMissing = task == 2 || task == 11
            #expect((system.values + system.vectors.joined()).allSatisfy { $0.isNaN == isMissing })
        }
    }

    /// The eigenvalues of each matrix and their vectors, one behind the other.
    private func systems<B: Backend>(
        of matrices: [[[Double]]], order: Int, on backend: B
    ) throws -> [(values: [Double], vectors: [[Double]])] {
        let device = try backend.makeMatrices(taskCount: matrices.count, order: order)
        try backend.upload(matrices.flatMap { m in (0..<order).flatMap { m[$0][...$0] } }, into: device.triangles)
        let system = try backend.makeEigenSystem(taskCount: matrices.count, order: order)
        try backend.eigen(device, into: system)
        let (values, vectors) = (try backend.hostCopy(of: system.values), try backend.hostCopy(of: system.vectors))
        return matrices.indices.map { task in
            (values.vector(task), (0..<order).map { vectors.vector(task, $0) })
        }
    }
}
