/// For each column of each task, the infimal convolution of a quadratic and a norm, at a centre `c`:
///
///     f~(c) = min over x of  x'G x / 2 - b'x + t ||x - c||
///
/// It is convex, has slopes of at most `t`, and is as smooth as the quadratic. With the squared distance
/// `t ||x - c||^2 / 2` in place of the norm it is a quadratic itself.
public struct InfimalConvolution<Buffer> {
    /// The `x` that attains it: with the norm the centre itself, to the bit, where the quadratic's slope there is at most `t`.
    public let minimizers: Vectors<Buffer>
    /// The gradient of `f~`, which is that of the quadratic at the minimiser: `G x - b`.
    public let gradients: Vectors<Buffer>
    /// `f~(c)`: one value a column.
    public let values: Vectors<Buffer>
    /// The second derivatives of `f~`, a lower triangle row by row for each column, where they are wanted.
    public let curvatures: Vectors<Buffer>?

    package init(
        minimizers: Vectors<Buffer>, gradients: Vectors<Buffer>, values: Vectors<Buffer>, curvatures: Vectors<Buffer>?
    ) {
        self.minimizers = minimizers
        self.gradients = gradients
        self.values = values
        self.curvatures = curvatures
    }

    /// Steps of Newton's method after which a column is left as it is: far more than any needs, some 5 to 10.
    package static var stepLimit: Int { 100 }

    public var taskCount: Int { minimizers.taskCount }
    public var columnCount: Int { minimizers.columnCount }
    public var order: Int { minimizers.width }
}

extension BackendMemory {
    /// Room for an infimal convolution at `columnCount` centres of each task, which is written whole.
    public func makeInfimalConvolution(
        taskCount: Int, columnCount: Int = 1, order: Int, hasCurvatures: Bool = false
    ) throws(ComputeError) -> InfimalConvolution<Buffer> {
        func make(width: Int) throws(ComputeError) -> Vectors<Buffer> {
            try makeVectors(taskCount: taskCount, columnCount: columnCount, width: width, zeroed: false)
        }
        return InfimalConvolution(
            minimizers: try make(width: order), gradients: try make(width: order), values: try make(width: 1),
            curvatures: hasCurvatures ? try make(width: triangleCount(order)) : nil)
    }
}
