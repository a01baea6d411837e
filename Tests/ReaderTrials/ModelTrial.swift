import Compute
import Tables

/// Model files, read as `predict` reads them, and what predictions from them need of a small table.
enum ModelTrial {
    private static let table = Array("task,y,x,g\na,1,2,p\nb,3,4,q\na,5,6,r\n".utf8)

    static func verdict(on bytes: [UInt8], in folder: TrialFolder) -> ReaderTrial.Verdict {
        let path = folder.write(bytes)
        let model: ModelFile
        do throws(TableError) {
            model = try ModelFile(readingFrom: path)
        } catch {
            return ReaderTrial.Verdict(error, naming: path)
        }
        if let fault = faultOfWriting(model, in: folder) { return .broken(fault) }
        let formula: Formula
        do throws(TableError) {
            formula = try Formula(parsing: model.formula)
        } catch {
            return ReaderTrial.Verdict(error, of: .usage, naming: "formula '")
        }
        do throws(TableError) {
            let columns = formula.predictors(levels: model.levels).map { variable in
                (name: variable.name, role: variable.content == .labels ? TableRequest.Role.labels : .numbers)
            }
            let reader = TableReader(
                path: folder.write(table), request: TableRequest(task: "task", columns: columns, keepsInputRows: true),
                parallel: Parallel(threadCount: 1))
            FormulaTrial.read(try Design(formula: formula, levels: model.levels, store: try reader.read()))
            return .read
        } catch {
            return ReaderTrial.Verdict(error)
        }
    }

    /// What is wrong unless a model that is written and read again is the same.
    private static func faultOfWriting(_ model: ModelFile, in folder: TrialFolder) -> String? {
        do {
            let bytes = try folder.output { path in
                let file = try OutputFile(path: path)
                try model.write(to: file, parallel: Parallel(threadCount: 1))
                try file.finish()
            }
            return try ModelFile(bytes: bytes, source: "output") == model
                ? nil : "written and read, it is another model"
        } catch {
            return "what was read cannot be written and read again: \(error)"
        }
    }
}
