public import Compute

extension CPUBackend {
    /// A pack's eigenvectors stay in the cache while its columns are solved one after another.
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func infimalConvolution(
        of system: EigenSystem<Buffer>, linear: Vectors<Buffer>, at centers: Vectors<Buffer>,
        thresholds: Vectors<Buffer>, distance: Distance, tolerance: Scalar, into result: InfimalConvolution<Buffer>
    ) {
        let (taskCount, columnCount, order) = (result.taskCount, result.columnCount, result.order)
        precondition(system.taskCount == taskCount && system.order == order, "an eigensystem of the same shape")
        precondition(
            linear.width == order && centers.width == order && thresholds.width == 1,
            "vectors as wide as the system's order, one threshold a column")
        let linears = Operand(linear, linear.broadcast(over: result.minimizers))
        let places = Operand(centers, centers.broadcast(over: result.minimizers))
        let limits = Operand(thresholds, thresholds.broadcast(over: result.values))
        let curvatures = result.curvatures
        let triangle = triangleCount(order)
        let cost = columnCount * (2 * order * order + 80 * order + (curvatures == nil ? 0 : order * triangle))
        parallel.forEachRange(
            of: packCount(taskCount), grain: packsPerUnit(costPerPack: cost + 1),
            scratch: PackConvolution<Scalar>(order: order)
        ) { packs, convolution in
            for pack in packs {
                let vectors: UnsafeMutablePointer<Scalar.Lanes> = system.vectors.entries.vectors(ofPack: pack)
                let minimizers: UnsafeMutablePointer<Scalar.Lanes> = result.minimizers.entries.vectors(ofPack: pack)
                let gradients: UnsafeMutablePointer<Scalar.Lanes> = result.gradients.entries.vectors(ofPack: pack)
                let values: UnsafeMutablePointer<Scalar.Lanes> = result.values.entries.vectors(ofPack: pack)
                convolution.begin(system.values.entries.vectors(ofPack: pack), tolerance: tolerance)
                for column in 0..<columnCount {
                    let problem = PackColumn<Scalar>(
                        center: places.column(column, ofPack: pack), linear: linears.column(column, ofPack: pack),
                        threshold: limits.column(column, ofPack: pack)[0])
                    let found = convolution.solve(problem, distance, vectors: vectors)
                    values[column] = convolution.write(
                        found, of: problem, distance, vectors: vectors, minimizer: minimizers + column &* order,
                        gradient: gradients + column &* order)
                    guard let curvatures else { continue }
                    let triangles: UnsafeMutablePointer<Scalar.Lanes> = curvatures.entries.vectors(ofPack: pack)
                    convolution.writeCurvature(found, distance, vectors: vectors, into: triangles + column &* triangle)
                }
            }
        }
    }
}
