import Tables
import Testing

@Suite("Numbers from bytes")
struct ReaderNumberTests {
    private func number(_ text: String) -> Double? {
        let bytes = Array(text.utf8) + Array(repeating: UInt8(0), count: 16)
        return bytes.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.flatMap { NumberParser.number($0, count: text.utf8.count) }
        }
    }

    @Test(
        "are the nearest double, as the standard library reads them",
        arguments: [
            "0", "-0", "1", "+1", "00012", "1.", ".5", "-.5", "3.14159", "9007199254740993", "9007199254740992.5",
            "0.1", "1e22", "1e23", "-1e-22", "1E5", "1e+5", "1e-5", "123456789012345678", "0.12345678901234567",
            "18446744073709551615", "18446744073709551616", "99999999999999999999", "1.7976931348623157e308",
            "2.2250738585072014e-308", "2.2250738585072011e-308", "4.9e-324", "2.4e-324", "1e-400", "1e400",
            "0.000000000000000000000000000012345678901234567", "12345678901234567890123456789012345678901234567890.",
            "8.41e21", "7.3177701707893310e+15", "9214843084008499", "0.500000000000000166533453693773481063544750213",
            "1.00000000000000011102230246251565404236316680908203125", "0e999999999999", "1e-0", "12345678.87654321",
            "30078505129381147446200", "1.448997445238699", "5e-27", "18446744073709551615e-27",
        ])
    func nearest(text: String) throws {
        let expected = try #require(Double(text))
        #expect(number(text)?.bitPattern == expected.bitPattern)
    }

    @Test("are the nearest double at random digits, points and exponents")
    func random() throws {
        var random = ReaderRandom(state: 11)
        var wrong: [String] = []
        for _ in 0..<100_000 {
            var text = Bool.random(using: &random) ? "-" : ""
            let digits = Int.random(in: 1...22, using: &random)
            let point = Int.random(in: 0...digits, using: &random)
            for place in 0..<digits {
                if place == point { text += "." }
                text += String(Int.random(in: 0...9, using: &random))
            }
            if Int.random(in: 0..<3, using: &random) == 0 { text += "e\(Int.random(in: -30...30, using: &random))" }
            let expected = try #require(Double(text))
            if number(text)?.bitPattern != expected.bitPattern { wrong.append(text) }
        }
        #expect(wrong.isEmpty)
    }

    @Test("survive being written and read back")
    func roundTrip() {
        var random = ReaderRandom(state: 12)
        let values = (0..<50_000).map { _ in Double(bitPattern: random.next()) }.filter(\.isFinite)
        let wrong = values.filter { number("\($0)")?.bitPattern != $0.bitPattern }
        #expect(wrong.isEmpty)
    }

    @Test("may spell infinity and no number in any case")
    func nonFinite() {
        #expect(number("inf") == .infinity)
        #expect(number("-INF") == -.infinity)
        #expect(number("+Infinity") == .infinity)
        #expect(number("NaN")?.isNaN == true)
        #expect(number("-nan")?.isNaN == true)
    }

    @Test("may have blanks around them", arguments: [" 1.5", "1.5 ", "\t1.5 \t"])
    func blanks(text: String) { #expect(number(text) == 1.5) }

    @Test(
        "are not found in other text",
        arguments: [
            "", " ", "-", "+", ".", "e5", "1e", "1e+", "1 2", "1,5", "0x10", "--1", "+-1", "1.2.3", "infi", "nano",
            "1a", "NA", "-.", "1_000", "١",
        ])
    func notNumbers(text: String) { #expect(number(text) == nil) }
}
