import Compute
import Definitions
import TestSupport
import Testing

@Suite("Accumulate")
struct AccumulateTests {
    @Test("sums w z z' over each task's rows", arguments: Candidate.all, RandomProblem.adversarial)
    func sumsJointGrams(candidate: Candidate, problem: RandomProblem) throws {
        try candidate.run {
            try checkSums($0, problem)
        } float: {
            try checkSums($0, problem)
        }
    }

    @Test("sums rows of every width", arguments: Candidate.all)
    func everyWidth(candidate: Candidate) throws {
        for featureCount in 1...52 {
            let problem = RandomProblem(
                sampleCounts: [3, 40], featureCount: featureCount, isWeighted: featureCount % 2 == 0)
            try candidate.run {
                try checkSums($0, problem)
            } float: {
                try checkSums($0, problem)
            }
        }
    }

    private func checkSums<B: Backend>(_ backend: B, _ problem: RandomProblem) throws {
        let moments = try backend.moments(of: problem.source(of: B.Scalar.self))
        let found = try backend.download(moments.joint.triangles)
        let order = problem.featureCount + 1
        for (index, task) in problem.tasks.enumerated() {
            let expected = Definitions.jointGram(task, featureCount: problem.featureCount)
            let size = triangleCount(order)
            let gram = symmetric(found[index * size..<(index + 1) * size], order: order)
            // Each block is rounded once and each addition of a block once; a row adds a rounding in double.
            let blocks = Double(task.response.count / TaskLayout.rowsPerBlock + 2)
            let tolerance =
                blocks * Double(B.Scalar.ulpOfOne) + 2 * Double(task.response.count) * Double.ulpOfOne
            for row in 0..<order {
                for column in 0..<order {
                    let scale = (expected[row][row] * expected[column][column]).squareRoot()
                    #expect(abs(gram[row][column] - expected[row][column]) <= tolerance * scale)
                }
            }
        }
    }

    @Test("rounds sums in float no worse the more rows there are", arguments: Candidate.all)
    func roundings(candidate: Candidate) throws {
        try candidate.run({ _ in }, float: { try checkRoundings($0) })
    }

    private func checkRoundings<B: Backend<Float>>(_ backend: B) throws {
        // Equal rows: all roundings of a sum that grows from row to row can have the same sign.
        for rowCount in [1, 32, 33, 48, 100, 512, 5000] {
            for step in 1...40 {
                let row: [Float] = [1 + Float(step) / 97, 1 - Float(step) / 103]
                let rows = RowArrays(
                    layout: TaskLayout(sampleCounts: [rowCount]), featureCount: 1,
                    values: Array(repeatElement(row, count: rowCount).joined()))
                let found = try backend.download(backend.moments(of: rows).joint.triangles)
                let (x, y) = (Double(row[0]), Double(row[1]))
                // At most 16 rows are summed in float, and blocks of them; each of these additions is rounded once.
                let blocks = Double(rowCount / TaskLayout.rowsPerBlock + 2)
                let tolerance = (16 + blocks) * Double(Float.ulpOfOne) / 2
                for (sum, product) in zip(found, [x * x, x * y, y * y]) {
                    #expect(abs(sum - Double(rowCount) * product) <= tolerance * Double(rowCount) * product)
                }
            }
        }
    }

    @Test("gives the same bits however rows are cut into chunks", arguments: Candidate.all)
    func chunkedEqualsWhole(candidate: Candidate) throws {
        try candidate.run {
            try checkChunks($0)
        } float: {
            try checkChunks($0)
        }
    }

    private func checkChunks<B: Backend>(_ backend: B) throws {
        for problem in RandomProblem.adversarial {
            let source = problem.source(of: B.Scalar.self)
            let whole = try backend.download(backend.moments(of: source, chunkRows: .max / 2).joint.triangles)
            for chunkRows in [1, 512, 513, 700, 1024, 5000] {
                let chunked = try backend.moments(of: source, chunkRows: chunkRows)
                #expect(try backend.download(chunked.joint.triangles) == whole)
            }
        }
    }

    @Test("sums several responses as it does one", arguments: Candidate.all)
    func severalResponses(candidate: Candidate) throws {
        try candidate.run {
            try checkResponses($0)
        } float: {
            try checkResponses($0)
        }
    }

    private func checkResponses<B: Backend>(_ backend: B) throws {
        for (featureCount, responseCount) in [(1, 1), (1, 4), (5, 2), (7, 2), (8, 17)] {
            let sampleCounts = [30, 0, 1, 700, 40, 50, 60, 70, 80]
            let width = featureCount + responseCount
            // One problem whose rows are read as features and several responses, and as features and one response.
            let whole = RandomProblem(sampleCounts: sampleCounts, featureCount: width - 1, isWeighted: true)
                .source(of: B.Scalar.self)
            let joint = RowArrays(
                layout: whole.layout, featureCount: featureCount, responseCount: responseCount, values: whole.values,
                weights: whole.weights)
            let moments = try backend.moments(of: joint)
            #expect(moments.featureCount == featureCount && moments.responseCount == responseCount)
            let folds = try backend.foldMoments(of: joint, folds: RowFolds(foldCount: 1, seed: 1))[0]
            for response in 0..<responseCount {
                var values: [B.Scalar] = []
                for row in 0..<whole.layout.rowCount {
                    values += whole.values[row * width..<row * width + featureCount]
                    values.append(whole.values[row * width + featureCount + response])
                }
                let alone = try backend.moments(
                    of: RowArrays(
                        layout: whole.layout, featureCount: featureCount, values: values, weights: whole.weights))
                for found in [moments, folds] {
                    #expect(try backend.download(found.gram.triangles) == backend.download(alone.gram.triangles))
                    #expect(try backend.download(found.cross(of: response)) == backend.download(alone.cross))
                    #expect(try backend.download(found.squares(of: response)) == backend.download(alone.squares))
                }
            }
        }
    }

    @Test("adds to what the moments hold", arguments: Candidate.all)
    func adds(candidate: Candidate) throws {
        try candidate.run {
            try checkAddition($0)
        } float: {
            try checkAddition($0)
        }
    }

    private func checkAddition<B: Backend>(_ backend: B) throws {
        let source = RandomProblem(sampleCounts: [30, 600], featureCount: 3, isWeighted: false).source(
            of: B.Scalar.self)
        let once = try backend.download(backend.moments(of: source).joint.triangles)
        let twice = try backend.moments(of: source)
        try backend.forEachChunk(of: source) { rows throws(ComputeError) in
            try backend.accumulate(rows, rowWeights: nil, into: twice)
        }
        let found = try backend.download(twice.joint.triangles)
        for (one, two) in zip(once, found) { #expect(abs(two - 2 * one) <= 2 * abs(one) * Double(B.Scalar.ulpOfOne)) }
    }

    @Test("sums a task alike alone and among others", arguments: RandomProblem.adversarial)
    func tasksKeepTheirPlace(problem: RandomProblem) throws {
        // The order of tasks does not matter: a task's moments depend on its own rows alone.
        let source = problem.source(of: Double.self)
        for candidate in Candidate.all where candidate.isDouble {
            try candidate.run({ try checkPlaces($0, source) }, float: { _ in })
        }
    }

    private func checkPlaces<B: Backend<Double>>(_ backend: B, _ source: RowArrays<Double>) throws {
        let together = try backend.download(backend.moments(of: source).joint.triangles)
        let size = triangleCount(source.featureCount + 1)
        for task in 0..<min(source.layout.taskCount, 20) {
            let rows = source.layout.offsets[task]..<source.layout.offsets[task + 1]
            let width = source.featureCount + 1
            let alone = RowArrays(
                layout: TaskLayout(sampleCounts: [rows.count]), featureCount: source.featureCount,
                values: Array(source.values[rows.lowerBound * width..<rows.upperBound * width]),
                weights: source.weights.map { Array($0[rows]) })
            let found = try backend.download(backend.moments(of: alone).joint.triangles)
            #expect(found == Array(together[task * size..<(task + 1) * size]))
        }
    }
}
