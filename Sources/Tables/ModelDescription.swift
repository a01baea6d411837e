/// What a model's file says of the fit as a whole and has in JSON, whatever the file's format.
struct ModelDescription {
    let response: String
    let levels: [String: [String]]
    let settings: [JsonValue.Member]
    let summary: [JsonValue.Member]
    let provenance: ModelFile.Provenance

    /// Reads an object.
    init(from reader: inout JsonReader, source: String) throws(TableError) {
        var members: [String: JsonValue] = [:]
        try reader.object { reader, name throws(TableError) in members[name] = try reader.value() }
        try self.init(members, source: source)
    }

    init(_ members: [String: JsonValue], source: String) throws(TableError) {
        response = try members.member("response", "name", source: source, \.string)
        settings = try members.member("settings", "map", source: source, \.members)
        summary = try members.member("summary", "map", source: source, \.members)
        levels = try members.member("levels", "map from variables to names", source: source) {
            value -> [String: [String]]? in
            guard let members = value.members else { return nil }
            var levels: [String: [String]] = [:]
            for member in members {
                guard let names = member.value.strings else { return nil }
                levels[member.name] = names
            }
            return levels
        }
        provenance = try members.member("provenance", "description of a run", source: source) {
            value -> ModelFile.Provenance? in
            guard let device = value["device"]?.string, let precision = value["precision"]?.string else { return nil }
            return ModelFile.Provenance(
                device: device, precision: precision, notices: value["notices"]?.strings ?? [],
                seed: value["seed"]?.uint64, timings: value["timings"]?.members ?? [])
        }
    }
}

extension [String: JsonValue] {
    /// A member, made into what it should be.
    func member<Result>(
        _ name: String, _ kind: String, source: String, _ value: (JsonValue) -> Result?
    ) throws(TableError) -> Result {
        guard let found = self[name] else { throw ModelFile.damaged(source, "there is no \"\(name)\"") }
        guard let value = value(found) else { throw ModelFile.damaged(source, "\"\(name)\" is no \(kind)") }
        return value
    }
}

extension JsonValue {
    /// Nil unless it is an array of strings.
    package var strings: [String]? {
        guard let array else { return nil }
        let strings = array.compactMap(\.string)
        return strings.count == array.count ? strings : nil
    }
}
