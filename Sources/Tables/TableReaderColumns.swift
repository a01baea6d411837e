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
    private let missing: CsvMissingTexts
    private var fields: [CsvPlan.Field] = []
    private var numberCount = 0
    private var labelCount = 1

    /// - Parameter holdText: for ascending places of fields and what is missing, whether each column holds text.
    /// - Throws: ``TableError/Kind/data`` when the file has no such column, or two of one name.
    init(
        _ request: TableRequest, header: CsvHeader,
        holdText: ([Int], CsvMissingTexts) throws(TableError) -> [Bool]
    ) throws(TableError) {
        missing = CsvMissingTexts(request.missing)
        taskPlace = try header.place(of: request.task)
        var places: [Int] = []
        for column in request.columns { places.append(try header.place(of: column.name)) }

        var inferred: Set<Int> = []
        for (column, place) in zip(request.columns, places) where column.role == .infer { inferred.insert(place) }
        let asked = inferred.sorted()
        let answers = asked.isEmpty ? [] : try holdText(asked, missing)
        var textPlaces: Set<Int> = []
        for (place, holdsText) in zip(asked, answers) where holdsText { textPlaces.insert(place) }

        var byPlace = [taskPlace: CsvPlan.Field(index: taskPlace, labelSlot: taskSlot)]
        for (column, place) in zip(request.columns, places) {
            let holdsNumbers =
                switch column.role {
                case .numbers: true
                case .labels: false
                case .infer: !textPlaces.contains(place)
                }
            var field = byPlace[place] ?? CsvPlan.Field(index: place)
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

    /// What to take from each record.
    func plan(for header: CsvHeader, delimiter: UInt8, keepsInputRows: Bool) -> CsvPlan {
        CsvPlan(
            source: header.source, delimiter: delimiter, fieldCount: header.names.count, fields: fields,
            names: fields.map { header.names[$0.index] }, numberCount: numberCount, labelCount: labelCount,
            missing: missing, keepsInputRows: keepsInputRows)
    }
}
