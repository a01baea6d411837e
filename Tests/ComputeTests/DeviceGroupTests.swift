import Compute
import Definitions
import TestSupport
import Testing

@Suite("Several devices")
struct DeviceGroupTests {
    @Test("give the bits of one", .enabled(if: Candidate.all.contains { $0.kind == .twoDevices }))
    func sameBits() throws {
        // Tasks on both sides of the blocks in which they are dealt out, with rows in one chunk and in many.
        for taskCount in [1, 2, 511, 512, 513, 1030, 2049] {
            let problem = RandomProblem(
                sampleCounts: (0..<taskCount).map { 4 + $0 % 5 }, featureCount: 3, isWeighted: taskCount % 2 == 0)
            for isDouble in [true, false] {
                var results: [[UInt64]] = []
                for kind in [Candidate.Kind.vectorKernels, .twoDevices] {
                    try Candidate(kind: kind, isDouble: isDouble).run {
                        results.append(try everything(problem, on: $0).map(\.bitPattern))
                    } float: {
                        results.append(try everything(problem, on: $0).map(\.bitPattern))
                    }
                }
                #expect(results[0] == results[1], "\(taskCount) tasks")
            }
        }
    }

    /// What every operation gives, end to end.
    private func everything<B: Backend>(_ problem: RandomProblem, on backend: B) throws -> [Double] {
        let source = problem.source(of: B.Scalar.self)
        let taskCount = source.layout.taskCount
        let moments = try backend.moments(of: source, chunkRows: 900)
        let factor = try backend.makeFactor(taskCount: taskCount, order: 3)
        try backend.factor(moments.gram, tolerance: B.Scalar.ulpOfOne, into: factor)
        let coefficients = try backend.makeVectors(taskCount: taskCount, width: 3)
        try backend.solve(factor, moments.cross, into: coefficients)
        let middle = try backend.makeMoments(taskCount: taskCount, featureCount: 3)
        var residuals: [Double] = []
        try backend.forEachChunk(of: source, chunkRows: 700) { rows throws(ComputeError) in
            let scores = try backend.squaredScores(of: rows, at: coefficients, factor: factor, correction: .single)
            try backend.accumulate(rows, rowWeights: scores, into: middle)
            residuals += try backend.residuals(of: rows, at: coefficients)
        }
        let contrasts = try backend.makeVectors(taskCount: 1, columnCount: 3, width: 3)
        try backend.upload([1, 0, 0, 0, 1, 0, 0.5, 0.5, 1], into: contrasts)
        let forms = try backend.makeVectors(taskCount: taskCount, width: 3)
        try backend.sandwichDiagonals(of: factor, middle: middle.gram, contrasts: contrasts, into: forms)
        let variances = try backend.makeVectors(taskCount: taskCount, width: 3)
        try backend.inverseDiagonals(of: factor, contrasts: contrasts, into: variances)
        let weights = try backend.makeVectors(taskCount: taskCount, width: 1)
        try backend.upload((0..<taskCount).map { Double($0 % 3) }, into: weights)
        let total = try backend.makeVectors(taskCount: 1, width: triangleCount(4))
        try backend.weightedSum(of: moments.joint.triangles, weights: weights, into: total)
        let fused = try backend.makeVectors(taskCount: taskCount, width: 3)
        let diagnosis = try backend.makeVectors(taskCount: taskCount, width: 2)
        try backend.leastSquares(
            of: source, tolerance: B.Scalar.ulpOfOne, chunkRows: 600, into: fused, diagnosis: diagnosis)
        let folds = try backend.foldMoments(of: source, folds: RowFolds(foldCount: 3, seed: 5), chunkRows: 800)
        let algebra = try algebra(of: moments, coefficients, total, on: backend)
        return try backend.download(folds.triangles) + backend.download(fused) + backend.download(diagnosis)
            + backend.download(moments.joint.triangles) + backend.download(coefficients) + residuals + algebra
            + backend.download(forms) + backend.download(variances) + backend.download(total)
            + acrossTasks(coefficients, weights: weights, on: backend)
    }

    /// What operations across tasks give.
    private func acrossTasks<B: Backend>(
        _ vectors: Vectors<B.Buffer>, weights: Vectors<B.Buffer>, on backend: B
    ) throws -> [Double] {
        let taskCount = vectors.taskCount
        let statistic = try backend.makeVectors(taskCount: 1, width: vectors.width)
        var results: [Double] = []
        try backend.weightedMedian(of: vectors, weights: weights, into: statistic)
        results += try backend.download(statistic)
        try backend.trimmedMean(of: vectors, weights: weights, share: 0.2, into: statistic)
        results += try backend.download(statistic)
        let centers = try backend.makeVectors(taskCount: 1, columnCount: 3, width: vectors.width)
        try backend.weightedSum(of: vectors, weights: weights, labels: weights, into: centers)
        let groups = TaskGroups([
            0..<taskCount / 3, taskCount / 3..<taskCount / 3, taskCount / 3..<taskCount - taskCount / 9,
        ])
        let sums = try backend.makeVectors(taskCount: groups.count, width: vectors.width)
        try backend.weightedSum(of: vectors, weights: weights, groups: groups, into: sums)
        let labels = try backend.makeVectors(taskCount: taskCount, width: 1)
        let distances = try backend.makeVectors(taskCount: taskCount, width: 1)
        try backend.nearestCenter(of: vectors, centers: centers, distances: distances, into: labels)
        let points = try backend.makeVectors(taskCount: taskCount, width: vectors.width)
        try backend.projectOntoSimplex(acrossTasks: vectors, radius: 1, into: points)
        results += try backend.download(centers) + backend.download(distances) + backend.download(labels)
        results += try backend.download(points) + backend.download(sums)
        try backend.projectOntoSimplex(vectors, radius: 1, into: points)
        return try results + backend.download(points)
    }

    /// What the operations on vectors and matrices give, with the total moments as what all tasks share.
    private func algebra<B: Backend>(
        of moments: Moments<B.Buffer>, _ coefficients: Vectors<B.Buffer>, _ total: Vectors<B.Buffer>, on backend: B
    ) throws -> [Double] {
        let taskCount = moments.taskCount
        let rest = try backend.makeVectors(taskCount: taskCount, width: total.width)
        try backend.combine(total.scaled(by: 1), moments.joint.triangles.scaled(by: moments.squares), into: rest)
        let products = try backend.makeVectors(taskCount: taskCount, width: 3)
        try backend.multiply(moments.gram, coefficients, into: products)
        let squares = try backend.makeVectors(taskCount: taskCount, width: 1)
        try backend.dots(products, coefficients, into: squares)
        let shrunk = try backend.makeVectors(taskCount: taskCount, width: 3)
        try backend.shrink(
            coefficients, toward: products, thresholds: squares, weights: nil, prox: .block, into: shrunk)
        let system = try backend.makeEigenSystem(taskCount: taskCount, order: 3)
        try backend.eigen(moments.gram, into: system)
        let nets = try backend.makeVectors(taskCount: taskCount, columnCount: 2, width: 3)
        let violations = try backend.makeVectors(taskCount: taskCount, columnCount: 2, width: 1)
        let thresholds = try backend.makeVectors(taskCount: 1, columnCount: 2, width: 1)
        try backend.upload([2, 0.5], into: thresholds)
        try backend.elasticNet(
            moments.gram, linear: moments.cross, thresholds: thresholds, mixture: 0.75, into: nets,
            violations: violations)
        let matrix = try backend.makeVectors(taskCount: 1, columnCount: 10, width: 3)
        let cross = try backend.makeVectors(taskCount: 1, columnCount: 10, width: 3)
        try backend.crossProduct(of: products, rest, weights: squares, into: cross)
        try backend.combine(cross.scaled(by: 1), into: matrix)
        let images = try backend.makeVectors(taskCount: taskCount, width: 10)
        try backend.matmul(products, matrix, into: images)
        return try [
            rest, products, squares, shrunk, system.values, system.vectors, cross, images, nets, violations,
        ].flatMap {
            try backend.download($0)
        }
    }
}
