import ArgumentParser
import Compute
import Tables

/// `kindred predict`: applies a fitted model to new rows.
struct PredictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Predict the response of new rows from a fitted model.",
        usage: "kindred predict [<options>] <model> <table>",
        discussion: """
            Reads a model that 'kindred fit' wrote as .json or .npz and a table with the columns of its formula, and writes \
            one line a row of the table, in its order: row, task, prediction. A row with missing values has no \
            prediction. Of a binomial or multinomial model the prediction is the likeliest class, and behind it stand \
            probabilities: p_CLASS of the second of two classes, or of each.

            A task that the model has not seen is predicted from the centre. Where the model has clusters and the table \
            the response, the task's rows say which cluster it joins: that whose centre has the least squared error. \
            Where tasks are combinations of vectors, its own is the least-squares one. Rows without a response say \
            nothing of that, and are predicted all the same; a task of too few others is predicted from the mean of all \
            tasks' centres, and so is every one with --new-tasks centre.

              kindred fit train.csv --task school --formula "score ~ ses" -o model.json
              kindred predict model.json new.csv -o predictions.csv
            """)

    @Argument(help: "The model: a .json or .npz file of 'kindred fit'.")
    var model: String

    @Argument(help: "The table: .csv, .tsv, also .gz, or - for standard input; .npz or .npy.")
    var table: String

    @Option(
        help: ArgumentHelp(
            """
            Tasks that the model has no coefficients for: predicted from the centre (what the tasks share), left \
            missing, or an error. (default: by the rows of the task where the model has clusters or vectors and the table \
            the response; else centre where the method has one, else error)
            """, valueName: "policy"))
    var newTasks: NewTasks?

    @Option(
        help: ArgumentHelp(
            "Texts that stand for a missing value, apart by commas. (default: those of the fit)", valueName: "texts"))
    var na: String?

    @Option(
        name: .shortAndLong, help: ArgumentHelp("Where the predictions go: a .csv or .npz file.", valueName: "file"))
    var output: String?

    @OptionGroup var settings: RunOptions

    func validate() throws {
        if let output, ![.tidy, .archive].contains(OutputFormat(path: output)) {
            throw ValidationError("-o \(output): predictions are written as .csv or .npz")
        }
    }

    func run() throws { try Failure.translating { try PredictRun(self).run() } }
}

/// What becomes of rows whose task the model has no coefficients for.
enum NewTasks: String, ExpressibleByArgument, CaseIterable {
    case centre, missing, error
}
