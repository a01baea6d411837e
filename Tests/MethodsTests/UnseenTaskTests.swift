import Methods
import Testing

@Suite("A task that a fit has not seen")
struct UnseenTaskTests {
    private static let columns: [[Double]] = [[1, 2, 0, -1, 3], [0, 1, 1, 2, -1]]

    @Test("joins the centre of the least squared error; rows without a response or a prediction say nothing")
    func nearest() {
        let task = UnseenTask(responses: [1, .nan, 2, 100])
        #expect(task.nearestCenter(predictions: [[0, 0, 0, .nan], [1, 50, 1, 100]]) == 1)
        #expect(task.nearestCenter(predictions: [[1, 0, 1, 0], [1, 0, 1, 0]]) == 0)
        #expect(task.nearestCenter(predictions: [[.nan, 0, 1, 0], [1, 0, .nan, .infinity]]) == nil)
    }

    @Test("finds the combination that its responses are, with an intercept or without", arguments: [0.0, 3])
    func combination(intercept: Double) throws {
        let responses = (0..<5).map { intercept + 2 * Self.columns[0][$0] - 0.5 * Self.columns[1][$0] }
        let found = try #require(
            UnseenTask(responses: responses).combination(of: Self.columns, hasIntercept: intercept != 0))
        // Some roundings of numbers below 10, and the condition of the columns is below 4.
        let tolerance = 64 * 10 * Double.ulpOfOne
        #expect(abs(found.intercept - intercept) <= tolerance)
        #expect(abs(found.loadings[0] - 2) <= tolerance && abs(found.loadings[1] + 0.5) <= tolerance)
    }

    @Test("what is left of the responses is orthogonal to the columns")
    func normalEquations() throws {
        let responses = [1.0, -2, 0.5, 4, 3]
        let found = try #require(UnseenTask(responses: responses).combination(of: Self.columns, hasIntercept: true))
        let left = (0..<5).map { row in
            responses[row] - found.intercept - found.loadings[0] * Self.columns[0][row]
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
}
