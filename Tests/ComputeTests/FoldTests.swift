import Compute
import Definitions
import TestSupport
import Testing

@Suite("Folds of rows")
struct SlowRowFoldsTests {
    @Test("part every task's rows evenly", arguments: [1, 2, 3, 10, 700])
    func balanced(foldCount: Int) {
        let folds = RowFolds(foldCount: foldCount, seed: 1)
        for (task, rowCount) in [0, 1, 2, 9, 10, 11, 513, 1399, 1400].enumerated() {
            var sizes = Array(repeating: 0, count: foldCount)
            for fold in folds.folds(ofRows: 0..<rowCount, task: task) { sizes[fold] += 1 }
            #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
            #expect(sizes.reduce(0, +) == rowCount)
        }
    }

    @Test("fill evenly over tasks of fewer rows than folds, at every position")
    func marginals() {
        let taskCount = 20_000
        let folds = RowFolds(foldCount: 10, seed: 7)
        var counts = Array(repeating: Array(repeating: 0.0, count: 10), count: 3)
        var pairs = Array(repeating: 0.0, count: 100)
        for task in 0..<taskCount {
            let own = folds.folds(ofRows: 0..<3, task: task)
            for (position, fold) in own.enumerated() { counts[position][fold] += 1 }
            pairs[own[0] * 10 + own[1]] += 1
        }
        // Binomial counts, within five standard deviations; each ordered pair of two folds is as likely as another.
        func isPlausible(_ count: Double, probability: Double) -> Bool {
            let mean = Double(taskCount) * probability
            return abs(count - mean) <= 5 * (mean * (1 - probability)).squareRoot()
        }
        #expect(counts.allSatisfy { $0.allSatisfy { isPlausible($0, probability: 0.1) } })
        for (pair, count) in pairs.enumerated() {
            #expect(pair % 11 == 0 ? count == 0 : isPlausible(count, probability: 1.0 / 90))
        }
    }

    @Test("do not depend on where one begins to ask")
    func randomAccess() {
        for foldCount in [1, 3, 10, 700] {
            let folds = RowFolds(foldCount: foldCount, seed: 3)
            let whole = folds.folds(ofRows: 0..<1500, task: 5)
            for positions in [0..<0, 0..<1, 7..<8, 511..<513, 512..<1024, 699..<701, 1499..<1500] {
                #expect(folds.folds(ofRows: positions, task: 5) == Array(whole[positions]))
            }
        }
    }

    @Test("are those of the whole problem in a shard of its tasks")
    func shards() {
        let whole = RowFolds(foldCount: 7, seed: 9)
        let shard = RowFolds(foldCount: 7, seed: 9, firstTask: 100)
        for task in 0..<20 {
            #expect(shard.folds(ofRows: 0..<30, task: task) == whole.folds(ofRows: 0..<30, task: 100 + task))
        }
    }

    @Test("differ between seeds, between tasks and between runs of a task")
    func independence() {
        let one = RowFolds(foldCount: 10, seed: 3)
        let own = one.folds(ofRows: 0..<1000, task: 0)
        // Folds that have nothing to do with each other agree in a tenth of the rows: 100, give or take 9.5.
        func agreements(_ other: [Int]) -> Int { zip(own, other).count { $0 == $1 } }
        let others = [
            RowFolds(foldCount: 10, seed: 4).folds(ofRows: 0..<1000, task: 0), one.folds(ofRows: 0..<1000, task: 1),
            one.folds(ofRows: 10..<1010, task: 0),
        ]
        for other in others { #expect((50...150).contains(agreements(other))) }
    }
}

@Suite("Moments by fold")
struct SlowFoldMomentsTests {
    @Test(
        "sums each fold's rows, whatever the chunks", arguments: Candidate.all, RandomProblem.adversarial)
    func sumsFolds(candidate: Candidate, problem: RandomProblem) throws {
        for foldCount in [1, 3, 10, 600] {
            let folds = RowFolds(foldCount: foldCount, seed: 11)
            try candidate.run {
                try checkSums($0, problem, folds)
            } float: {
                try checkSums($0, problem, folds)
            }
        }
    }

    private func checkSums<B: Backend>(_ backend: B, _ problem: RandomProblem, _ folds: RowFolds) throws {
        // Six hundred folds of many tasks or large triangles are many numbers and no new case.
        if folds.foldCount > 10, problem.featureCount > 4 || problem.sampleCounts.count > 10 { return }
        let source = problem.source(of: B.Scalar.self)
        let moments = try backend.foldMoments(of: source, folds: folds, chunkRows: .max / 2)
        let found = try backend.download(moments.triangles)
        for chunkRows in [1, 513, 1024] {
            let chunked = try backend.foldMoments(of: source, folds: folds, chunkRows: chunkRows)
            #expect(try backend.download(chunked.triangles) == found)
        }
        let size = triangleCount(problem.featureCount + 1)
        for (index, task) in problem.tasks.enumerated() {
            let foldOfRow = folds.folds(ofRows: 0..<task.response.count, task: index)
            for fold in 0..<folds.foldCount {
                let rows = task.rows { foldOfRow[$0] == fold }
                let expected = Definitions.jointGram(rows, featureCount: problem.featureCount)
                let start = (index * folds.foldCount + fold) * size
                let gram = symmetric(found[start..<start + size], order: problem.featureCount + 1)
                // A fold has rows in each block of the task; as for the moments of whole tasks.
                let blocks = Double(task.response.count / TaskLayout.rowsPerBlock + 2)
                let tolerance =
                    blocks * Double(B.Scalar.ulpOfOne) + 2 * Double(rows.response.count) * Double.ulpOfOne
                for row in expected.indices {
                    for column in expected.indices {
                        let scale = (expected[row][row] * expected[column][column]).squareRoot()
                        #expect(abs(gram[row][column] - expected[row][column]) <= tolerance * scale)
                    }
                }
            }
        }
    }

    @Test("the moments of one fold are a view like any other", arguments: Candidate.all)
    func views(candidate: Candidate) throws {
        try candidate.run {
            try checkViews($0)
        } float: {
            try checkViews($0)
        }
    }

    private func checkViews<B: Backend>(_ backend: B) throws {
        let problem = RandomProblem(sampleCounts: (0..<35).map { 40 + $0 }, featureCount: 3, isWeighted: true)
        let folds = RowFolds(foldCount: 4, seed: 2)
        let moments = try backend.foldMoments(of: problem.source(of: B.Scalar.self), folds: folds)
        let all = try backend.download(moments.triangles)
        let size = triangleCount(4)
        for fold in 0..<4 {
            let own = try backend.download(moments[fold].joint.triangles)
            // The same numbers in arrays of their own, and the factor that comes of each.
            let copy = try backend.makeMoments(taskCount: 35, featureCount: 3)
            try backend.upload(own, into: copy.joint.triangles)
            for task in 0..<35 {
                let start = (task * 4 + fold) * size
                #expect(Array(all[start..<start + size]) == Array(own[task * size..<(task + 1) * size]))
            }
            var results: [[Double]] = []
            for moments in [moments[fold], copy] {
                let factor = try backend.makeFactor(taskCount: 35, order: 3)
                try backend.factor(moments.gram, tolerance: B.Scalar.ulpOfOne, into: factor)
                let solutions = try backend.makeVectors(taskCount: 35, width: 3)
                try backend.solve(factor, moments.cross, into: solutions)
                results.append(try backend.download(solutions) + backend.download(moments.squares))
            }
            #expect(results[0] == results[1])
        }
    }
}

extension TaskRows {
    /// The rows whose number fulfils the condition.
    fileprivate func rows(_ isIncluded: (Int) -> Bool) -> TaskRows {
        let rows = response.indices.filter(isIncluded)
        return TaskRows(
            design: rows.map { design[$0] }, response: rows.map { response[$0] }, weights: rows.map { weights[$0] })
    }
}
