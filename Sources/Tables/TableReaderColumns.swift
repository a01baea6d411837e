/// Where the columns of a request are found: in the file, and among the columns that are parsed.
struct TableReaderColumns {
    /// A column of the store.
    struct Column: Equatable {
        var name: String
        /// Its place among the record's fields.
        var place: Int
        var holdsNumbers: Bool
        /// Its place among the parsed columns of numbers, or among those of labels.
        var slot = 0
    }

    /// The store's columns, each name at most once with numbers and once with labels, as the request first names them.
    private(set) var columns: [Column] = []
    /// The task's place among the parsed columns of labels.
    let taskSlot = 0
    private let taskPlace: Int
    private let missing: MissingTexts
    private var fields: [TablePlan.Field] = []
    private var numberCount = 0
    private var labelCount = 1

    /// - Parameters:
    ///   - place: where the column with a name is found; throws where there is none, or two.
    ///   - holdText: for ascending places of fields and what is missing, whether each column holds text.
    /// - Throws: ``TableError/Kind/data`` when the file has no such column, or two of one name.
    init(
        _ request: TableRequest, place: (String) throws(TableError) -> Int,
        holdText: ([Int], MissingTexts) throws(TableError) -> [Bool]
    ) throws(TableError) {
        missing = MissingTexts(request.missing)
        taskPlace = try place(request.task)
        var places: [Int] = []
        for column in request.columns { places.append(try place(column.name)) }
        let needed = Set(zip(request.columns, places).filter { !$0.0.role.mayMiss }.map(\.1) + [taskPlace])

        var inferred: Set<Int> = []
        for (column, place) in zip(request.columns, places) where column.role == .infer { inferred.insert(place) }
        let asked = inferred.sorted()
        let answers = asked.isEmpty ? [] : try holdText(asked, missing)
        var textPlaces: Set<Int> = []
        for (place, holdsText) in zip(asked, answers) where holdsText { textPlaces.insert(place) }

        var byPlace = [taskPlace: TablePlan.Field(index: taskPlace, labelSlot: taskSlot)]
        for (column, place) in zip(request.columns, places) {
            let holdsNumbers =
                switch column.role {
                case .numbers, .numbersIfAny: true
                case .labels, .labelsIfAny: false
                case .infer: !textPlaces.contains(place)
                }
            var field = byPlace[place] ?? TablePlan.Field(index: place, mayMiss: !needed.contains(place))
            if holdsNumbers, field.numberSlot < 0 {
                field.numberSlot = numberCount
                numberCount += 1
            }
            if !holdsNumbers, field.labelSlot < 0 {
                field.labelSlot = labelCount
                labelCount += 1
            }
            byPlace[place] = field
            let entry = Column(
                name: column.name, place: place, holdsNumbers: holdsNumbers,
                slot: holdsNumbers ? field.numberSlot : field.labelSlot)
            if !columns.contains(entry) { columns.append(entry) }
        }
        fields = byPlace.values.sorted { $0.index < $1.index }
    }

    /// What to take from each row.
    ///
    /// - Parameter names: those of the columns, by their places.
    func plan(source: String, names: [String], keepsInputRows: Bool) -> TablePlan {
        TablePlan(
            source: source, fields: fields, names: fields.map { names[$0.index] }, numberCount: numberCount,
            labelCount: labelCount, missing: missing, keepsInputRows: keepsInputRows)
    }
}
