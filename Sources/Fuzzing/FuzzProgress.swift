// How far a worker has come, in a file that both it and whoever watches it have in memory. A worker that crashes or hangs
// leaves in it the input that it was at.

import Glibc

package final class FuzzProgress: @unchecked Sendable {
    // Sendable, because each field is one aligned word, with one writer.
    package struct Fields {
        /// The input that is being decoded.
        package var index = 0
        package var inputs = 0
        package var decoded = 0
        package var longestNanoseconds = 0
        package var longestIndex = 0
        package var largestAllocation = 0
        package var mostAllocated = 0
        /// Whether a bound on allocations was broken by the input `index`.
        package var isTooLarge = 0

        package init() {}
    }

    private let memory: UnsafeMutablePointer<Fields>

    /// - Parameter file: nil for a worker that nobody watches from another process.
    /// - Returns: nil when the file can't be made or mapped.
    package init?(file: String? = nil) {
        var descriptor: CInt = -1
        if let file {
            descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            guard descriptor >= 0, ftruncate(descriptor, 4096) == 0 else { return nil }
        }
        defer { if descriptor >= 0 { close(descriptor) } }
        let flags = file == nil ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED
        let mapped = mmap(nil, 4096, PROT_READ | PROT_WRITE, flags, descriptor, 0)
        guard let mapped, mapped != MAP_FAILED else { return nil }
        memory = mapped.assumingMemoryBound(to: Fields.self)
    }

    deinit { munmap(memory, 4096) }

    package var fields: Fields {
        get { memory.pointee }
        set { memory.pointee = newValue }
    }

    /// Says which input comes next.
    package func begin(_ index: Int) { memory.pointee.index = index }
}
