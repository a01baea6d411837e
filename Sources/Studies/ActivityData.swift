import Compute
import Tables

/// What people did, by the sensors they wore: the rows of each person, reduced to components, and whether they were sitting.
///
/// Components are `X V` with the first eigenvectors `V` of `X'X` over all rows: a singular value decomposition that is cut
/// off, without centring, as in the authors' programs.
package struct ActivityData: Sendable {
    /// A person a task.
    package let layout: TaskLayout
    /// Features in the file.
    package let featureCount: Int
    package let componentCount: Int
    /// `rowCount x componentCount`.
    let components: [Double]
    /// 1 where the activity is sitting.
    let responses: [Double]

    /// At most so many components.
    static var mostComponents: Int { 100 }
    /// The number of the activity that is told from the others.
    private static var sitting: Double { 4 }
    /// Of a person without so many rows no training set could be cut into folds.
    static var leastRows: Int { 6 }

    /// Reads a file of arrays: `X`, rows x features, with `activity` and `subject`.
    package static func read(
        _ path: String, parallel: Parallel, progress: @escaping TableReader.Progress
    ) throws(TableError) -> ColumnStore {
        let count = try ArrayColumns.count(of: "X", in: path)
        let columns = (0..<count).map { (name: "X\($0)", role: TableRequest.Role.numbers) }
        return try TableReader(
            path: path,
            request: TableRequest(task: "subject", columns: columns + [(name: "activity", role: .numbers)]),
            parallel: parallel, progress: progress
        ).read()
    }

    /// - Throws: ``TableError/Kind/data`` where the experiment cannot be run with what the file holds.
    package static func check(_ store: ColumnStore) throws {
        let source = store.sourceName
        if let (column, _) = zip(store.columns, store.firstNonFinite).first(where: { $0.1 != nil }) {
            throw TableError(.data, "\(source): column '\(column.name)' holds a number that is not finite")
        }
        let counts = store.layout.sampleCounts
        if let task = counts.firstIndex(where: { $0 < leastRows }) {
            throw TableError(
                .data,
                "\(source): subject '\(store.taskLabels[task])' has \(counts[task]) rows; every subject needs "
                    + "\(leastRows) at least, to hold some out and to cut the others into folds")
        }
        let responses = try responses(of: store)
        guard responses.contains(1), responses.contains(0) else {
            throw TableError(
                .data, "\(source): activity 4 (sitting) has to be that of some rows, and not of all")
        }
    }

    /// - Parameters:
    ///   - store: one that `check` has passed.
    ///   - reference: where the eigenvectors are found.
    package init<R: Backend<Double>>(_ store: ColumnStore, on reference: R) throws(ComputeError) {
        layout = store.layout
        let rowCount = layout.rowCount
        let features = store.columns.indices.filter { store.columns[$0].name.hasPrefix("X") }
        let width = features.count
        featureCount = width
        componentCount = min(Self.mostComponents, width)
        var values = Array(repeating: 0.0, count: rowCount * width)
        for (place, feature) in features.enumerated() {
            let column = try store.numbers(of: feature)
            for row in 0..<rowCount { values[row * width + place] = column[row] }
        }
        responses = try Self.responses(of: store)
        components = try Self.components(of: values, rowCount: rowCount, count: componentCount, on: reference)
    }

    private static func responses(of store: ColumnStore) throws(ComputeError) -> [Double] {
        guard let activity = store.column(named: "activity") else { preconditionFailure("a store as `read` makes it") }
        return try store.numbers(of: activity).map { $0 == sitting ? 1 : 0 }
    }

    private static func components<R: Backend<Double>>(
        of values: [Double], rowCount: Int, count: Int, on reference: R
    ) throws(ComputeError) -> [Double] {
        let width = values.count / max(1, rowCount)
        let vectors = try reference.makeVectors(taskCount: rowCount, width: width, zeroed: false)
        try reference.upload(values, into: vectors)
        let square = try reference.makeVectors(taskCount: 1, columnCount: width, width: width)
        try reference.crossProduct(of: vectors, vectors, weights: nil, into: square)
        let full = try reference.download(square)
        let gram = try reference.makeMatrices(taskCount: 1, order: width)
        try reference.upload(
            (0..<width).flatMap { row in full[row * width...row * width + row] }, into: gram.triangles)
        let system = try reference.makeEigenSystem(taskCount: 1, order: width)
        try reference.eigen(gram, into: system)
        // Eigenvalues ascend.
        let directions = try reference.download(system.vectors)
        let leading = (0..<count).flatMap { index in
            directions[(width - 1 - index) * width..<(width - index) * width]
        }
        let matrix = try reference.makeVectors(taskCount: 1, columnCount: count, width: width)
        try reference.upload(leading, into: matrix)
        let products = try reference.makeVectors(taskCount: rowCount, width: count, zeroed: false)
        try reference.matmul(vectors, matrix, into: products)
        return try reference.download(products)
    }
}
