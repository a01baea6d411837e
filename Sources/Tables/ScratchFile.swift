import Compute
import Glibc

/// A file without a name that holds columns larger than the memory they may take; it is gone when released.
package final class ScratchFile: Sendable {
    package let folder: String
    private let descriptor: Int32

    /// The folder for temporary files: what `TMPDIR` names, or `/tmp`.
    package static var usualFolder: String {
        guard let folder = getenv("TMPDIR"), folder.pointee != 0 else { return "/tmp" }
        return String(cString: folder)
    }

    /// - Throws: ``TableError/Kind/cannotWrite`` when no file can be made in `folder`.
    package init(folder: String) throws(TableError) {
        // mkstemp puts characters of its own in the place of the six X.
        var name = Array("\(folder)/kindred-XXXXXX".utf8CString)
        descriptor = mkstemp(&name)
        guard descriptor >= 0 else {
            throw TableError(
                .cannotWrite,
                "cannot make a scratch file in '\(printable(folder))': \(errorText(errno)); "
                    + "set TMPDIR to a folder that can be written, or raise --memory")
        }
        unlink(name)
        self.folder = folder
    }

    deinit { close(descriptor) }

    /// - Throws: ``TableError/Kind/cannotWrite`` when the disk is full or the file may not grow.
    package func write(_ bytes: UnsafeRawPointer, count: Int, at offset: Int) throws(TableError) {
        var done = 0
        while done < count {
            let written = pwrite(descriptor, bytes + done, count - done, off_t(offset + done))
            if written > 0 {
                done += written
            } else if written == 0 || errno != EINTR {
                throw TableError(
                    .cannotWrite,
                    "cannot write the scratch file in '\(printable(folder))': "
                        + "\(written == 0 ? "no space left" : errorText(errno)); "
                        + "at least \(byteText(offset + count)) are needed there: "
                        + "set TMPDIR to a folder with more room, or raise --memory")
            }
        }
    }

    /// - Throws: ``ComputeError/unreadableRows(_:)`` when the bytes cannot be had back.
    package func read(_ bytes: UnsafeMutableRawPointer, count: Int, at offset: Int) throws(ComputeError) {
        var done = 0
        while done < count {
            let received = pread(descriptor, bytes + done, count - done, off_t(offset + done))
            if received > 0 {
                done += received
            } else if received == 0 || errno != EINTR {
                throw .unreadableRows(
                    "cannot read the scratch file in '\(printable(folder))' back: "
                        + (received == 0 ? "it ends too early" : errorText(errno)))
            }
        }
    }
}

/// What the system says about an error number.
func errorText(_ number: Int32) -> String { String(cString: strerror(number)) }
