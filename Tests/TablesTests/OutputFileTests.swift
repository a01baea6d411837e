import Compute
import Glibc
import Tables
import Testing

/// An empty folder that is removed at the end of its life.
final class OutputFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/kindred-tests-XXXXXX".utf8CString)
        path = try #require(mkdtemp(&template).map { String(cString: $0) })
    }

    deinit {
        for name in names { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    /// The names in it, sorted.
    var names: [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    func bytes(_ name: String) throws -> [UInt8] {
        let file = try #require(fopen("\(path)/\(name)", "r"))
        defer { fclose(file) }
        var bytes: [UInt8] = []
        while case let byte = fgetc(file), byte != EOF { bytes.append(UInt8(byte)) }
        return bytes
    }

    func text(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }

    func write(_ text: String, to name: String) throws {
        let file = try #require(fopen("\(path)/\(name)", "w"))
        fputs(text, file)
        fclose(file)
    }
}

@Suite("OutputFile")
struct OutputFileTests {
    @Test("holds what was written, in pieces of any size")
    func contents() throws {
        let folder = try OutputFolder()
        let file = try OutputFile(path: folder.path + "/out")
        var expected: [UInt8] = []
        for count in [0, 1, 100, 1 << 18, 3, (1 << 20) + 7, (1 << 18) - 1, 2, 5] {
            let piece = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ count) }
            try file.write(piece)
            expected += piece
        }
        try file.finish()
        #expect(try folder.bytes("out") == expected)
        #expect(folder.names == ["out"])
    }

    @Test("appears only when finished, and keeps the mode of what it replaces")
    func replacement() throws {
        let folder = try OutputFolder()
        try folder.write("before", to: "out")
        chmod(folder.path + "/out", 0o640)
        let file = try OutputFile(path: folder.path + "/out")
        try file.write("after")
        #expect(try folder.text("out") == "before")
        #expect(folder.names.count == 2)
        try file.finish()
        #expect(try folder.text("out") == "after")
        #expect(folder.names == ["out"])
        var status = stat()
        #expect(stat(folder.path + "/out", &status) == 0 && status.st_mode & 0o777 == 0o640)
    }

    @Test("leaves nothing behind when cancelled or given up", arguments: [true, false])
    func cancelled(explicitly: Bool) throws {
        let folder = try OutputFolder()
        try folder.write("before", to: "out")
        do {
            let file = try OutputFile(path: folder.path + "/out")
            try file.write([UInt8](repeating: 65, count: 1 << 20))
            if explicitly {
                file.cancel()
                file.cancel()
                #expect(throws: TableError.self) { try file.write([UInt8](repeating: 65, count: 1 << 20)) }
            }
        }
        #expect(folder.names == ["out"])
        #expect(try folder.text("out") == "before")
    }

    @Test("replaces the file that a link leads to and keeps the link")
    func link() throws {
        let folder = try OutputFolder()
        try folder.write("before", to: "real")
        #expect(symlink("real", folder.path + "/link") == 0)
        let file = try OutputFile(path: folder.path + "/link")
        try file.write("after")
        try file.finish()
        #expect(try folder.text("real") == "after")
        #expect(folder.names == ["link", "real"])
    }

    @Test("writes to devices directly")
    func device() throws {
        let file = try OutputFile(path: "/dev/null")
        try file.write("gone")
        try file.finish()
        var status = stat()
        #expect(stat("/dev/null", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
    }

    @Test("goes on where an open descriptor stands", arguments: ["/dev/fd/", "/proc/self/fd/"])
    func descriptor(folderOfNames: String) throws {
        let folder = try OutputFolder()
        try folder.write("before ", to: "out")
        for flags in [O_APPEND, 0] {
            let descriptor = open(folder.path + "/out", O_WRONLY | flags)
            defer { close(descriptor) }
            lseek(descriptor, 0, SEEK_END)
            let file = try OutputFile(path: "\(folderOfNames)\(descriptor)")
            try file.write("after ")
            try file.finish()
            #expect(write(descriptor, "end ", 4) == 4)
        }
        #expect(try folder.text("out") == "before after end after end ")
        #expect(folder.names == ["out"])
    }

    @Test("tells of a descriptor that is not open")
    func closedDescriptor() throws {
        let error = try #require(throws: TableError.self) { try OutputFile(path: "/dev/fd/987654") }
        #expect(error.description == "cannot write '/dev/fd/987654': Bad file descriptor; write to another place")
    }

    @Test("makes files in the memory's folder as in any other", .enabled(if: access("/dev/shm", W_OK) == 0))
    func sharedMemory() throws {
        let path = "/dev/shm/kindred-tests-\(getpid()).csv"
        defer { unlink(path) }
        let file = try OutputFile(path: path)
        try file.write("text")
        #expect(access(path, F_OK) != 0)
        try file.finish()
        #expect(access(path, F_OK) == 0)
    }

    @Test("tells of a full disk when it writes or finishes", arguments: [10, 1 << 20])
    func fullDisk(count: Int) throws {
        let file = try OutputFile(path: "/dev/full")
        let error = try #require(throws: TableError.self) {
            try file.write([UInt8](repeating: 65, count: count))
            try file.finish()
        }
        #expect(error.kind == .cannotWrite)
        #expect(
            error.description
                == "cannot write '/dev/full': No space left on device; free some space or write to another place")
    }

    @Test("tells of a missing folder, and of a folder in the file's place")
    func places() throws {
        let folder = try OutputFolder()
        let missing = try #require(throws: TableError.self) { try OutputFile(path: folder.path + "/none/out.csv") }
        #expect(missing.kind == .cannotWrite)
        #expect(
            missing.description
                == "cannot write '\(folder.path)/none/out.csv': there is no folder '\(folder.path)/none'; make it first"
        )
        let itself = try #require(throws: TableError.self) { try OutputFile(path: folder.path) }
        #expect(itself.description == "cannot write '\(folder.path)': Is a directory; name a file in that folder")
        try folder.write("", to: "file")
        let inFile = try #require(throws: TableError.self) { try OutputFile(path: folder.path + "/file/out") }
        #expect(inFile.description.contains("Not a directory"))
        #expect(folder.names == ["file"])
    }

    @Test("writes blocks in order, whatever the threads", arguments: [0, 1, 7, 1000], [1, 4])
    func blocks(count: Int, threads: Int) throws {
        let folder = try OutputFolder()
        let file = try OutputFile(path: folder.path + "/out")
        try file.writeBlocks(of: count, grain: 3, parallel: Parallel(threadCount: threads)) { range, text in
            for index in range {
                text.append(index)
                text.append(" ")
            }
        }
        try file.finish()
        #expect(try folder.text("out") == (0..<count).map { "\($0) " }.joined())
    }
}

@Suite("OutputText")
struct OutputTextTests {
    private func text(_ write: (inout OutputText) -> Void) -> String {
        var text = OutputText()
        write(&text)
        return String(decoding: text.bytes, as: UTF8.self)
    }

    @Test(
        "quotes the fields of CSV that need it",
        arguments: [
            ("plain", "plain"), ("", ""), ("a,b", "\"a,b\""), ("say \"so\"", "\"say \"\"so\"\"\""),
            ("two\nlines", "\"two\nlines\""), ("two\r\nlines", "\"two\r\nlines\""), ("é;'", "é;'"),
            (" a", "\" a\""), ("a\t", "\"a\t\""), (" ", "\" \""), ("a b", "a b"),
        ])
    func fields(field: String, expected: String) {
        #expect(text { $0.append(field: field) } == expected)
    }

    @Test("writes numbers that read back as the same bits, and missing ones as nothing")
    func numbers() {
        var generator = SplitMix(state: 3)
        for _ in 0..<10_000 {
            let number = Double(bitPattern: generator.next())
            guard number.isFinite else { continue }
            #expect(Double(text { $0.append(number) })?.bitPattern == number.bitPattern)
        }
        #expect(text { $0.append(Double.nan) } == "")
        #expect(text { $0.append(-Double.infinity) } == "-Inf")
        #expect(text { $0.append(json: Double.infinity) } == "null")
        #expect(text { $0.append(-0.0) } == "-0.0")
        #expect(text { $0.append(count: 12.0) } == "12")
        #expect(text { $0.append(count: 12.5) } == "12.5")
        #expect(text { $0.append(count: .nan) } == "")
    }
}

@Suite("Tidy tables and predictions")
struct OutputTableTests {
    @Test("have one line a task and term, missing values empty")
    func tidy() throws {
        let folder = try OutputFolder()
        let file = try OutputFile(path: folder.path + "/out.csv")
        let writer = TidyWriter(terms: ["(Intercept)", "g\"1\", or"], tasks: Labels(["A", "B, C"]))
        let statuses: [TaskStatus] = [.ok, .collinear(feature: 1)]
        try writer.write(to: file, parallel: Parallel(threadCount: 2)) { task in
            TidyTask(sampleCount: 10 + task, degreesOfFreedom: task == 0 ? 8 : .nan, status: statuses[task])
        } estimate: { task, term in
            guard task == 0 else { return TidyEstimate(estimate: .nan) }
            return TidyEstimate(
                estimate: 0.1 + Double(term), standardError: 0.5, statistic: 0.2, pValue: 1e-20, confidenceLow: -1,
                confidenceHigh: .infinity)
        }
        try file.finish()
        #expect(
            try folder.text("out.csv") == """
                task,term,estimate,std_error,statistic,p_value,conf_low,conf_high,n,df,status
                A,(Intercept),0.1,0.5,0.2,1e-20,-1.0,Inf,10,8,ok
                A,"g""1"", or",1.1,0.5,0.2,1e-20,-1.0,Inf,10,8,ok
                "B, C",(Intercept),,,,,,,11,,collinear
                "B, C","g""1"", or",,,,,,,11,,collinear

                """)
    }

    @Test("join to the input by the row")
    func predictions() throws {
        let folder = try OutputFolder()
        let file = try OutputFile(path: folder.path + "/out.csv")
        let table = PredictionTable(
            tasks: Labels(["a,b", "c"]), taskOfRow: [1, -1, 0], means: [0.1, .nan, -3], classes: [])
        try PredictionWriter(table).write(to: file, parallel: Parallel(threadCount: 2))
        try file.finish()
        #expect(try folder.text("out.csv") == "row,task,prediction\n1,c,0.1\n2,,\n3,\"a,b\",-3.0\n")
    }

    @Test("name the likeliest class, and give the probabilities")
    func classes() throws {
        let folder = try OutputFolder()
        func text(_ means: [Double], _ classes: [String]) throws -> String {
            let file = try OutputFile(path: folder.path + "/out.csv")
            let table = PredictionTable(
                tasks: Labels(["t"]), taskOfRow: [0, 0, -1], means: means, classes: classes)
            try PredictionWriter(table).write(to: file, parallel: Parallel(threadCount: 2))
            try file.finish()
            return try folder.text("out.csv")
        }
        #expect(
            try text([0.75, 0.5, .nan], ["no", "yes"])
                == "row,task,prediction,p_yes\n1,t,yes,0.75\n2,t,no,0.5\n3,,,\n")
        #expect(
            try text([0.25, 0.5, 0.25, 0.5, 0.0, 0.5, .nan, .nan, .nan], ["a", "b,c", "d"])
                == "row,task,prediction,p_a,\"p_b,c\",p_d\n1,t,\"b,c\",0.25,0.5,0.25\n2,t,a,0.5,0.0,0.5\n3,,,,,\n")
    }
}
