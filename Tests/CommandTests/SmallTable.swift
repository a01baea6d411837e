/// Two tasks of six rows that any of the tests may fit: `y = 1 + 2 x` and `y = 3 - x`, with something added.
enum SmallTable {
    static let text = """
        task,group,x,y
        a,u,0,1.1
        b,u,0,3.0
        a,v,1,2.9
        b,v,1,2.1
        a,u,2,5.0
        b,u,2,0.9
        a,v,3,7.1
        b,v,3,0.1
        a,u,4,8.9
        b,w,4,-1.1
        a,w,5,11.0
        b,w,5,-1.9

        """

    static let fit = ["--task", "task", "--device", "cpu", "--formula", "y ~ x"]

    /// A folder that holds it as `t.csv`.
    static func folder() throws -> Folder {
        let folder = try Folder()
        try folder.write("t.csv", text)
        return folder
    }
}
