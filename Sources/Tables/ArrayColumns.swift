/// What a file of arrays holds, before any of it is read.
package enum ArrayColumns {
    /// The number of columns of an array of two dimensions.
    ///
    /// - Throws: ``TableError`` when the file cannot be opened, holds no arrays, or none like that by this name.
    package static func count(of array: String, in path: String) throws(TableError) -> Int {
        let file = try InputFile(path: path)
        guard let format = try ArrayFormat(of: file) else {
            throw .data(file.name, "found no NumPy arrays; an .npz file is needed, as np.savez(file, X=...) writes it")
        }
        return try NpzCatalog(file, format).columnCount(ofTable: array)
    }
}
