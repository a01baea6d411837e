import Glibc

/// An arithmetic expression as a list of steps on a stack, each step taken for a whole block of rows at once.
struct DesignExpression: Sendable {
    private enum Step: Sendable {
        case number(Double)
        /// Copies an input column.
        case input(Int)
        case binary(FormulaExpression.Operator)
        case square
        case negative
        case call(FormulaExpression.Function)
    }

    private let steps: [Step]
    /// The number of stack places, each a block of rows, that evaluating takes.
    let depth: Int

    /// - Parameter input: the place of a column among the inputs.
    init(_ expression: FormulaExpression, input: (String) -> Int) {
        var steps: [Step] = []
        depth = Self.append(expression, to: &steps, input: input)
        self.steps = steps
    }

    /// Returns the number of stack places that the steps for `expression` take.
    private static func append(
        _ expression: FormulaExpression, to steps: inout [Step], input: (String) -> Int
    ) -> Int {
        switch expression {
        case .number(let value, _):
            steps.append(.number(value))
            return 1
        case .column(let name):
            steps.append(.input(input(name)))
            return 1
        case .parentheses(let inner), .call(.identity, let inner): return append(inner, to: &steps, input: input)
        case .negative(let operand):
            let depth = append(operand, to: &steps, input: input)
            steps.append(.negative)
            return depth
        case .call(let function, let argument):
            let depth = append(argument, to: &steps, input: input)
            steps.append(.call(function))
            return depth
        case .binary(.power, let base, .number(2, _)):
            let depth = append(base, to: &steps, input: input)
            steps.append(.square)
            return depth
        case .binary(let sign, let left, let right):
            let leftDepth = append(left, to: &steps, input: input)
            let rightDepth = append(right, to: &steps, input: input)
            steps.append(.binary(sign))
            return max(leftDepth, 1 + rightDepth)
        }
    }

    /// Writes the expression's values for `count` rows into the first of the `depth` places of `stack`.
    ///
    /// - Parameters:
    ///   - inputs: the input columns, `stride` apart.
    ///   - stack: `depth` places, `stride` apart.
    func evaluate(
        inputs: UnsafePointer<Double>, stride: Int, count: Int, into stack: UnsafeMutablePointer<Double>
    ) {
        var top = stack - stride
        for step in steps {
            switch step {
            case .number(let value):
                top += stride
                top.update(repeating: value, count: count)
            case .input(let index):
                top += stride
                top.update(from: inputs + index * stride, count: count)
            case .square: for row in 0..<count { top[row] *= top[row] }
            case .negative: for row in 0..<count { top[row] = -top[row] }
            case .call(.log): for row in 0..<count { top[row] = log(top[row]) }
            case .call(.exp): for row in 0..<count { top[row] = exp(top[row]) }
            case .call(.sqrt): for row in 0..<count { top[row] = top[row].squareRoot() }
            case .call(.identity): break
            case .binary(let sign):
                let right = top
                top -= stride
                Self.combine(top, sign, right, count: count)
            }
        }
    }

    private static func combine(
        _ left: UnsafeMutablePointer<Double>, _ sign: FormulaExpression.Operator, _ right: UnsafePointer<Double>,
        count: Int
    ) {
        switch sign {
        case .add: for row in 0..<count { left[row] += right[row] }
        case .subtract: for row in 0..<count { left[row] -= right[row] }
        case .multiply: for row in 0..<count { left[row] *= right[row] }
        case .divide: for row in 0..<count { left[row] /= right[row] }
        case .power: for row in 0..<count { left[row] = pow(left[row], right[row]) }
        }
    }
}
