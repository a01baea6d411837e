public import Compute

extension CPUBackend {
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func crossProduct(
        of x: Vectors<Buffer>, _ y: Vectors<Buffer>, weights: Vectors<Buffer>?, into sum: Vectors<Buffer>
    ) {
        let (width, height, lanes) = (x.valuesPerTask, y.valuesPerTask, Self.lanes)
        precondition(x.taskCount == y.taskCount, "vectors of the same tasks")
        precondition(
            sum.taskCount == 1 && sum.width == width && sum.columnCount == height,
            "a column for each value of y, as wide as x")
        if let weights {
            precondition(weights.taskCount == x.taskCount && weights.valuesPerTask == 1, "one weight a task")
        }
        let packs = packCount(x.taskCount)
        let blockCount = (packs + Self.packsPerSumBlock - 1) / Self.packsPerSumBlock
        let partials = CPUBuffer<Double>(count: blockCount * width * height)
        // One row more than are filled: at a distance of 4 KB, values would displace each other from the cache.
        let rowsPerBlock = Self.packsPerSumBlock * lanes / 8 + 1
        parallel.forEachRange(of: packs, grain: Self.packsPerSumBlock) { block in
            let capacity = (width + height) * rowsPerBlock
            withUnsafeTemporaryAllocation(of: SIMD8<Double>.self, capacity: capacity) { scratch in
                guard let scratch = scratch.baseAddress else { return }
                var products = BlockProducts<Scalar>(
                    leftWidth: width, rightWidth: height, capacity: rowsPerBlock, scratch: scratch)
                for task in stride(from: block.lowerBound * lanes, to: block.upperBound * lanes, by: 8) {
                    let given = weights?.entries.lane(of: task, lanes: lanes)
                    var taskWeights = SIMD8<Double>.zero
                    for lane in 0..<8 where task + lane < x.taskCount {
                        taskWeights[lane] = given.map { Double($0[lane]) } ?? 1
                    }
                    products.append(
                        x: x.entries.lane(of: task, lanes: lanes), y: y.entries.lane(of: task, lanes: lanes),
                        weights: taskWeights)
                }
                products.sum(into: partials.base + block.lowerBound / Self.packsPerSumBlock * width * height)
            }
        }
        let result = sum.entries.lane(of: 0, lanes: lanes)
        for entry in 0..<width * height {
            var total = 0.0
            for block in 0..<blockCount { total += partials.base[block * width * height + entry] }
            result[entry * lanes] = Scalar(total)
        }
    }
}
