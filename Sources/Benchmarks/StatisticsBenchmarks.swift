internal import Compute

struct WeightedSumOperation: TaskOperation {
    var name: String { "weighted sum" }
    func cost(width d: Double) -> (values: Double, operations: Double) { (d + 1, 2 * d) }

    func prepare<B: Backend>(
        on backend: B, taskCount: Int, width: Int
    ) throws(ComputeError) -> () throws(ComputeError) -> Void {
        let vectors = try backend.normals(taskCount: taskCount, width: width)
        let weights = try backend.uniforms(taskCount: taskCount)
        let sum = try backend.makeVectors(taskCount: 1, width: width)
        return { () throws(ComputeError) in try backend.weightedSum(of: vectors, weights: weights, into: sum) }
    }
}

struct LabelSumOperation: TaskOperation {
    static let labelCount = 10
    var name: String { "weighted sum, \(Self.labelCount) labels" }
    func cost(width d: Double) -> (values: Double, operations: Double) { (d + 2, 2 * d) }

    func prepare<B: Backend>(
        on backend: B, taskCount: Int, width: Int
    ) throws(ComputeError) -> () throws(ComputeError) -> Void {
        let vectors = try backend.normals(taskCount: taskCount, width: width)
        let weights = try backend.uniforms(taskCount: taskCount)
        let labels = try backend.makeVectors(taskCount: taskCount, width: 1)
        try backend.upload((0..<taskCount).map { Double($0 * 7 % Self.labelCount) }, into: labels)
        let sums = try backend.makeVectors(taskCount: 1, columnCount: Self.labelCount, width: width)
        return { () throws(ComputeError) in
            try backend.weightedSum(of: vectors, weights: weights, labels: labels, into: sums)
        }
    }
}

struct GroupSumOperation: TaskOperation {
    static let tasksPerGroup = 100
    var name: String { "weighted sum, groups of \(Self.tasksPerGroup)" }
    func cost(width d: Double) -> (values: Double, operations: Double) {
        (d + 1 + d / Double(Self.tasksPerGroup), 2 * d)
    }

    func prepare<B: Backend>(
        on backend: B, taskCount: Int, width: Int
    ) throws(ComputeError) -> () throws(ComputeError) -> Void {
        let vectors = try backend.normals(taskCount: taskCount, width: width)
        let weights = try backend.uniforms(taskCount: taskCount)
        let groups = TaskGroups(
            stride(from: 0, to: taskCount, by: Self.tasksPerGroup).map {
                $0..<min($0 + Self.tasksPerGroup, taskCount)
            })
        let sums = try backend.makeVectors(taskCount: groups.count, width: width)
        return { () throws(ComputeError) in
            try backend.weightedSum(of: vectors, weights: weights, groups: groups, into: sums)
        }
    }
}

/// The weighted quantile of each coordinate over the tasks.
struct MedianOperation: TaskOperation {
    var isWeighted = true
    var name: String { isWeighted ? "weighted median" : "median" }

    func cost(width d: Double) -> (values: Double, operations: Double) {
        isWeighted ? (d + 1, 4 * d) : (d, 2 * d)
    }

    func prepare<B: Backend>(
        on backend: B, taskCount: Int, width: Int
    ) throws(ComputeError) -> () throws(ComputeError) -> Void {
        let vectors = try backend.normals(taskCount: taskCount, width: width)
        let weights = try backend.constants(1, taskCount: taskCount)
        if isWeighted {
            try backend.combine(
                backend.uniforms(taskCount: taskCount).scaled(by: 1), weights.scaled(by: 0.1), into: weights)
        }
        let median = try backend.makeVectors(taskCount: 1, width: width)
        return { () throws(ComputeError) in try backend.weightedMedian(of: vectors, weights: weights, into: median) }
    }
}

struct TrimmedMeanOperation: TaskOperation {
    var name: String { "trimmed mean" }
    func cost(width d: Double) -> (values: Double, operations: Double) { (d + 1, 4 * d) }

    func prepare<B: Backend>(
        on backend: B, taskCount: Int, width: Int
    ) throws(ComputeError) -> () throws(ComputeError) -> Void {
        let vectors = try backend.normals(taskCount: taskCount, width: width)
        let weights = try backend.constants(1, taskCount: taskCount)
        let mean = try backend.makeVectors(taskCount: 1, width: width)
        return { () throws(ComputeError) in
            try backend.trimmedMean(of: vectors, weights: weights, share: 0.1, into: mean)
        }
    }
}

struct NearestCenterOperation: TaskOperation {
    static let centerCount = 10
    var name: String { "nearest of \(Self.centerCount) centers" }

    func cost(width d: Double) -> (values: Double, operations: Double) {
        (d + 2, 3 * d * Double(Self.centerCount))
    }

    func prepare<B: Backend>(
        on backend: B, taskCount: Int, width: Int
    ) throws(ComputeError) -> () throws(ComputeError) -> Void {
        let vectors = try backend.normals(taskCount: taskCount, width: width)
        let centers = try backend.normals(taskCount: 1, columnCount: Self.centerCount, width: width, seed: 3)
        let distances = try backend.makeVectors(taskCount: taskCount, width: 1)
        let labels = try backend.makeVectors(taskCount: taskCount, width: 1)
        return { () throws(ComputeError) in
            try backend.nearestCenter(of: vectors, centers: centers, distances: distances, into: labels)
        }
    }
}

/// The product with one square matrix for all tasks.
struct MatmulOperation: TaskOperation {
    var name: String { "matmul" }
    func cost(width d: Double) -> (values: Double, operations: Double) { (2 * d, 2 * d * d) }

    func prepare<B: Backend>(
        on backend: B, taskCount: Int, width: Int
    ) throws(ComputeError) -> () throws(ComputeError) -> Void {
        let vectors = try backend.normals(taskCount: taskCount, width: width)
        let matrix = try backend.normals(taskCount: 1, columnCount: width, width: width, seed: 3)
        let products = try backend.makeVectors(taskCount: taskCount, width: width)
        return { () throws(ComputeError) in try backend.matmul(vectors, matrix, into: products) }
    }
}

struct CrossProductOperation: TaskOperation {
    var name: String { "cross product" }
    func cost(width d: Double) -> (values: Double, operations: Double) { (2 * d, 2 * d * d) }

    func prepare<B: Backend>(
        on backend: B, taskCount: Int, width: Int
    ) throws(ComputeError) -> () throws(ComputeError) -> Void {
        let x = try backend.normals(taskCount: taskCount, width: width)
        let y = try backend.normals(taskCount: taskCount, width: width, seed: 3)
        let sum = try backend.makeVectors(taskCount: 1, columnCount: width, width: width)
        return { () throws(ComputeError) in try backend.crossProduct(of: x, y, weights: nil, into: sum) }
    }
}

/// The projection of each task's vector, or of each coordinate's values over the tasks, onto the simplex.
struct SimplexOperation: TaskOperation {
    let isAcrossTasks: Bool
    var name: String { isAcrossTasks ? "simplex across tasks" : "simplex" }
    func cost(width d: Double) -> (values: Double, operations: Double) { (2 * d, 4 * d) }

    func prepare<B: Backend>(
        on backend: B, taskCount: Int, width: Int
    ) throws(ComputeError) -> () throws(ComputeError) -> Void {
        let vectors = try backend.normals(taskCount: taskCount, width: width)
        let points = try backend.makeVectors(taskCount: taskCount, width: width)
        guard isAcrossTasks else {
            return { () throws(ComputeError) in try backend.projectOntoSimplex(vectors, radius: 1, into: points) }
        }
        return { () throws(ComputeError) in
            try backend.projectOntoSimplex(acrossTasks: vectors, radius: 1, into: points)
        }
    }
}

/// Random words, uniforms or normals.
struct FillOperation: TaskOperation {
    enum Kind: String { case words, uniforms, normals }
    let kind: Kind
    var name: String { "random \(kind.rawValue)" }
    /// Some 80 operations on whole numbers make four words.
    func cost(width d: Double) -> (values: Double, operations: Double) { (d, 0) }

    func prepare<B: Backend>(
        on backend: B, taskCount: Int, width: Int
    ) throws(ComputeError) -> () throws(ComputeError) -> Void {
        let vectors = try backend.makeVectors(taskCount: taskCount, width: width)
        let stream = RandomStream(seed: 1, purpose: .check)
        return { () throws(ComputeError) in
            switch kind {
            case .words: try backend.fillWords(stream, into: vectors)
            case .uniforms: try backend.fillUniform(stream, into: vectors)
            case .normals: try backend.fillNormal(stream, into: vectors)
            }
        }
    }
}

/// Values from the host to the device, or back.
struct TransferOperation: TaskOperation {
    let isDownload: Bool
    var name: String { isDownload ? "download" : "upload" }
    func cost(width d: Double) -> (values: Double, operations: Double) { (2 * d, 0) }

    func prepare<B: Backend>(
        on backend: B, taskCount: Int, width: Int
    ) throws(ComputeError) -> () throws(ComputeError) -> Void {
        let vectors = try backend.normals(taskCount: taskCount, width: width)
        let values = try backend.download(vectors)
        guard isDownload else { return { () throws(ComputeError) in try backend.upload(values, into: vectors) } }
        return { () throws(ComputeError) in _ = try backend.download(vectors) }
    }
}
