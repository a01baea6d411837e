public import Compute

extension CPUBackend {
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func nearestCenter(
        of vectors: Vectors<Buffer>, centers: Vectors<Buffer>, distances: Vectors<Buffer>, into labels: Vectors<Buffer>
    ) {
        let (width, lanes) = (vectors.valuesPerTask, Self.lanes)
        precondition(
            centers.taskCount == 1 && centers.width == width && centers.columnCount > 0,
            "centers as wide as the vectors")
        precondition(distances.taskCount == vectors.taskCount && distances.valuesPerTask == 1, "one distance a task")
        precondition(labels.taskCount == vectors.taskCount && labels.valuesPerTask == 1, "one label a task")
        let constants: UnsafeMutablePointer<Scalar> = centers.entries.lane(of: 0, lanes: lanes)
        let packCount = (vectors.taskCount + lanes - 1) / lanes
        let grain = max(1, 100_000 / (centers.columnCount * width + 1))
        parallel.forEachRange(of: packCount, grain: grain) { packs in
            for pack in packs {
                let values: UnsafeMutablePointer<Scalar.Lanes> = vectors.entries.vectors(ofPack: pack)
                var nearest = Scalar.Lanes(repeating: .nan)
                var label = Scalar.Lanes(repeating: -1)
                for center in 0..<centers.columnCount {
                    var sum = Scalar.Lanes.zero
                    for entry in 0..<width {
                        let coordinate = constants[(center &* width &+ entry) &* lanes]
                        let difference = values[entry] - Scalar.Lanes(repeating: coordinate)
                        sum = multiplyAdd(difference, difference, sum)
                    }
                    // A distance that is NaN is nearer than nothing.
                    let isNearer = (sum .< nearest) .| (nearest .!= nearest) .& (sum .== sum)
                    nearest.replace(with: sum, where: isNearer)
                    label.replace(with: Scalar(center), where: isNearer)
                }
                distances.entries.vectors(ofPack: pack)[0] = nearest
                labels.entries.vectors(ofPack: pack)[0] = label
            }
        }
    }
}
