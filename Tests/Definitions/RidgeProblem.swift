package import Compute

/// Tasks of which every third row is held out, with three penalties and centers for ridge fits to the other rows.
package struct RidgeProblem: Sendable {
    package let featureCount: Int
    package var fitted: [TaskRows]
    package var heldOut: [TaskRows]
    /// A weak and a strong penalty that leave the intercept free, and one of all features alike.
    package let penalties: TaskValues
    /// One for each task and penalty.
    package let centers: TaskValues

    package init(_ problem: RandomProblem) {
        featureCount = problem.featureCount
        fitted = problem.tasks.map { rows in rows.taking { $0 % 3 != 1 } }
        heldOut = problem.tasks.map { rows in rows.taking { $0 % 3 == 1 } }
        let weak = (0..<featureCount).map { $0 == 0 ? 0 : 0.25 + Double($0 % 3) }
        let even = Array(repeating: 1.5, count: featureCount)
        penalties = TaskValues(
            taskCount: 1, columnCount: 3, width: featureCount, values: weak + weak.map { 64 * $0 } + even)
        var stream = TestStream(seed: 71)
        centers = TaskValues(taskCount: problem.sampleCounts.count, columnCount: 3, width: featureCount, from: &stream)
    }

    package func error(_ task: Int, _ penalty: Int) -> Double {
        Definitions.ridgeError(
            fitting: fitted[task], holdingOut: heldOut[task], penalty: penalties.vector(0, penalty),
            center: centers.vector(task, penalty))
    }

    /// How far rounding may move an error.
    ///
    /// Factor and solutions are backward stable: they solve a system whose coefficients are off by some roundings of the
    /// order, as the moments are by two. What this does to `b` moves the error by its gradient and curvature in `b`; to
    /// this the roundings of the quadratic form add.
    package func tolerance<Scalar: LaneScalar>(_ task: Int, _ penalty: Int, _ scalar: Scalar.Type) -> Double {
        let unit = Double(Scalar.ulpOfOne)
        let order = featureCount
        let diagonal = penalties.vector(0, penalty)
        let center = centers.vector(task, penalty)
        let held = Definitions.jointGram(heldOut[task], featureCount: order)
        var gram = Definitions.jointGram(fitted[task], featureCount: order)
        for k in 0..<order {
            gram[k][k] += diagonal[k]
            gram[k][order] += diagonal[k] * center[k]
        }
        let inverse = Definitions.inverse(gram.prefix(order).map { Array($0.prefix(order)) })
        let b = inverse.map { Definitions.dot($0, (0..<order).map { gram[$0][order] }) } + [-1]
        func size(_ row: Int) -> Double { (gram[row][row] + held[row][row]).squareRoot() }
        let pull = (0..<order).map { abs(diagonal[$0] * center[$0]) }
        let total = (0...order).reduce(0) { $0 + size($1) * abs(b[$1]) }
        let defects = (0..<order).map { Double(3 * order + 12) * unit * (size($0) * total + pull[$0]) }
        let moves = inverse.map { row in zip(row, defects).reduce(0) { $0 + abs($1.0) * $1.1 } }
        let heldTotal = (0...order).reduce(0) { $0 + held[$1][$1].squareRoot() * abs(b[$1]) }
        var tolerance = Double(2 * order + 12) * unit * heldTotal * heldTotal
        for row in 0..<order {
            let gradient = Definitions.dot(held[row], b)
            let curvature = zip(held[row], moves).reduce(0) { $0 + abs($1.0) * $1.1 }
            tolerance += moves[row] * (2 * abs(gradient) + curvature)
        }
        return tolerance
    }
}

extension TaskRows {
    fileprivate func taking(_ isTaken: (Int) -> Bool) -> TaskRows {
        let rows = response.indices.filter(isTaken)
        return TaskRows(
            design: rows.map { design[$0] }, response: rows.map { response[$0] }, weights: rows.map { weights[$0] })
    }
}

extension Backend {
    /// The errors of the problem's tasks, a column a penalty.
    package func ridgeErrors(of problem: RidgeProblem) throws(ComputeError) -> TaskValues {
        let total = zip(problem.fitted, problem.heldOut).map { fitted, heldOut in
            TaskRows(
                design: fitted.design + heldOut.design, response: fitted.response + heldOut.response,
                weights: fitted.weights + heldOut.weights)
        }
        let errors = try makeVectors(taskCount: total.count, columnCount: problem.penalties.columnCount, width: 1)
        try ridgeErrors(
            of: moments(ofRows: total, featureCount: problem.featureCount),
            holdingOut: moments(ofRows: problem.heldOut, featureCount: problem.featureCount),
            penalties: upload(problem.penalties), toward: upload(problem.centers),
            tolerance: 64 * Scalar.ulpOfOne, into: errors)
        return try hostCopy(of: errors)
    }

    /// Moments as they are defined, so that no error of `accumulate` is in what is compared.
    package func moments(ofRows tasks: [TaskRows], featureCount: Int) throws(ComputeError) -> Moments<Buffer> {
        let moments = try makeMoments(taskCount: tasks.count, featureCount: featureCount)
        let triangles = tasks.flatMap { task in
            Definitions.jointGram(task, featureCount: featureCount).enumerated().flatMap { $1[...$0] }
        }
        try upload(triangles, into: moments.joint.triangles)
        return moments
    }
}
