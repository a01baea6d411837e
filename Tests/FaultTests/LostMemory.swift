import Glibc

/// Memory of the heap that nothing points to any more.
enum LostMemory {
    /// Whether there is any, which is known where the tests are built with AddressSanitizer; the sanitizer lists it.
    static var isThere: Bool {
        guard let check = dlsym(nil, "__lsan_do_recoverable_leak_check") else { return false }
        return unsafeBitCast(check, to: (@convention(c) () -> Int32).self)() != 0
    }
}
