extension PublishedExperiment {
    /// One method's errors are below another's, as the paper says of its figure.
    struct Order: Sendable {
        let better: String
        let worse: String
        /// Where the paper says so: for some factors the values that it is about, as a study has them.
        var settings: [String: [String]] = [:]
    }
}

/// How often an order of two methods was found.
public struct ReproducedOrder: Sendable {
    public let better: String
    public let worse: String
    /// The settings it was looked for in.
    public let settingCount: Int
    /// Those where it was not found, as `tasks 5, rows 5000`.
    public let exceptions: [String]
}

extension PublishedExperiment {
    /// How often the paper's orders were found in a part's study, by the first metric's means.
    public func orders(in study: Study, _ folder: StudyFolder) throws -> [ReproducedOrder] {
        let moments = try folder.moments(of: study)
        return orders.map { order in
            let cells = study.cells.filter { cell in
                zip(study.factorNames, cell.factorValues).allSatisfy { name, value in
                    order.settings[name]?.contains(value) ?? true
                }
            }
            let others = cells.filter { cell in
                func mean(_ label: String) -> Double {
                    guard let method = cell.methods.firstIndex(where: { $0.label == label }) else {
                        preconditionFailure("\(study.name) has no \(label)")
                    }
                    return moments[cell.index][method * study.metrics.count].mean
                }
                return !(mean(order.better) < mean(order.worse))
            }
            return ReproducedOrder(
                better: order.better, worse: order.worse, settingCount: cells.count,
                exceptions: others.map { cell in
                    zip(study.factorNames, cell.factorValues).map { "\($0) \($1)" }.joined(separator: ", ")
                })
        }
    }
}
