public import Compute

extension CPUBackend {
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func factor(_ matrices: Matrices<Buffer>, tolerance: Scalar, into factor: Factor<Buffer>) {
        let order = matrices.order
        precondition(factor.order == order && factor.taskCount == matrices.taskCount, "a factor of the same shape")
        let grain = packsPerUnit(costPerPack: order * order * order / 6 + 1)
        parallel.forEachRange(of: packCount(matrices.taskCount), grain: grain) { packs in
            withUnsafeTemporaryAllocation(of: Scalar.Lanes.self, capacity: 3 * order) { scratch in
                guard let scratch = scratch.baseAddress else { return }
                for pack in packs {
                    PackCholesky<Scalar.Lanes>(order: order, lower: factor.lower.entries.vectors(ofPack: pack)).factor(
                        matrices.entries.vectors(ofPack: pack), tolerance: tolerance,
                        diagnosis: factor.diagnosis.entries.vectors(ofPack: pack), scratch: scratch)
                }
            }
        }
    }

    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func solve(_ factor: Factor<Buffer>, _ rightSides: Vectors<Buffer>, into solutions: Vectors<Buffer>) {
        let order = factor.order
        precondition(rightSides.width == order && solutions.width == order, "right-hand sides as wide as the factor")
        precondition(rightSides.columnCount == solutions.columnCount, "as many solutions as right-hand sides")
        let grain = packsPerUnit(costPerPack: order * order * rightSides.columnCount + 1)
        parallel.forEachRange(of: packCount(factor.taskCount), grain: grain) { packs in
            for pack in packs {
                let cholesky = PackCholesky<Scalar.Lanes>(
                    order: order, lower: factor.lower.entries.vectors(ofPack: pack))
                let input: UnsafeMutablePointer<Scalar.Lanes> = rightSides.entries.vectors(ofPack: pack)
                let output: UnsafeMutablePointer<Scalar.Lanes> = solutions.entries.vectors(ofPack: pack)
                for column in 0..<rightSides.columnCount {
                    let x = output + column * order
                    for index in 0..<order { x[index] = input[column * order + index] }
                    cholesky.solveLower(x)
                    cholesky.solveUpper(x)
                }
            }
        }
    }

    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func inverseDiagonals(
        of factor: Factor<Buffer>, contrasts: Vectors<Buffer>, into diagonals: Vectors<Buffer>
    ) {
        forEachContrast(of: factor, contrasts: contrasts, into: diagonals) { cholesky, _, vector, first in
            cholesky.solveLower(vector, from: first)
            var sum = Scalar.Lanes.zero
            for index in first..<cholesky.order { sum = multiplyAdd(vector[index], vector[index], sum) }
            return sum
        }
    }

    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func sandwichDiagonals(
        of factor: Factor<Buffer>, middle: Matrices<Buffer>, contrasts: Vectors<Buffer>,
        into diagonals: Vectors<Buffer>
    ) {
        precondition(middle.order == factor.order, "middle matrices of the factor's order")
        forEachContrast(of: factor, contrasts: contrasts, into: diagonals) { cholesky, pack, vector, first in
            cholesky.solveLower(vector, from: first)
            cholesky.solveUpper(vector)
            let matrix: UnsafeMutablePointer<Scalar.Lanes> = middle.entries.vectors(ofPack: pack)
            var sum = Scalar.Lanes.zero
            for row in 0..<cholesky.order {
                let entries = matrix + triangleCount(row)
                var offDiagonal = Scalar.Lanes.zero
                for column in 0..<row { offDiagonal = multiplyAdd(entries[column], vector[column], offDiagonal) }
                let whole = multiplyAdd(entries[row], vector[row], offDiagonal + offDiagonal)
                sum = multiplyAdd(vector[row], whole, sum)
            }
            return sum
        }
    }

    /// Puts each contrast in every lane of a vector and stores what `form` makes of it and of the number of zeros that it
    /// begins with.
    @inline(__always)
    private func forEachContrast(
        of factor: Factor<Buffer>, contrasts: Vectors<Buffer>, into diagonals: Vectors<Buffer>,
        _ form: (PackCholesky<Scalar.Lanes>, Int, UnsafeMutablePointer<Scalar.Lanes>, Int) -> Scalar.Lanes
    ) {
        let order = factor.order
        precondition(contrasts.taskCount == 1 && contrasts.width == order, "contrasts as wide as the factor")
        precondition(diagonals.valuesPerTask == contrasts.columnCount, "one diagonal entry a contrast")
        let constants: UnsafeMutablePointer<Scalar> = contrasts.entries.lane(of: 0, lanes: Self.lanes)
        let grain = packsPerUnit(costPerPack: order * order * contrasts.columnCount + 1)
        parallel.forEachRange(of: packCount(factor.taskCount), grain: grain) { packs in
            withUnsafeTemporaryAllocation(of: Scalar.Lanes.self, capacity: order + 1) { scratch in
                guard let vector = scratch.baseAddress else { return }
                for pack in packs {
                    let cholesky = PackCholesky<Scalar.Lanes>(
                        order: order, lower: factor.lower.entries.vectors(ofPack: pack))
                    let output: UnsafeMutablePointer<Scalar.Lanes> = diagonals.entries.vectors(ofPack: pack)
                    for contrast in 0..<contrasts.columnCount {
                        var first = order
                        for index in 0..<order {
                            let value = constants[(contrast * order + index) * Self.lanes]
                            vector[index] = Scalar.Lanes(repeating: value)
                            if value != 0, first == order { first = index }
                        }
                        output[contrast] = form(cholesky, pack, vector, first)
                    }
                }
            }
        }
    }
}
