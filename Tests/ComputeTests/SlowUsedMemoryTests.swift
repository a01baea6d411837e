import Compute
import TestSupport
import Testing

@Suite("memory used before")
struct SlowUsedMemoryTests {
    /// Large enough for every backend to keep it, in either scalar.
    static let taskCount = 140_000
    static let width = 8

    @Test("is zero when made, or where not zeroed has zeros in lanes without a task", arguments: Candidate.all)
    func reused(candidate: Candidate) throws {
        try candidate.run {
            try check($0)
        } float: {
            try check($0)
        }
    }

    private func check<B: Backend>(_ backend: B) throws {
        func leaveNaNs() throws {
            let vectors = try backend.makeVectors(taskCount: Self.taskCount, width: Self.width, zeroed: false)
            try backend.upload(Array(repeating: .nan, count: Self.taskCount * Self.width), into: vectors)
            try backend.synchronize()
        }
        try leaveNaNs()
        do {
            let zeros = try backend.makeVectors(taskCount: Self.taskCount, width: Self.width)
            #expect(try backend.download(zeros).allSatisfy { $0 == 0 })
        }
        try leaveNaNs()
        let taskCount = Self.taskCount - 3
        let ones = try backend.makeVectors(taskCount: taskCount, width: Self.width, zeroed: false)
        try backend.upload(Array(repeating: 1, count: taskCount * Self.width), into: ones)
        let sum = try backend.makeVectors(taskCount: 1, width: 1)
        let column = Vectors(taskCount: taskCount, width: 1, entries: ones.entries)
        try backend.weightedSum(of: column, weights: column, into: sum)
        #expect(try backend.download(sum) == [Double(taskCount)])
    }
}
