/// A label to look up: it is equal to another only if all their bytes are.
///
/// `String` takes an accented letter and the same letter with an accent after it for one; a table does not.
package struct LabelKey: Hashable, Sendable {
    private let label: String

    package init(_ label: String) { self.label = label }

    package static func == (first: LabelKey, second: LabelKey) -> Bool {
        first.label.utf8.elementsEqual(second.label.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        var label = label
        label.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
