import Compute
import Definitions
import Methods
import TestSupport
import Testing

@Suite("A task that a fit has not seen")
struct UnseenTaskTests {
    private static let columns: [[Double]] = [[1, 2, 0, -1, 3], [0, 1, 1, 2, -1]]

    @Test("joins the centre of the least squared error; rows without a response or a prediction say nothing")
    func nearest() {
        let task = UnseenTask(responses: [1, .nan, 2, 100])
        #expect(task.nearestCenter(predictors: [[0, 0, 0, .nan], [1, 50, 1, 100]]) == 1)
        #expect(task.nearestCenter(predictors: [[1, 0, 1, 0], [1, 0, 1, 0]]) == 0)
        #expect(task.nearestCenter(predictors: [[.nan, 0, 1, 0], [1, 0, .nan, .infinity]]) == nil)
    }

    @Test("finds the combination that its responses are, with an intercept or without", arguments: [0.0, 3])
    func combination(intercept: Double) throws {
        let responses = (0..<5).map { intercept + 2 * Self.columns[0][$0] - 0.5 * Self.columns[1][$0] }
        let found = try #require(
            UnseenTask(responses: responses).combination(of: Self.columns, hasIntercept: intercept != 0))
        // Some roundings of numbers below 10, and the condition of the columns is below 4.
        let tolerance = 64 * 10 * Double.ulpOfOne
        #expect(abs(found.intercepts[0] - intercept) <= tolerance)
        #expect(abs(found.loadings[0] - 2) <= tolerance && abs(found.loadings[1] + 0.5) <= tolerance)
    }

    @Test("what is left of the responses is orthogonal to the columns")
    func normalEquations() throws {
        let responses = [1.0, -2, 0.5, 4, 3]
        let found = try #require(UnseenTask(responses: responses).combination(of: Self.columns, hasIntercept: true))
        let left = (0..<5).map { row in
            responses[row] - found.intercepts[0] - found.loadings[0] * Self.columns[0][row]
                - found.loadings[1] * Self.columns[1][row]
        }
        #expect(left.contains { abs($0) > 0.1 })
        for column in Self.columns + [Array(repeating: 1, count: 5)] {
            #expect(abs(zip(left, column).reduce(0) { $0 + $1.0 * $1.1 }) <= 64 * 20 * Double.ulpOfOne)
        }
    }

    @Test("has no combination with too few rows, or where a column is one of the others")
    func undetermined() {
        let few = UnseenTask(responses: [1, 2, 3, .nan, .nan])
        #expect(few.combination(of: Self.columns, hasIntercept: true) == nil)
        #expect(few.combination(of: Self.columns, hasIntercept: false) != nil)
        let whole = UnseenTask(responses: [1, 2, 3, 4, 5])
        #expect(whole.combination(of: [Self.columns[0], Self.columns[0]], hasIntercept: false) == nil)
        #expect(whole.combination(of: [[1, 1, 1, 1, 1]], hasIntercept: true) == nil)
    }

    // MARK: Other losses

    /// Twenty rows of two vectors, a predictor a row and column, with a response of the model.
    private static func rows(_ model: LossModel) -> (predictors: [[Double]], responses: [Double]) {
        var stream = TestStream(seed: 11)
        let predictors = (0..<2).map { _ in (0..<20 * model.columns).map { _ in 2 * stream.symmetric() } }
        let responses = (0..<20).map { row -> Double in
            let own = row * model.columns..<(row + 1) * model.columns
            let eta = own.map { 0.3 * Double($0 % model.columns) + predictors[0][$0] - predictors[1][$0] / 2 }
            return model.draw(eta, (stream.symmetric() + 1) / 2)
        }
        return (predictors, responses)
    }

    @Test("joins the centre whose predictors have the least loss", arguments: SlowLossARMULTests.models)
    func leastLoss(model: LossModel) {
        let (predictors, responses) = Self.rows(model)
        let losses = predictors.map { own in
            responses.indices.reduce(0) {
                $0
                    + model.definition.value(
                        Array(own[$1 * model.columns..<($1 + 1) * model.columns]), responses[$1])
            }
        }
        let task = UnseenTask(responses: responses, loss: model.loss)
        #expect(task.nearestCenter(predictors: predictors) == (losses[0] <= losses[1] ? 0 : 1))
        #expect(task.nearestCenter(predictors: predictors.reversed()) == (losses[0] < losses[1] ? 1 : 0))
        // Responses that the loss does not know say nothing.
        let odd = UnseenTask(responses: responses.map { _ in -1 }, loss: model.loss)
        #expect(odd.nearestCenter(predictors: predictors) == nil)
    }

    @Test(
        "no slope is left at the loadings, with intercepts or without", arguments: SlowLossARMULTests.models,
        [true, false])
    func slopes(model: LossModel, hasIntercept: Bool) throws {
        let (predictors, responses) = Self.rows(model)
        let found = try #require(
            UnseenTask(responses: responses, loss: model.loss).combination(of: predictors, hasIntercept: hasIntercept))
        #expect(found.intercepts.count == model.columns && found.loadings.count == 2)
        #expect(hasIntercept || found.intercepts.allSatisfy { $0 == 0 })
        var (loadingSlopes, interceptSlopes) = ([0.0, 0.0], found.intercepts.map { _ in 0.0 })
        for (row, response) in responses.enumerated() {
            let first = row * model.columns
            let eta = (0..<model.columns).map { column in
                found.intercepts[column] + found.loadings[0] * predictors[0][first + column]
                    + found.loadings[1] * predictors[1][first + column]
            }
            for (column, mean) in model.definition.means(eta).enumerated() {
                let expected = model.columns == 1 ? response : response == Double(column) ? 1 : 0
                interceptSlopes[column] += mean - expected
                for vector in 0..<2 { loadingSlopes[vector] += (mean - expected) * predictors[vector][first + column] }
            }
        }
        // The last step moved no predictor by more than 1e-8, and steps double their digits: twenty rows of means below 20.
        let tolerance = 1e-9
        #expect(loadingSlopes.allSatisfy { abs($0) <= tolerance }, "\(loadingSlopes)")
        if hasIntercept { #expect(interceptSlopes.allSatisfy { abs($0) <= tolerance }, "\(interceptSlopes)") }
    }

    @Test("rows without a least loss at finite loadings have none")
    func separated() {
        let vector: [[Double]] = [[-2, -1, 0, 1, 2, 3]]
        func combination(_ responses: [Double], _ loss: Loss, hasIntercept: Bool = true) -> UnseenTask.Combination? {
            UnseenTask(responses: responses, loss: loss).combination(of: vector, hasIntercept: hasIntercept)
        }
        #expect(combination([0, 0, 0, 1, 1, 1], .logistic) == nil)
        // All rows but those at 0 are on their side.
        #expect(combination([0, 0, 1, 1, 1, 1], .logistic, hasIntercept: false) == nil)
        #expect(combination([1, 1, 1, 1, 1, 1], .logistic) == nil)
        #expect(combination([0, 1, 0, 1, 0, 1], .logistic) != nil)
        #expect(combination([0, 0, 0, 0, 0, 0], .poisson) == nil)
        #expect(combination([0, 0, 0, 0, 0, 7], .poisson) == nil)
        #expect(combination([0, 1, 0, 2, 900, 5000], .poisson) != nil)
        #expect(combination([.nan, .nan, 1, 2, .nan, .nan], .poisson) == nil)
        let classes = UnseenTask(responses: [0, 0, 1, 1, 0, 1], loss: .softmax(classCount: 3))
        let spread = [(0..<18).map { Double($0 * 7 % 5) }]
        // No row is of the third class.
        #expect(classes.combination(of: spread, hasIntercept: true) == nil)
    }
}
