public import Compute
import Kernels

extension OpenCLBackend {
    public func matmul(_ vectors: Vectors<Buffer>, _ matrix: Vectors<Buffer>, into products: Vectors<Buffer>)
        throws(ComputeError)
    {
        let (width, height) = (matrix.width, matrix.columnCount)
        precondition(matrix.taskCount == 1, "one matrix for all tasks")
        precondition(vectors.width == width, "vectors as wide as the matrix")
        precondition(products.width == height, "products with a value for each row of the matrix")
        precondition(
            products.taskCount == vectors.taskCount && products.columnCount == vectors.columnCount,
            "a product for each vector")
        let rows = try unpacked(matrix)
        if min(width, height) >= clBlastWidth, CLBlast.isAvailable {
            let input = try unpacked(vectors)
            let output: Buffer = try context.makeBuffer(count: products.taskCount * products.valuesPerTask)
            try multiply(input, by: rows, of: matrix, rowsPerTask: vectors.columnCount, into: output)
            try pack(output, into: products)
            return
        }
        let items = itemCount(vectors.taskCount)
        let sizes: [KernelArgument] = [.count(items), .count(vectors.columnCount), .count(width), .count(height)]
        try kernel("matmul", in: .products, order: 0).launch(
            global: items * vectors.columnCount * ((height + 7) / 8),
            arguments: sizes + place(vectors.entries) + place(products.entries) + [
                .buffer(rows), .buffer(vectors.entries.buffer), .buffer(products.entries.buffer),
            ])
    }

    /// From so many rows and columns of the matrix on, CLBlast wins on GPUs.
    ///
    /// It needs rows, so values are copied there and back: with a matrix of p x p, 4 p values a task more travel than
    /// the 2 p of our own kernel, which reaches about a fifth of a GPU's arithmetic where CLBlast reaches three
    /// quarters. With F operations in the time that one value takes to travel, copies cost 4 p F operations and save
    /// 2 p^2 (5 - 4/3), so they pay beyond p = 0.54 F. F is 56 on a GPU of a data centre in either scalar (34 TFLOP/s in
    /// double and 4.8 TB/s), some 330 in float on one of a desktop: from 30 to 180. This lies between, on the side
    /// that spares those who never need it the seconds in which CLBlast compiles.
    static var usualCLBlastWidth: Int { 128 }

    /// `C = A B'` in rows, for whole sum blocks of tasks and then for the rest: which of its kernels CLBlast takes
    /// depends on the height of `A`, and must not depend on how many devices share the tasks.
    private func multiply(
        _ input: Buffer, by rows: Buffer, of matrix: Vectors<Buffer>, rowsPerTask: Int, into output: Buffer
    ) throws(ComputeError) {
        let (width, height) = (matrix.width, matrix.columnCount)
        let blockRows = sumBlockSize * rowsPerTask
        let blocks = input.count / width / blockRows
        let rest = input.count / width - blocks * blockRows
        for (first, rowCount, count) in [(0, blockRows, blocks), (blocks * blockRows, rest, 1)]
        where rowCount * count > 0 {
            try CLBlast.multiply(
                input, from: first * width, by: rows, into: output, from: first * height, rowCount: rowCount,
                width: width, height: height, count: count)
        }
    }

    /// The values of each task, one task behind the other.
    private func unpacked(_ vectors: Vectors<Buffer>) throws(ComputeError) -> Buffer {
        let count = vectors.taskCount * vectors.valuesPerTask
        let rows: Buffer = try context.makeBuffer(count: count)
        try kernel("unpack_rows", in: .products, order: 0).launch(
            global: count,
            arguments: [.count(vectors.taskCount), .count(vectors.valuesPerTask)] + place(vectors.entries) + [
                .buffer(vectors.entries.buffer), .buffer(rows),
            ])
        return rows
    }

    private func pack(_ rows: Buffer, into vectors: Vectors<Buffer>) throws(ComputeError) {
        try kernel("pack_rows", in: .products, order: 0).launch(
            global: rows.count,
            arguments: [.count(vectors.taskCount), .count(vectors.valuesPerTask)] + place(vectors.entries) + [
                .buffer(rows), .buffer(vectors.entries.buffer),
            ])
    }
}
