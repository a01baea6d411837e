import Compute
import Engine
import Glibc
import Testing

@Suite("CLBlast")
struct SlowCLBlastTests {
    @Test(
        "gives the product of our own kernel, slow as it is to compile on a CPU",
        .enabled(if: CLBlast.isAvailable && !Device.all().isEmpty, "there is no CLBlast or no device here"))
    func products() throws {
        // More tasks than one sum block of 2048, so that both of its calls are made.
        let (taskCount, width, height) = (2100, 5, 3)
        func value(_ index: Int) -> Double { Double(index * 37 % 101 - 50) / 64 }
        var results: [[Double]] = []
        for clBlastWidth in [1, .max] {
            let backend = try OpenCLBackend<Double>(
                context: sharedContext(), shape: .lanes, clBlastWidth: clBlastWidth)
            let vectors = try backend.makeVectors(taskCount: taskCount, columnCount: 2, width: width)
            try backend.upload((0..<taskCount * 2 * width).map(value), into: vectors)
            let matrix = try backend.makeVectors(taskCount: 1, columnCount: height, width: width)
            try backend.upload((0..<height * width).map(value), into: matrix)
            let products = try backend.makeVectors(taskCount: taskCount, columnCount: 2, width: height)
            try backend.matmul(vectors, matrix, into: products)
            results.append(try backend.download(products))
        }
        // Multiples of 2^-12 below 4: every product and sum is exact.
        #expect(results[0] == results[1] && results[0].contains { $0 != 0 })
    }

    @Test("is left out where it would call another OpenCL library")
    func otherLibrary() async {
        await #expect(processExitsWith: .success) {
            setenv("KINDRED_OPENCL", "libm.so.6", 1)
            #expect(!CLBlast.isAvailable)
        }
        await #expect(processExitsWith: .success) {
            setenv("KINDRED_OPENCL", "none", 1)
            #expect(!CLBlast.isAvailable)
        }
    }
}
