public import Compute

extension DeviceGroup {
    public func factor(_ matrices: Matrices<Buffer>, tolerance: Scalar, into factor: Factor<Buffer>)
        throws(ComputeError)
    {
        for (index, member) in members.enumerated() {
            try member.factor(share(of: matrices, index), tolerance: tolerance, into: share(of: factor, index))
        }
    }

    public func solve(_ factor: Factor<Buffer>, _ rightSides: Vectors<Buffer>, into solutions: Vectors<Buffer>)
        throws(ComputeError)
    {
        for (index, member) in members.enumerated() {
            try member.solve(
                share(of: factor, index), share(of: rightSides, index), into: share(of: solutions, index))
        }
    }

    public func inverseDiagonals(
        of factor: Factor<Buffer>, contrasts: Vectors<Buffer>, into diagonals: Vectors<Buffer>
    ) throws(ComputeError) {
        for (index, member) in members.enumerated() {
            try member.inverseDiagonals(
                of: share(of: factor, index), contrasts: share(of: contrasts, index),
                into: share(of: diagonals, index))
        }
    }

    public func sandwichDiagonals(
        of factor: Factor<Buffer>, middle: Matrices<Buffer>, contrasts: Vectors<Buffer>,
        into diagonals: Vectors<Buffer>
    ) throws(ComputeError) {
        for (index, member) in members.enumerated() {
            try member.sandwichDiagonals(
                of: share(of: factor, index), middle: share(of: middle, index), contrasts: share(of: contrasts, index),
                into: share(of: diagonals, index))
        }
    }
}
