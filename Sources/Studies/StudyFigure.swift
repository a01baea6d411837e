/// What one figure of a study's report shows: one metric of every method, in panels side by side.
struct StudyFigure: Sendable {
    let metric: Int
    let panels: [FigurePanel]
    /// Combinations of other factors that have no panel.
    let omittedPanels: Int

    /// More panels than this do not help a reader.
    static let mostPanels = 12
}

/// The cells of one panel and what tells them apart.
struct FigurePanel: Sendable {
    enum Axis: Sendable, Equatable {
        /// A factor whose values are numbers, by its place among the study's.
        case numbers(Int)
        /// A factor whose values are names.
        case names(Int)
        /// One cell: only the methods differ.
        case methods
    }

    let axis: Axis
    /// Along the axis.
    let cells: [Int]
    /// What else the grid's block varies, and has one value of here.
    let fixed: [Int]
}

extension Study {
    /// The figures of a report: for each metric, each block of the grid and each numeric factor that has a curve there,
    /// the other factors of the block a panel each of their combinations. Blocks that give one panel each share a figure.
    var figures: [StudyFigure] {
        var layouts: [(panels: [FigurePanel], omitted: Int)] = []
        for block in blocks {
            let own = axes(of: block).map { panels(of: block, along: $0) }
            if own.count == 1, own[0].panels.count == 1, own[0].omitted == 0, let last = layouts.last,
                last.omitted == 0, last.panels.allSatisfy(\.fixed.isEmpty)
            {
                layouts[layouts.count - 1].panels += own[0].panels
            } else {
                layouts += own
            }
        }
        return metrics.indices.flatMap { metric in
            layouts.map { StudyFigure(metric: metric, panels: $0.panels, omittedPanels: $0.omitted) }
        }
    }

    /// The factors that the block has several values of.
    private func varied(in block: StudyBlock) -> [Int] {
        factors.indices.filter { block.paths.contains(factors[$0].path) && values(of: $0, in: block.cells).count > 1 }
    }

    /// Each value once, as cells have them.
    private func values(of factor: Int, in cells: some Sequence<Int>) -> [String] {
        var seen: Set<String> = []
        return cells.map { self.cells[$0].values[factor] }.filter { seen.insert($0).inserted }
    }

    private func axes(of block: StudyBlock) -> [FigurePanel.Axis] {
        let varied = varied(in: block)
        let numeric = varied.filter { factor in
            values(of: factor, in: block.cells).allSatisfy { Double($0)?.isFinite ?? false }
        }
        // Two points are no curve, unless there is no better.
        let curves = numeric.filter { values(of: $0, in: block.cells).count > 2 }
        if !numeric.isEmpty { return (curves.isEmpty ? numeric : curves).map { .numbers($0) } }
        let named = varied.max { values(of: $0, in: block.cells).count < values(of: $1, in: block.cells).count }
        return [named.map { .names($0) } ?? .methods]
    }

    private func panels(
        of block: StudyBlock, along axis: FigurePanel.Axis
    ) -> (panels: [FigurePanel], omitted: Int) {
        let fixed = varied(in: block).filter { axis != .numbers($0) && axis != .names($0) }
        var groups: [[String]: [Int]] = [:]
        var order: [[String]] = []
        for cell in block.cells {
            let key = fixed.map { cells[cell].values[$0] }
            if groups[key] == nil { order.append(key) }
            groups[key, default: []].append(cell)
        }
        var shown = order
        if order.count > StudyFigure.mostPanels {
            let base = fixed.map { factors[$0].base }
            shown = [order.contains(base) ? base : order[0]]
        }
        let panels = shown.map { key in
            FigurePanel(axis: axis, cells: sorted(groups[key] ?? [], along: axis), fixed: fixed)
        }
        return (panels, order.count - shown.count)
    }

    private func sorted(_ cells: [Int], along axis: FigurePanel.Axis) -> [Int] {
        guard case .numbers(let factor) = axis else { return cells }
        return cells.sorted { number(of: factor, in: $0) < number(of: factor, in: $1) }
    }

    /// What a cell has of a factor whose values are numbers.
    func number(of factor: Int, in cell: Int) -> Double { Double(cells[cell].values[factor]) ?? .nan }

    /// `rows`, or `strength of MOLAR` for a method's option.
    func title(of factor: Int) -> String {
        let path = factors[factor].path
        return path.count > 2 && path[0] == "methods"
            ? "\(path[2...].joined(separator: ".")) of \(path[1])" : factors[factor].name
    }
}

extension Metric {
    /// In words, for the axis of a figure.
    var title: String {
        let measured =
            switch kind {
            case .meanL1: "mean ℓ1 error"
            case .meanL2: "mean ℓ2 error"
            case .maxL1: "largest ℓ1 error"
            case .maxL2: "largest ℓ2 error"
            case .prediction: "prediction error"
            case .coverage: "coverage"
            case .length: "length of intervals"
            case .missing: "share without coefficients"
            }
        return tasks == .all ? measured : "\(measured), \(tasks.rawValue)"
    }
}
