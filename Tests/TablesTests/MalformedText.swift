/// Tables of text that are damaged, or strange: case `number` is always the same.
struct MalformedText {
    private var malformer: Malformer

    static func bytes(_ number: Int, seed: UInt64) -> [UInt8] {
        let whole = Array("\u{FEFF}task,y,x,\"g\"\r\na,1,2,p\n\nb,-3.5,1e-3,\"q\"\"\n\"\r\na,NA, 7 ,\r\n".utf8)
        // The first cases are one table that ends too early, at every place.
        if number <= whole.count { return Array(whole.prefix(number)) }
        var text = MalformedText(
            malformer: Malformer(
                seed: seed, number: number,
                tokens: [
                    "task,y,x,g\n", ",", "\t", "\"", "\"\"", "\",\"", "NA", "nan", "-inf", "1e999", "\n\n", "\r\"",
                ]))
        return text.make()
    }

    private mutating func make() -> [UInt8] {
        var bytes = malformer.isOnce(in: 50) ? long() : table()
        if malformer.isOnce(in: 2) { malformer.damage(&bytes) }
        guard malformer.isOnce(in: 4) else { return bytes }
        var packed = zipped(bytes, .gzip)
        if malformer.isOnce(in: 4) { packed += zipped(table(), .gzip) }
        if malformer.isOnce(in: 8) { packed += [UInt8](repeating: 0, count: malformer.below(600)) }
        if malformer.isOnce(in: 2) { malformer.damage(&packed, times: 1...2) }
        return packed
    }

    /// A table that may be read: in any style, of rows that may be incomplete.
    private mutating func table() -> [UInt8] {
        let delimiter = malformer.isOnce(in: 4) ? "\t" : ","
        var order =
            ["task", "y", "x", "g"] + ["", "extra", "x"].prefix(malformer.isOnce(in: 3) ? malformer.below(4) : 0)
        order.shuffle(using: &malformer.random)
        var text = malformer.isOnce(in: 8) ? "\u{FEFF}" : ""
        text += order.joined(separator: delimiter) + lineEnd()
        let hasWords = malformer.isOnce(in: 3)
        for _ in 0..<malformer.below(30) {
            text += order.map { field($0, hasWords: hasWords) }.joined(separator: delimiter) + lineEnd()
        }
        return Array(text.utf8)
    }

    private mutating func lineEnd() -> String { malformer.choice(["\n", "\n", "\n", "\r\n", "\n\n", "\r\n\r\n"]) }

    private mutating func field(_ name: String, hasWords: Bool) -> String {
        if malformer.isOnce(in: 60) { return malformer.choice(["", "NA", " ", "\"\"", "nan", "?", "\"a\nb\""]) }
        switch name {
        case "task": return malformer.choice(["a", "b", "10", "9", "\"c, d\"", "ä", " e "])
        case "g": return malformer.choice(["p", "q", "\"r \"\"s\"\"\"", "\"\n\"", "längeres Wort"])
        case "y" where hasWords: return malformer.choice(["red", "green", "red", "1"])
        default:
            return malformer.isOnce(in: 100) ? malformer.choice(Malformer.extremes) : "\(malformer.below(2000) - 1000)"
        }
    }

    /// What is long where a table is short: a field, a line of names, empty lines, one label after another.
    private mutating func long() -> [UInt8] {
        let count = 1 << (8 + malformer.below(13))
        let part = malformer.choice([
            "a", ",", "\"\"", "\n", "\r\n", "0", "9", "é", "task,", "a,1,2,p\n", "\",\n\"", "\t",
        ])
        let run = String(repeating: part, count: max(1, count / part.utf8.count))
        return Array(
            malformer.choice([
                "task,y,x,g\n\(run)", "task,y,x,g,\(run)\na,1,2,p\n", run, "task,y,x,g\na,1,2,\"\(run)\n",
            ]).utf8)
    }
}
