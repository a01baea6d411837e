import Compute

extension ModelFile {
    /// Clusters of tasks, each with a centre of its own.
    public struct Clusters: Sendable, Equatable {
        /// For each cluster one coefficient a term.
        public var centers: [[Double]]
        /// The cluster of each task, from 0.
        public var labels: [Int]

        public init(centers: [[Double]], labels: [Int]) {
            self.centers = centers
            self.labels = labels
        }

        public static func == (left: Clusters, right: Clusters) -> Bool {
            left.labels == right.labels && isSame(left.centers, right.centers)
        }
    }

    /// Vectors that tasks' centres are combinations of.
    public struct Subspace: Sendable, Equatable {
        /// For each vector one coefficient a term, 0 for one that tasks have to themselves.
        public var basis: [[Double]]
        /// What each task's centre has of each vector, ordered by task.
        public var loadings: [Double]

        public init(basis: [[Double]], loadings: [Double]) {
            self.basis = basis
            self.loadings = loadings
        }

        public static func == (left: Subspace, right: Subspace) -> Bool {
            isSame(left.basis, right.basis) && isSame(left.loadings, right.loadings)
        }
    }

    /// The penalties that were tried, with their errors on rows held out.
    public struct Tuning: Sendable, Equatable {
        /// May be infinite, but is never missing.
        public var penalties: [Double]
        public var errors: [Double]
        public var standardErrors: [Double]
        /// How many clusters or vectors there were at each, where several numbers were tried; else none.
        public var sizes: [Int]
        /// The place of the one that was taken.
        public var chosen: Int

        public init(penalties: [Double], errors: [Double], standardErrors: [Double], sizes: [Int], chosen: Int) {
            self.penalties = penalties
            self.errors = errors
            self.standardErrors = standardErrors
            self.sizes = sizes
            self.chosen = chosen
        }

        public static func == (left: Tuning, right: Tuning) -> Bool {
            left.penalties == right.penalties && left.sizes == right.sizes && left.chosen == right.chosen
                && isSame(left.errors, right.errors) && isSame(left.standardErrors, right.standardErrors)
        }
    }

    /// What sizes in the tuning are called.
    var sizeName: String { clusters == nil ? "rank" : "clusters" }

    /// What is wrong with the clusters, the subspace and the tuning, if anything is.
    var structureFault: String? {
        let taskCount = tasks.labels.count
        if let clusters, !clusters.isConsistent(taskCount: taskCount, termCount: terms.count) {
            return "\"clusters\" are none of \(taskCount) tasks and \(terms.count) terms"
        }
        if let subspace, !subspace.isConsistent(taskCount: taskCount, termCount: terms.count) {
            return "\"subspace\" is none of \(taskCount) tasks and \(terms.count) terms"
        }
        if let tuning, !tuning.isConsistent { return "\"tuning\" has not one error a penalty, or none that was chosen" }
        return nil
    }
}

extension ModelFile.Clusters {
    fileprivate func isConsistent(taskCount: Int, termCount: Int) -> Bool {
        labels.count == taskCount && labels.allSatisfy { centers.indices.contains($0) }
            && centers.allSatisfy { $0.count == termCount }
    }
}

extension ModelFile.Subspace {
    fileprivate func isConsistent(taskCount: Int, termCount: Int) -> Bool {
        loadings.count == taskCount * basis.count && basis.allSatisfy { $0.count == termCount }
    }
}

extension ModelFile.Tuning {
    fileprivate var isConsistent: Bool {
        let count = penalties.count
        return errors.count == count && standardErrors.count == count && (sizes.isEmpty || sizes.count == count)
            && penalties.indices.contains(chosen) && penalties.allSatisfy { $0 >= 0 }
    }
}

// MARK: As JSON

extension ModelFile {
    /// The members of the JSON that stand before the tasks, where there is something to say.
    var structureMembers: [JsonValue.Member] {
        var members: [JsonValue.Member] = []
        func vectors(_ vectors: [[Double]]) -> JsonValue { .array(vectors.map { .numbers($0) }) }
        if let clusters { members.append(.init("clusters", .object([.init("centers", vectors(clusters.centers))]))) }
        if let subspace { members.append(.init("subspace", .object([.init("basis", vectors(subspace.basis))]))) }
        if let tuning {
            members.append(
                .init(
                    "tuning",
                    .object(
                        (tuning.sizes.isEmpty ? [] : [.init(sizeName, .array(tuning.sizes.map { .integer($0) }))]) + [
                            .init("penalty", .numbers(tuning.penalties)), .init("error", .numbers(tuning.errors)),
                            .init("std_error", .numbers(tuning.standardErrors)),
                            .init("chosen", .integer(tuning.chosen)),
                        ])))
        }
        return members
    }

    /// Takes in the members that `structureMembers` made, and what each task has of them.
    mutating func readStructure(
        _ members: [String: JsonValue], labels: [Int], loadings: [Double], source: String
    ) throws(TableError) {
        if members["clusters"] != nil {
            let centers = try members.member("clusters", "list of centers", source: source) { $0["centers"]?.vectors }
            clusters = Clusters(centers: centers, labels: labels)
        }
        if members["subspace"] != nil {
            let basis = try members.member("subspace", "list of vectors", source: source) { $0["basis"]?.vectors }
            subspace = Subspace(basis: basis, loadings: loadings)
        }
        if members["tuning"] != nil {
            tuning = try members.member("tuning", "list of penalties", source: source) { value -> Tuning? in
                guard let penalties = value["penalty"]?.numbers, let errors = value["error"]?.numbers,
                    let standardErrors = value["std_error"]?.numbers, let chosen = value["chosen"]?.int
                else { return nil }
                let sizes = (value["clusters"] ?? value["rank"])?.array
                let counts = sizes?.compactMap(\.int) ?? []
                guard counts.count == sizes?.count ?? 0 else { return nil }
                return Tuning(
                    // JSON has no infinity.
                    penalties: penalties.map { $0.isNaN ? .infinity : $0 }, errors: errors,
                    standardErrors: standardErrors, sizes: counts, chosen: chosen)
            }
        }
        if let structureFault { throw Self.damaged(source, structureFault) }
    }
}

extension JsonValue {
    fileprivate static func numbers(_ numbers: [Double]) -> JsonValue { .array(numbers.map { .number($0) }) }

    /// Lists of numbers.
    fileprivate var vectors: [[Double]]? {
        guard let array else { return nil }
        let vectors = array.compactMap(\.numbers)
        return vectors.count == array.count ? vectors : nil
    }
}

// MARK: As arrays

extension ModelFile {
    func writeStructure(to archive: inout NpzWriter) throws(TableError) {
        if let clusters {
            try archive.write("cluster", shape: [clusters.labels.count], integers: clusters.labels)
            try archive.write(
                "cluster_centers", shape: [clusters.centers.count, terms.count],
                numbers: clusters.centers.flatMap { $0 })
        }
        if let subspace {
            try archive.write(
                "subspace_basis", shape: [subspace.basis.count, terms.count], numbers: subspace.basis.flatMap { $0 })
            try archive.write(
                "loadings", shape: [tasks.labels.count, subspace.basis.count], numbers: subspace.loadings)
        }
        if let tuning {
            let shape = [tuning.penalties.count]
            if !tuning.sizes.isEmpty {
                try archive.write("tuning_\(sizeName)", shape: shape, integers: tuning.sizes)
            }
            try archive.write("tuning_penalty", shape: shape, numbers: tuning.penalties)
            try archive.write("tuning_error", shape: shape, numbers: tuning.errors)
            try archive.write("tuning_std_error", shape: shape, numbers: tuning.standardErrors)
            try archive.write("tuning_chosen", shape: [], integers: [tuning.chosen])
        }
    }

    /// Takes in the arrays that `writeStructure` wrote.
    mutating func readStructure(from archive: ModelArchive) throws(TableError) {
        func vectors(_ name: String, atMost limit: Int) throws(TableError) -> [[Double]] {
            let shape = try archive.shape(name)
            // No more memory than a vector takes is asked for because the shape says so.
            guard shape.count == 2, shape[0] <= limit, shape[1] == terms.count else {
                throw archive.damaged("\"\(name)\" has a shape that it has in no model of \(terms.count) terms")
            }
            let values = try archive.numbers(name, shape: shape)
            return (0..<shape[0]).map { Array(values[$0 * shape[1]..<($0 + 1) * shape[1]]) }
        }
        let taskCount = tasks.labels.count
        if archive.has("cluster") {
            clusters = Clusters(
                centers: try vectors("cluster_centers", atMost: max(1, taskCount)),
                labels: try archive.counts("cluster", shape: [taskCount]))
        }
        if archive.has("subspace_basis") {
            let basis = try vectors("subspace_basis", atMost: terms.count)
            subspace = Subspace(
                basis: basis, loadings: try archive.numbers("loadings", shape: [taskCount, basis.count]))
        }
        if archive.has("tuning_penalty") {
            let shape = try archive.shape("tuning_penalty")
            tuning = Tuning(
                penalties: try archive.numbers("tuning_penalty", shape: shape),
                errors: try archive.numbers("tuning_error", shape: shape),
                standardErrors: try archive.numbers("tuning_std_error", shape: shape),
                sizes: archive.has("tuning_\(sizeName)") ? try archive.counts("tuning_\(sizeName)", shape: shape) : [],
                chosen: try archive.integer("tuning_chosen"))
        }
        if let structureFault { throw archive.damaged(structureFault) }
    }
}
