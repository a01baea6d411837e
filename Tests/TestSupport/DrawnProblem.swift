package import Compute
internal import Definitions
package import Methods

/// A problem that gives the moments of its rows and no rows, as simulations do. Each task's rows go to the folds in turn.
package struct DrawnProblem: Problem {
    package var rows: ArrayProblem
    package var foldCount: Int

    package init(_ rows: ArrayProblem, foldCount: Int) {
        precondition(!rows.isWeighted, "rows have no weights")
        self.rows = rows
        self.foldCount = foldCount
    }

    package var layout: TaskLayout { rows.layout }
    package var featureCount: Int { rows.featureCount }
    package var isWeighted: Bool { false }
    package var scaling: ColumnScaling { rows.scaling }
    package var sampleCounts: [Int] { rows.sampleCounts }
    package var clusters: ClusterCodes? { nil }
    package var drawnMoments: (any DrawnMoments)? { RowMoments(problem: self) }

    package func source<Scalar: LaneScalar>(of scalar: Scalar.Type) -> any TaskSource<Scalar> {
        preconditionFailure("there are no rows")
    }
}

private struct RowMoments: DrawnMoments {
    let problem: DrawnProblem

    var foldCount: Int { problem.foldCount }

    func rowCount(of task: Int, fold: Int) -> Int {
        stride(from: fold, to: problem.rows.tasks[task].response.count, by: foldCount).underestimatedCount
    }

    func write(task: Int, fold: Int, into triangle: UnsafeMutablePointer<Double>) {
        let (rows, scaling) = (problem.rows.tasks[task], problem.scaling)
        let order = problem.featureCount + 1
        triangle.update(repeating: 0, count: triangleCount(order))
        for row in stride(from: fold, to: rows.response.count, by: foldCount) {
            let z = (rows.design[row] + [rows.response[row]]).enumerated().map { column, value in
                (value - scaling.shifts[column]) / scaling.scales[column]
            }
            var entry = 0
            for one in 0..<order {
                for other in 0...one {
                    triangle[entry] += z[one] * z[other]
                    entry += 1
                }
            }
        }
    }
}
