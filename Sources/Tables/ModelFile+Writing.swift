public import Compute

extension ModelFile {
    /// Writes the model as JSON, one line a task after the lines that describe the fit.
    ///
    /// Doubles are written by the shortest decimal that reads back as the same bits; missing ones as null.
    ///
    /// - Parameter arrays: numbers that go with the coefficients, for other programs: they are not read back.
    /// - Throws: ``TableError`` of kind `cannotWrite`.
    public func write(
        to file: OutputFile, with arrays: [TaskArray] = [], parallel: Parallel
    ) throws(TableError) {
        precondition(arrays.allSatisfy { hasShape($0) }, "one number a task, or one a task and term")
        precondition(tasks.isConsistent(termCount: terms.count), "one entry a task, one number a task and term")
        precondition(structureFault == nil, "what is said of clusters, subspace and tuning is of these tasks")
        var head = OutputText()
        head.append("{\n")
        for member in description {
            head.append(json: member.name)
            head.append(": ")
            head.append(json: member.value)
            head.append(",\n")
        }
        head.append("\"tasks\": [\n")
        try file.write(head)
        let taskCount = tasks.labels.count
        let grain = max(1, 4096 / max(1, terms.count))
        try file.writeBlocks(of: taskCount, grain: grain, parallel: parallel) { range, text in
            for task in range {
                append(task, with: arrays, to: &text)
                text.append(task + 1 < taskCount ? ",\n" : "\n")
            }
        }
        try file.write("]\n}\n")
    }

    func hasShape(_ array: TaskArray) -> Bool {
        array.values.count == (array.isOfTerms ? tasks.coefficients.count : tasks.labels.count)
    }

    /// What the file says before its tasks.
    var description: [JsonValue.Member] {
        [
            .init("format", .integer(Self.format)), .init("kindred", .string(version)),
            .init("method", .string(method)), .init("formula", .string(formula)),
            .init("task_column", .string(taskColumn)), .init("response", .string(response)),
            .init("terms", .array(terms.map(JsonValue.string))),
            .init(
                "levels",
                .object(levels.sorted { $0.key < $1.key }.map { .init($0.key, .array($0.value.map(JsonValue.string))) })
            ), .init("settings", .object(settings)),
            .init(
                "center",
                center.map {
                    .object([
                        .init("coefficients", .array($0.coefficients.map { .number($0) })),
                        .init("std_errors", .array($0.standardErrors.map { .number($0) })),
                        .init("n", .integer($0.sampleCount)), .init("df", .number($0.degreesOfFreedom)),
                    ])
                } ?? .null),
        ] + structureMembers + [
            .init("summary", .object(summary)),
            .init(
                "provenance",
                .object([
                    .init("device", .string(provenance.device)), .init("precision", .string(provenance.precision)),
                    .init("notices", .array(provenance.notices.map(JsonValue.string))),
                    .init("seed", provenance.seed.map { .integer($0) } ?? .null),
                    .init("timings", .object(provenance.timings)),
                ])),
        ]
    }

    private func append(_ task: Int, with arrays: [TaskArray], to text: inout OutputText) {
        text.append("{\"task\": ")
        text.append(json: tasks.labels[task])
        text.append(", \"n\": ")
        text.append(tasks.sampleCounts[task])
        text.append(", \"df\": ")
        let freedom = tasks.degreesOfFreedom[task]
        if freedom.isFinite { text.append(count: freedom) } else { text.append("null") }
        text.append(", \"status\": \"")
        text.append(tasks.statuses[task].name)
        text.append("\"")
        if case .collinear(let feature) = tasks.statuses[task], terms.indices.contains(feature) {
            text.append(", \"collinear_term\": ")
            text.append(json: terms[feature])
        }
        if let clusters { text.append(", \"cluster\": \(clusters.labels[task])") }
        if let subspace {
            text.append(", \"loadings\": ")
            append(subspace.loadings, of: task, count: subspace.basis.count, to: &text)
        }
        if !tasks.coefficients.isEmpty {
            text.append(", \"coefficients\": ")
            append(tasks.coefficients, of: task, count: terms.count, to: &text)
            text.append(", \"std_errors\": ")
            append(tasks.standardErrors, of: task, count: terms.count, to: &text)
        }
        for array in arrays {
            text.append(", \"\(array.name)\": ")
            if array.isOfTerms {
                append(array.values, of: task, count: terms.count, to: &text)
            } else {
                text.append(json: array.values[task])
            }
        }
        text.append("}")
    }

    /// Appends those of `count` numbers a task that are this task's.
    private func append(_ numbers: [Double], of task: Int, count: Int, to text: inout OutputText) {
        text.append("[")
        for place in 0..<count {
            if place > 0 { text.append(", ") }
            text.append(json: numbers[task * count + place])
        }
        text.append("]")
    }
}

extension ModelFile.Tasks {
    /// Whether there is one entry a task, and one number a task and term or none at all.
    func isConsistent(termCount: Int) -> Bool {
        let count = labels.count
        return sampleCounts.count == count && degreesOfFreedom.count == count && statuses.count == count
            && (coefficients.isEmpty || coefficients.count == count * termCount)
            && standardErrors.count == coefficients.count
    }
}
