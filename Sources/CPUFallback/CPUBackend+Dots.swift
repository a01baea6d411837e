public import Compute

extension CPUBackend {
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Float)
    public func dots(_ x: Vectors<Buffer>, _ y: Vectors<Buffer>, into products: Vectors<Buffer>) {
        precondition(x.width == y.width && products.width == 1, "vectors as wide as each other, one product a column")
        let (tasks, columns, width) = (products.taskCount, products.columnCount, x.width)
        let left = Operand(x, x.broadcast(taskCount: tasks, columnCount: columns, width: width))
        let right = Operand(y, y.broadcast(taskCount: tasks, columnCount: columns, width: width))
        forEachColumn(of: products, operandCount: 2 * width) { pack, column, output in
            let (a, b) = (left.column(column, ofPack: pack), right.column(column, ofPack: pack))
            var sum = Scalar.Lanes.zero
            for index in 0..<width { sum = multiplyAdd(a[index], b[index], sum) }
            output[0] = sum
        }
    }
}
