import ArgumentParser
import Methods
import Tables

/// `kindred compare`: which method predicts the user's own data best.
struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Compare methods by their error on rows that were held out.",
        discussion: """
            Deals the rows of each task out to folds, fits every method to all folds but one and predicts that one, in \
            turn. What a method gains over the first one, itl, is what the tasks gain from each other:

              kindred compare flights.csv.gz --task tailnum \\
                --formula "arr_delay ~ dep_delay + distance + hour"

            itl fits each task on its own rows, pool one model to all rows, ridge-zero and ridge-pool draw each task to \
            zero or to the pooled fit, molar-hard and molar-soft to the median of the tasks. armul, armul-clustered with \
            --clusters and armul-low-rank with --rank draw it to a centre by its whole distance, as 'kindred fit --method \
            armul' does; lasso, elastic-net, rm (a LASSO towards the tasks' trimmed mean) and ml (towards their median) keep \
            few coefficients that differ from zero or from that centre. These are compared where --methods names them. What a \
            method tunes it tunes for each fold by the \
            errors on the other folds. Standard errors are over tasks. Tasks that itl cannot fit are compared by the other \
            methods, in a table of their own. Everything is computed in double.

            With --family binomial or multinomial the error is the log loss, beside it the share of rows that are taken for \
            another class; with poisson it is the deviance. Methods then are itl, pool, those of armul and, but for \
            multinomial, those of molar; tasks without finite coefficients of their own are predicted by the pooled fit \
            under itl.
            """)

    @OptionGroup var input: InputOptions

    @Option(
        help: ArgumentHelp(
            """
            Which methods, apart by commas; the others are compared with the first. (default: itl to molar-soft; itl, pool \
            and armul of other families than gaussian)
            """, valueName: "names"),
        transform: MethodList.init(parsing:))
    var methods: MethodList?

    @Option(
        help: """
            What the response is: gaussian, any number; binomial, 0 and 1 or two labels; multinomial, a class of several; \
            poisson, a count.
            """)
    var family: FamilyName = .gaussian

    @Option(
        help: ArgumentHelp("armul-clustered: how many clusters; of several numbers the best.", valueName: "counts"),
        transform: CountList.init(parsing:))
    var clusters: CountList?

    @Option(
        help: ArgumentHelp("armul-low-rank: how many vectors; of several numbers the best.", valueName: "counts"),
        transform: CountList.init(parsing:))
    var rank: CountList?

    @Option(
        help: ArgumentHelp(
            """
            armul, lasso, elastic-net, rm, ml: the strengths to choose from, apart by commas. (default: ten multiples of the \
            noise)
            """,
            valueName: "numbers"),
        transform: StrengthList.init(parsing:))
    var strengths: StrengthList?

    @Option(
        help: "armul, lasso, elastic-net, rm, ml: free gives each task its own intercept, shared shrinks it as well.")
    var intercept: InterceptName = .free

    @Option(name: [.customLong("cv"), .customLong("folds")], help: ArgumentHelp("How many folds.", valueName: "count"))
    var folds = 5

    @Option(help: ArgumentHelp("Which rows are in which fold.", valueName: "number"))
    var seed: UInt64 = 1

    @Option(
        help: ArgumentHelp(
            "elastic-net: A in A |b| + (1 - A)/2 b^2. (default: 0.5)", valueName: "share"))
    var mixture: Double?

    @Flag(
        help: "Let the penalties of ridge, armul and the LASSO family act on the coefficients of standardized features."
    )
    var standardize = false

    @Option(name: .shortAndLong, help: ArgumentHelp("A .csv file for the table.", valueName: "file"))
    var output: String?

    @Flag(help: "Write the table as JSON.")
    var json = false

    @OptionGroup var place: PlaceOptions
    @OptionGroup var settings: RunOptions

    /// Those that are named, or the usual ones.
    var comparedMethods: [ComparedMethod] {
        methods?.methods ?? (family == .gaussian ? ComparedMethod.usual : [.itl, .pool, .armul])
    }

    /// Those that the family has, where it is not gaussian.
    private var methodsOfLoss: [ComparedMethod] {
        family == .multinomial ? ComparedMethod.ofAnyLoss : ComparedMethod.ofOneColumn
    }

    func validate() throws {
        try SharedTuningOptions.checkFolds(folds)
        if family != .gaussian,
            let other = comparedMethods.first(where: { !methodsOfLoss.contains($0) })
        {
            throw ValidationError(
                "--methods \(other.rawValue) is not for --family \(family.rawValue), which has "
                    + methodsOfLoss.map(\.rawValue).joined(separator: ", "))
        }
        for (method, name, values) in [
            (ComparedMethod.armulClustered, "--clusters", clusters), (.armulLowRank, "--rank", rank),
        ] {
            let isCompared = comparedMethods.contains(method)
            if isCompared, values == nil {
                throw ValidationError("\(method.rawValue) needs \(name), how many there are")
            }
            if !isCompared, values != nil {
                throw ValidationError("\(name) is for \(method.rawValue); name it after --methods")
            }
        }
        let tuned: [ComparedMethod] = [
            .armul, .armulClustered, .armulLowRank, .lasso, .elasticNet, .rm, .ml,
        ]
        if strengths != nil || intercept == .shared, !comparedMethods.contains(where: tuned.contains) {
            throw ValidationError(
                "--strengths and --intercept are for armul, lasso, elastic-net, rm and ml; name one after --methods")
        }
        if let mixture {
            guard comparedMethods.contains(.elasticNet) else {
                throw ValidationError("--mixture is for elastic-net; name it after --methods")
            }
            guard (0...1).contains(mixture) else {
                throw ValidationError("--mixture \(mixture): a share from 0 to 1 is needed")
            }
        }
        if json, output != nil { throw ValidationError("--json writes to standard output; leave -o out") }
        if let output, OutputFormat(path: output) != .tidy {
            throw ValidationError("-o \(output): the table is written as .csv")
        }
    }

    func run() throws { try Failure.translating { try CompareRun(command: self).run() } }
}

/// What `--methods` names.
struct MethodList {
    let methods: [ComparedMethod]

    init(parsing argument: String) throws {
        methods = try argument.split(separator: ",", omittingEmptySubsequences: false).map { name in
            guard let method = ComparedMethod(rawValue: String(name)) else {
                let known = ComparedMethod.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("'\(name)' is not one of \(known)")
            }
            return method
        }
        guard Set(methods).count == methods.count else { throw ValidationError("each method once") }
    }
}
