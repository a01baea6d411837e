import Engine
import Testing

@Suite("Rounding check")
struct RoundingCheckTests {
    @Test("takes correctly rounded results, and not one last bit less")
    func lastBit() {
        let pairs = OpenCLBackend<Float>.pairs(count: 1000)
        let quotients = zip(pairs.a, pairs.b).map { $0 / $1 }
        let roots = pairs.a.map { $0.squareRoot() }
        #expect(OpenCLBackend<Float>.areRounded(quotients: quotients, roots: roots, of: pairs))
        var wrong = quotients
        wrong[617] = wrong[617].nextUp
        #expect(!OpenCLBackend<Float>.areRounded(quotients: wrong, roots: roots, of: pairs))
        wrong = roots
        wrong[999] = wrong[999].nextDown
        #expect(!OpenCLBackend<Float>.areRounded(quotients: quotients, roots: wrong, of: pairs))
    }

    @Test("draws its pairs over many exponents, with random mantissas")
    func pairs() {
        let pairs = OpenCLBackend<Double>.pairs(count: 1000)
        #expect(Set((pairs.a + pairs.b).map(\.significand)).count == 2000)
        #expect(Set(pairs.a.map(\.exponent)).count == 41)
    }
}
