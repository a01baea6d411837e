/// An option of `kindred reproduce` that not every experiment has.
enum ReproduceOption: String, CaseIterable {
    case part = "--part"
    case quick = "--quick"
    case printStudy = "--print-study"
    case draw = "--draw"
    case output = "-o"
    case data = "--data"
    case splits = "--splits"
    case mode = "--mode"
}

extension ReproduceCommand {
    /// The options of experiments that are simulation studies.
    static let studyOptions: Set<ReproduceOption> = [.part, .quick, .printStudy, .draw, .output]

    /// Those that were given.
    var givenOptions: [ReproduceOption] {
        ReproduceOption.allCases.filter { option in
            switch option {
            case .part: part != nil
            case .quick: quick
            case .printStudy: printStudy
            case .draw: draw != nil
            case .output: output != nil
            case .data: data != nil
            case .splits: splits != nil
            case .mode: mode != nil
            }
        }
    }
}
