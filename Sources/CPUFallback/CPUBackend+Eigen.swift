public import Compute

extension CPUBackend {
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func eigen(_ matrices: Matrices<Buffer>, into system: EigenSystem<Buffer>) {
        let order = matrices.order
        precondition(
            system.order == order && system.taskCount == matrices.taskCount, "an eigensystem of the same shape")
        let grain = packsPerUnit(costPerPack: 40 * order * order * order + 1)
        parallel.forEachRange(of: packCount(matrices.taskCount), grain: grain) { packs in
            let capacity = PackJacobi<Scalar>.scratchCount(order: order)
            withUnsafeTemporaryAllocation(of: Scalar.Lanes.self, capacity: capacity) { scratch in
                guard let scratch = scratch.baseAddress else { return }
                let jacobi = PackJacobi<Scalar>(order: order, scratch: scratch)
                for pack in packs {
                    jacobi.decompose(
                        matrices.entries.vectors(ofPack: pack), values: system.values.entries.vectors(ofPack: pack),
                        vectors: system.vectors.entries.vectors(ofPack: pack))
                }
            }
        }
    }
}
