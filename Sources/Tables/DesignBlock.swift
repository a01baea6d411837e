import Compute

/// The design's columns for a few rows at a time: numbers read, expressions evaluated, codes translated.
struct DesignBlock: ~Copyable {
    /// Rows that are read and evaluated at once: few enough for a core's cache, enough for long loops.
    static let capacity = 1024

    private let plan: DesignPlan
    private let store: ColumnStore
    /// Places of `capacity` values each: the inputs, the expressions' results, a coded response, one feature, the stack.
    private let places: UnsafeMutablePointer<Double>
    private let codes: UnsafeMutablePointer<UInt32>
    private let featurePlace: Int
    private(set) var rowCount = 0

    init(_ plan: DesignPlan, store: ColumnStore) {
        self.plan = plan
        self.store = store
        featurePlace = plan.inputs.count + plan.expressions.count + 1
        let depth = plan.expressions.map(\.depth).max() ?? 0
        places = .allocate(capacity: (featurePlace + 1 + depth) * Self.capacity)
        codes = .allocate(capacity: (plan.factors.count + 1) * Self.capacity)
    }

    deinit {
        places.deallocate()
        codes.deallocate()
    }

    /// Makes the block hold these rows of the store, at most `capacity` of them.
    mutating func load(_ rows: Range<Int>) throws(ComputeError) {
        rowCount = rows.count
        for (place, column) in plan.inputs.enumerated() {
            try store.readNumbers(column: column, rows: rows, into: values(at: place))
        }
        for (index, expression) in plan.expressions.enumerated() {
            let stack = values(at: featurePlace + 1)
            expression.evaluate(inputs: places, stride: Self.capacity, count: rowCount, into: stack)
            values(at: plan.inputs.count + index).update(from: stack, count: rowCount)
        }
        for (index, factor) in plan.factors.enumerated() {
            let destination = codes + index * Self.capacity
            try store.readCodes(column: factor.storeColumn, rows: rows, into: destination)
            guard let levelOfCode = factor.levelOfCode else { continue }
            for row in 0..<rowCount { destination[row] = levelOfCode[Int(destination[row])] }
        }
        try codeResponse(rows)
    }

    /// Writes the response's codes to their place.
    private func codeResponse(_ rows: Range<Int>) throws(ComputeError) {
        let coded = values(at: featurePlace - 1)
        switch plan.responseCoding {
        case .numbers: return
        case .signs:
            guard let place = plan.response else { return }
            let source = values(at: place)
            for row in 0..<rowCount { coded[row] = source[row] == -1 ? 0 : source[row] }
        case .values(let known):
            guard let place = plan.response else { return }
            let source = values(at: place)
            for row in 0..<rowCount {
                let place = source[row].isFinite ? known.partitioningIndex(for: source[row]) : known.count
                coded[row] = place < known.count && known[place] == source[row] ? Double(place) : .nan
            }
        case .labels(let column):
            let own = codes + plan.factors.count * Self.capacity
            try store.readCodes(column: column, rows: rows, into: own)
            for row in 0..<rowCount { coded[row] = Double(own[row]) }
        case .classes(let column, let classOfCode):
            let own = codes + plan.factors.count * Self.capacity
            try store.readCodes(column: column, rows: rows, into: own)
            for row in 0..<rowCount { coded[row] = classOfCode[Int(own[row])] }
        }
    }

    /// The values of one feature, valid until the next call. A label that is no level makes them NaN.
    mutating func feature(_ index: Int) -> UnsafePointer<Double> {
        let feature = plan.features[index]
        if feature.indicators.isEmpty, feature.numbers.count == 1 {
            return UnsafePointer(values(at: feature.numbers[0]))
        }
        let product = values(at: featurePlace)
        if let first = feature.numbers.first {
            product.update(from: values(at: first), count: rowCount)
            for place in feature.numbers.dropFirst() {
                let factor = values(at: place)
                for row in 0..<rowCount { product[row] *= factor[row] }
            }
        } else {
            product.update(repeating: 1, count: rowCount)
        }
        for indicator in feature.indicators {
            let levels = codes + indicator.factor * Self.capacity
            for row in 0..<rowCount { product[row] *= levels[row] == indicator.level ? 1 : 0 }
            guard plan.factors[indicator.factor].levelOfCode != nil else { continue }
            for row in 0..<rowCount where levels[row] == DesignPlan.Factor.unknown { product[row] = .nan }
        }
        return UnsafePointer(product)
    }

    /// The values of the response, which the plan must have: coded, if it says how.
    func response() -> UnsafePointer<Double> {
        if case .numbers = plan.responseCoding {} else { return UnsafePointer(values(at: featurePlace - 1)) }
        guard let place = plan.response else { preconditionFailure("a design made for prediction has no response") }
        return UnsafePointer(values(at: place))
    }

    /// Room for one more column, of use until the next call of `feature`.
    var scratch: UnsafeMutablePointer<Double> { values(at: featurePlace) }

    private func values(at place: Int) -> UnsafeMutablePointer<Double> { places + place * Self.capacity }
}

extension [Double] {
    /// The place of the first of these ascending values that is not below another.
    fileprivate func partitioningIndex(for value: Double) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
