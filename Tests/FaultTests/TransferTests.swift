import Compute
import Engine
import Testing

@Suite("Transfers that fail", .needsDevice)
struct TransferTests {
    @Test("a copy that the device cannot begin has ended when it fails: the host's memory is free")
    func flush() async {
        await #expect(processExitsWith: .success) {
            try OpenCLFault.plant([])
            let context = try Context(device: #require(Device.walked), cache: DeviceCache(folder: nil))
            let buffer = try context.makeBuffer(of: Int32.self, count: 100_000, zeroed: true)
            try context.finish()
            try OpenCLFault.plant("clFlush:1:-5,clFlush:3:-5")
            #expect(throws: ComputeError.self) { try buffer.write(Array(repeating: 7, count: 100_000)) }
            #expect(OpenCLCalls().counts["clWaitForEvents"] == 1)
            #expect(throws: ComputeError.self) { try buffer.read() }
            #expect(OpenCLCalls().counts["clWaitForEvents"] == 2)
            #expect(try buffer.read() == Array(repeating: 7, count: 100_000))
        }
    }
}
