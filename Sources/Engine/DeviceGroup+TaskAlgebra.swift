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

    public func ridgeErrors(
        of moments: Moments<Buffer>, holdingOut heldOut: Moments<Buffer>, penalties: Vectors<Buffer>,
        toward center: Vectors<Buffer>, tolerance: Scalar, into errors: Vectors<Buffer>
    ) throws(ComputeError) {
        for (index, member) in members.enumerated() {
            try member.ridgeErrors(
                of: share(of: moments, index), holdingOut: share(of: heldOut, index),
                penalties: share(of: penalties, index), toward: share(of: center, index), tolerance: tolerance,
                into: share(of: errors, index))
        }
    }

    public func combine(_ a: Term<Buffer>, _ b: Term<Buffer>?, into result: Vectors<Buffer>) throws(ComputeError) {
        for (index, member) in members.enumerated() {
            try member.combine(
                share(of: a, index), b.map { share(of: $0, index) }, into: share(of: result, index))
        }
    }

    private func share(of term: Term<Buffer>, _ member: Int) -> Term<DeviceBuffer<Scalar>> {
        let vectors = share(of: term.vectors, member)
        switch term.scale {
        case .number(let number): return vectors.scaled(by: number)
        case .each(let scales): return vectors.scaled(by: share(of: scales, member))
        }
    }

    public func dots(_ x: Vectors<Buffer>, _ y: Vectors<Buffer>, into products: Vectors<Buffer>)
        throws(ComputeError)
    {
        for (index, member) in members.enumerated() {
            try member.dots(share(of: x, index), share(of: y, index), into: share(of: products, index))
        }
    }

    public func multiply(_ matrices: Matrices<Buffer>, _ vectors: Vectors<Buffer>, into products: Vectors<Buffer>)
        throws(ComputeError)
    {
        for (index, member) in members.enumerated() {
            try member.multiply(share(of: matrices, index), share(of: vectors, index), into: share(of: products, index))
        }
    }

    public func gradientStep(
        _ matrices: Matrices<Buffer>, linear: Vectors<Buffer>, from vectors: Vectors<Buffer>,
        lengths: Vectors<Buffer>, into result: Vectors<Buffer>
    ) throws(ComputeError) {
        for (index, member) in members.enumerated() {
            try member.gradientStep(
                share(of: matrices, index), linear: share(of: linear, index), from: share(of: vectors, index),
                lengths: share(of: lengths, index), into: share(of: result, index))
        }
    }

    public func shrink(
        _ vectors: Vectors<Buffer>, toward center: Vectors<Buffer>, thresholds: Vectors<Buffer>,
        weights: Vectors<Buffer>?, prox: Prox, into result: Vectors<Buffer>
    ) throws(ComputeError) {
        for (index, member) in members.enumerated() {
            try member.shrink(
                share(of: vectors, index), toward: share(of: center, index), thresholds: share(of: thresholds, index),
                weights: weights.map { share(of: $0, index) }, prox: prox, into: share(of: result, index))
        }
    }

    public func eigen(_ matrices: Matrices<Buffer>, into system: EigenSystem<Buffer>) throws(ComputeError) {
        for (index, member) in members.enumerated() {
            try member.eigen(share(of: matrices, index), into: share(of: system, index))
        }
    }

    public func infimalConvolution(
        of system: EigenSystem<Buffer>, linear: Vectors<Buffer>, at centers: Vectors<Buffer>,
        thresholds: Vectors<Buffer>, distance: Distance, tolerance: Scalar, into result: InfimalConvolution<Buffer>
    ) throws(ComputeError) {
        for (index, member) in members.enumerated() {
            try member.infimalConvolution(
                of: share(of: system, index), linear: share(of: linear, index), at: share(of: centers, index),
                thresholds: share(of: thresholds, index), distance: distance, tolerance: tolerance,
                into: share(of: result, index))
        }
    }

    public func elasticNet(
        _ matrices: Matrices<Buffer>, linear: Vectors<Buffer>, thresholds: Vectors<Buffer>, mixture: Scalar,
        into coefficients: Vectors<Buffer>, violations: Vectors<Buffer>
    ) throws(ComputeError) {
        for (index, member) in members.enumerated() {
            try member.elasticNet(
                share(of: matrices, index), linear: share(of: linear, index), thresholds: share(of: thresholds, index),
                mixture: mixture, into: share(of: coefficients, index), violations: share(of: violations, index))
        }
    }

    private func share(of system: EigenSystem<Buffer>, _ member: Int) -> EigenSystem<DeviceBuffer<Scalar>> {
        EigenSystem(values: share(of: system.values, member), vectors: share(of: system.vectors, member))
    }

    private func share(
        of result: InfimalConvolution<Buffer>, _ member: Int
    ) -> InfimalConvolution<DeviceBuffer<Scalar>> {
        InfimalConvolution(
            minimizers: share(of: result.minimizers, member), gradients: share(of: result.gradients, member),
            values: share(of: result.values, member), curvatures: result.curvatures.map { share(of: $0, member) })
    }
}
