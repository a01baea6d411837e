public import Compute

extension CPUBackend {
    /// A pack at a time; of large orders a task at a time, whose matrix the cache then holds.
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func elasticNet(
        _ matrices: Matrices<Buffer>, linear: Vectors<Buffer>, thresholds: Vectors<Buffer>, mixture: Scalar,
        into coefficients: Vectors<Buffer>, violations: Vectors<Buffer>
    ) {
        let (taskCount, columnCount, order) = (coefficients.taskCount, coefficients.columnCount, coefficients.width)
        precondition(matrices.taskCount == taskCount && matrices.order == order, "a matrix a task, of the same order")
        precondition(
            linear.width == order && thresholds.width == 1 && violations.width == 1,
            "linear terms as wide as the matrices' order, one threshold and one violation a column")
        precondition(
            violations.taskCount == taskCount && violations.columnCount == columnCount, "a violation a column")
        let linears = Operand(linear, linear.broadcast(over: coefficients))
        let limits = Operand(thresholds, thresholds.broadcast(over: violations))
        if order > Self.mostOrderOfPackNets {
            return elasticNetByTask(matrices, linears, limits, mixture, into: coefficients, violations)
        }
        // Some twenty sweeps.
        parallel.forEachRange(
            of: packCount(taskCount), grain: packsPerUnit(costPerPack: 20 * columnCount * order * order + 1),
            scratch: PackElasticNet<Scalar>(order: order)
        ) { packs, net in
            for pack in packs {
                let matrix: UnsafeMutablePointer<Scalar.Lanes> = matrices.entries.vectors(ofPack: pack)
                let answers: UnsafeMutablePointer<Scalar.Lanes> = coefficients.entries.vectors(ofPack: pack)
                let failures: UnsafeMutablePointer<Scalar.Lanes> = violations.entries.vectors(ofPack: pack)
                for column in 0..<columnCount {
                    let u = answers + column &* order
                    for k in 0..<order { u[k] = column == 0 ? .zero : u[k &- order] }
                    failures[column] = net.solve(
                        matrix, linear: linears.column(column, ofPack: pack),
                        threshold: limits.column(column, ofPack: pack)[0], mixture: mixture, u)
                }
            }
        }
    }

    /// Of greater orders a pack's triangles do not fit the cache, and lanes differ in which coordinates they visit.
    private static var mostOrderOfPackNets: Int { 64 }

    @inline(__always)
    private func elasticNetByTask(
        _ matrices: Matrices<Buffer>, _ linears: Operand<Scalar>, _ limits: Operand<Scalar>, _ mixture: Scalar,
        into coefficients: Vectors<Buffer>, _ violations: Vectors<Buffer>
    ) {
        let (columnCount, order, lanes) = (coefficients.columnCount, coefficients.width, Self.lanes)
        parallel.forEachRange(
            of: coefficients.taskCount, grain: 1, scratch: TaskElasticNet<Scalar>(order: order)
        ) { tasks, net in
            for task in tasks {
                let (pack, lane) = (task / lanes, task % lanes)
                net.begin(matrices.entries.lane(of: task, lanes: lanes))
                let answers = coefficients.entries.lane(of: task, lanes: lanes)
                let failures = violations.entries.lane(of: task, lanes: lanes)
                for column in 0..<columnCount {
                    let linear = linears.column(column, ofPack: pack)
                    failures[column &* lanes] = net.solve(
                        threshold: limits.column(column, ofPack: pack)[0][lane], mixture: mixture
                    ) { linear[$0][lane] }
                    net.write(to: answers + column &* order &* lanes)
                }
            }
        }
    }
}
