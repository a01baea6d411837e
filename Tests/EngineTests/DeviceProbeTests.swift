import Compute
import Engine
import Testing

@Suite("DeviceProbe")
struct DeviceProbeTests {
    @Test("measures a device once and then remembers", .needsDevice)
    func device() throws {
        let folder = try TemporaryFolder()
        let context = try makeContext(cache: DeviceCache(folder: folder.path))
        let probe = try DeviceProbe.measure(context)
        #expect(probe.copyGigabytes > 0 && probe.floatGigaflops > 0)
        #expect(try #require(probe.transferGigabytes) > 0)
        #expect((probe.doubleGigaflops != nil) == context.device.hasDouble)
        #expect(probe.doubleGigaflops ?? 1 > 0)
        let again = try makeContext(cache: DeviceCache(folder: folder.path))
        #expect(try DeviceProbe.measure(again) == probe)
    }

    @Test("measures the CPU path once a number of threads and then remembers")
    func cpu() throws {
        let folder = try TemporaryFolder()
        let cache = DeviceCache(folder: folder.path)
        let probe = DeviceProbe.measure(Parallel(threadCount: 1), cache: cache)
        #expect(DeviceProbe.measure(Parallel(threadCount: 1), cache: cache) == probe)
        #expect(folder.files.count == 1)
        _ = DeviceProbe.measure(Parallel(threadCount: 2), cache: cache)
        #expect(folder.files.count == 2)
        #expect(probe.copyGigabytes > 0 && probe.floatGigaflops > 0 && probe.doubleGigaflops ?? 0 > 0)
        #expect(probe.transferGigabytes == nil)
    }
}
