import ArgumentParser
import Compute
import Studies
import Tables

/// `kindred sweep`: simulation studies.
struct SweepCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sweep",
        abstract: "Runs a simulation study: many settings, many replications, several methods.",
        discussion: """
            A study is a TOML file: how data are drawn, which methods fit them, what is measured, and a grid of any of \
            these. docs/studies.md describes it.

              kindred sweep run study.toml -o results
              kindred sweep run study.toml -o results --resume     # after a kill: goes on where it was
              kindred sweep status results
            """,
        subcommands: [SweepRunCommand.self, SweepStatusCommand.self, SweepMergeCommand.self, SweepSlurmCommand.self])
}

/// `kindred sweep run`.
struct SweepRunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Runs a study, or a part of it, into a folder.")

    @Argument(help: "The study, a TOML file.")
    var study: String

    @Option(name: .shortAndLong, help: ArgumentHelp("The folder for the results.", valueName: "folder"))
    var output: String

    @Flag(help: "Go on with results that are in the folder.")
    var resume = false

    @Option(
        help: ArgumentHelp(
            "Run the I-th of N parts; 'auto' takes them from SLURM_ARRAY_TASK_ID and SLURM_ARRAY_TASK_COUNT.",
            valueName: "I/N"))
    var shard: ShardName?

    @Option(
        help: ArgumentHelp(
            "Stop after so long with exit code 75, to be resumed: 90 (seconds), 30m, 12h.", valueName: "time"))
    var timeLimit: TimeLimit?

    @Option(help: ArgumentHelp("At most so many tasks at a time; results do not depend on it.", valueName: "count"))
    var batchTasks: Int?

    @Option(help: "How data are made, if not as the study says: moments or rows.")
    var draw: DrawName?

    @Flag(help: "Write the results as arrays, results.npz, instead of results.csv.")
    var npz = false

    @OptionGroup var place: DeviceOptions
    @OptionGroup var settings: RunOptions

    func validate() throws {
        if let batchTasks, batchTasks < 1 {
            throw ValidationError("--batch-tasks \(batchTasks): at least one is needed")
        }
    }

    func run() throws {
        try Failure.translating {
            try SweepRun(
                study: Study(path: study, draw: draw), folder: StudyFolder(path: output), resuming: resume,
                shard: shard?.shard() ?? StudyShard(), timeLimit: timeLimit, batchTasks: batchTasks, asArrays: npz,
                place: place, settings: settings
            ).run()
        }
    }
}

/// `kindred sweep status`.
struct SweepStatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Says how much of a study is done.")

    @Argument(help: "The folder of the results.")
    var folder: String

    func run() throws {
        try Failure.translating {
            let folder = StudyFolder(path: folder)
            let study = try folder.study()
            let status = try SweepStatus(of: study, in: folder)
            let table = TextTable(
                corner: "cell", header: study.factorNames + ["done"], names: study.cells.map { "\($0.index + 1)" },
                fields: zip(study.cells, status.byCell).map { $0.factorValues + [counted($1)] })
            try OutputFile.show(
                table.text
                    + """

                    \(counted(status.finished)) of \(counted(status.total)) replications are done, \
                    \(counted(study.replicationCount)) of each cell are asked for

                    """)
        }
    }
}

/// `kindred sweep merge`.
struct SweepMergeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge", abstract: "Puts the results of a study's parts into one folder.")

    @Argument(help: "The folders of the parts.")
    var folders: [String]

    @Option(name: .shortAndLong, help: ArgumentHelp("The folder for all of them.", valueName: "folder"))
    var output: String

    @Flag(help: "Write the results as arrays, results.npz, instead of results.csv.")
    var npz = false

    func run() throws {
        try Failure.translating {
            let parts = folders.map { StudyFolder(path: $0) }
            let study = try parts[0].study()
            let folder = StudyFolder(path: output)
            try folder.merge(parts, of: study)
            let status = try SweepStatus(of: study, in: folder)
            try folder.writeTables(of: study, asArrays: npz, parallel: Parallel())
            try folder.writeRuns(of: study)
            guard status.isComplete else {
                throw Failure(
                    code: Failure.dataCode,
                    "\(counted(status.total - status.finished)) of \(counted(status.total)) replications are in none of "
                        + "these folders; run the missing parts and merge again")
            }
            Messages(isQuiet: false, isVerbose: false).note(
                "results: \(npz ? folder.arraysPath : folder.resultsPath), \(folder.summaryPath)")
        }
    }
}

/// `kindred sweep slurm`.
struct SweepSlurmCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "slurm", abstract: "Prints an array script with which a Slurm cluster runs a study in parts.",
        discussion: """
              kindred sweep slurm study.toml -o results --parts 20 > study.sbatch
              sbatch study.sbatch
            """)

    @Argument(help: "The study, a TOML file.")
    var study: String

    @Option(name: .shortAndLong, help: ArgumentHelp("The folder for the results.", valueName: "folder"))
    var output: String

    @Option(help: "How many parts, each a task of the array.")
    var parts = 10

    @Option(help: ArgumentHelp("The time that each part is given: 90 (seconds), 30m, 12h.", valueName: "time"))
    var time = TimeLimit(seconds: 3600)

    func validate() throws {
        if parts < 1 { throw ValidationError("--parts \(parts): at least one is needed") }
    }

    func run() throws {
        try Failure.translating {
            let study = try Study(path: study)
            try OutputFile.show(script(name: study.name))
        }
    }

    /// Each part is a folder of its own; one that runs out of time can be queued again.
    private func script(name: String) -> String {
        let minutes = max(1, (time.seconds + 59) / 60)
        let limit = max(1, time.seconds - min(120, time.seconds / 10))
        let part = "\(output)/part-$SLURM_ARRAY_TASK_ID"
        return """
            #!/bin/bash
            #SBATCH --job-name=\(name.map { $0.isLetter || $0.isNumber ? String($0) : "-" }.joined())
            #SBATCH --array=1-\(parts)
            #SBATCH --time=\(minutes)
            # Submit again what ends with code 75: it goes on where it was. When all parts are done:
            #   kindred sweep merge "\(output)"/part-* -o "\(output)/all"
            set -eu
            mkdir -p "\(output)"
            exec kindred sweep run "\(self.study)" -o "\(part)" --resume --shard auto --time-limit \(limit)

            """
    }
}

extension DrawName: ExpressibleByArgument {}
