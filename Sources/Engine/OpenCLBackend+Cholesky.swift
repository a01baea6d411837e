public import Compute
import Kernels

extension OpenCLBackend {
    public func factor(_ matrices: Matrices<Buffer>, tolerance: Scalar, into factor: Factor<Buffer>)
        throws(ComputeError)
    {
        precondition(
            factor.order == matrices.order && factor.taskCount == matrices.taskCount, "a factor of the same shape")
        let items = itemCount(matrices.taskCount)
        let (input, lower, diagnosis) = (matrices.entries, factor.lower.entries, factor.diagnosis.entries)
        try kernel("factor", in: .cholesky, order: matrices.order).launch(
            global: items, local: itemsPerSolver,
            arguments: [.count(items), .count(matrices.order), .real(tolerance)] + place(input) + place(lower)
                + place(diagnosis) + [.buffer(input.buffer), .buffer(lower.buffer), .buffer(diagnosis.buffer)])
    }

    public func solve(_ factor: Factor<Buffer>, _ rightSides: Vectors<Buffer>, into solutions: Vectors<Buffer>)
        throws(ComputeError)
    {
        precondition(
            rightSides.width == factor.order && solutions.width == factor.order,
            "right-hand sides as wide as the factor")
        precondition(rightSides.columnCount == solutions.columnCount, "as many solutions as right-hand sides")
        let items = itemCount(factor.taskCount)
        let (lower, input, output) = (factor.lower.entries, rightSides.entries, solutions.entries)
        try kernel("solve", in: .cholesky, order: factor.order).launch(
            global: items, local: itemsPerSolver,
            arguments: [.count(items), .count(factor.order), .count(rightSides.columnCount)] + place(lower)
                + place(input) + place(output) + [.buffer(lower.buffer), .buffer(input.buffer), .buffer(output.buffer)])
    }

    public func inverseDiagonals(
        of factor: Factor<Buffer>, contrasts: Vectors<Buffer>, into diagonals: Vectors<Buffer>
    ) throws(ComputeError) {
        try diagonalForms(of: factor, middle: nil, contrasts: contrasts, into: diagonals)
    }

    public func sandwichDiagonals(
        of factor: Factor<Buffer>, middle: Matrices<Buffer>, contrasts: Vectors<Buffer>,
        into diagonals: Vectors<Buffer>
    ) throws(ComputeError) {
        precondition(middle.order == factor.order, "middle matrices of the factor's order")
        try diagonalForms(of: factor, middle: middle, contrasts: contrasts, into: diagonals)
    }

    private func diagonalForms(
        of factor: Factor<Buffer>, middle: Matrices<Buffer>?, contrasts: Vectors<Buffer>,
        into diagonals: Vectors<Buffer>
    ) throws(ComputeError) {
        precondition(contrasts.taskCount == 1 && contrasts.width == factor.order, "contrasts as wide as the factor")
        precondition(contrasts.entries.firstEntry == 0, "contrasts in a buffer of their own")
        precondition(diagonals.valuesPerTask == contrasts.columnCount, "one diagonal entry a contrast")
        let items = itemCount(factor.taskCount)
        let lower = factor.lower.entries
        let sandwiched = middle?.entries ?? lower
        let output = diagonals.entries
        let sizes: [KernelArgument] = [
            .count(items), .count(factor.order), .count(contrasts.columnCount), .count(middle == nil ? 0 : 1),
        ]
        try kernel("inverse_diagonals", in: .cholesky, order: factor.order).launch(
            global: items, local: itemsPerSolver,
            arguments: sizes + place(lower) + place(sandwiched) + place(output) + [
                .buffer(lower.buffer), .buffer(sandwiched.buffer), .buffer(contrasts.entries.buffer),
                .buffer(output.buffer),
            ])
    }

    /// Work-items a group where each has vectors of the order of a matrix to itself: a CPU device keeps those of a whole
    /// group on a thread's stack, however large the group that it chooses.
    var itemsPerSolver: Int? { shape == .vectors ? 1 : nil }

    /// Where an array lies in its buffer, as kernels take it.
    func place(_ entries: PackedEntries<Buffer>) -> [KernelArgument] {
        [.count(entries.entriesPerPack), .count(entries.firstEntry)]
    }
}
