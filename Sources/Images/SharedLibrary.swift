import GraphIR

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A C library that is looked for when it is first needed, so that nobody has to install it who doesn't need it.
struct SharedLibrary: @unchecked Sendable {
    // A handle of the dynamic linker is valid in every thread, and never closed here.
    private let handle: UnsafeMutableRawPointer
    private let name: String

    /// - Parameters:
    ///   - name: without prefix and ending.
    ///   - version: of the interface that the declarations here are for.
    /// - Throws: `container.unsupported` where it isn't installed.
    init(_ name: String, version: Int, for format: String, package: String) throws {
        #if canImport(Darwin)
            let file = "lib\(name).\(version).dylib"
            let places = [file, "/opt/homebrew/lib/\(file)", "/usr/local/lib/\(file)"]
        #else
            let places = ["lib\(name).so.\(version)"]
        #endif
        for place in places {
            if let handle = dlopen(place, RTLD_NOW | RTLD_LOCAL) {
                self.handle = handle
                self.name = name
                return
            }
        }
        throw unsupported(
            "\(format) pictures are decoded by lib\(name), which isn't installed", hint: "install \(package)")
    }

    /// A function of the library.
    /// - Throws: `container.unsupported` where it hasn't got it.
    func function<Signature>(_ symbol: String, as type: Signature.Type = Signature.self) throws -> Signature {
        guard let address = dlsym(handle, symbol) else {
            throw unsupported("lib\(name) as installed has no function \(symbol)", hint: "install a newer one")
        }
        return unsafeBitCast(address, to: type)
    }
}

/// Bytes that a library reads through functions of ours.
final class MemoryStream {
    private let data: UnsafeRawBufferPointer
    private(set) var position = 0
    var count: Int { data.count }

    init(_ data: UnsafeRawBufferPointer) { self.data = data }

    func read(into target: UnsafeMutableRawPointer, count wanted: Int) -> Int {
        let length = max(0, min(wanted, data.count - position))
        guard let base = data.baseAddress, length > 0 else { return 0 }
        target.copyMemory(from: base + position, byteCount: length)
        position += length
        return length
    }

    /// - Returns: whether the place lies in the data.
    func seek(to place: Int) -> Bool {
        guard place >= 0, place <= data.count else { return false }
        position = place
        return true
    }

    static func of(_ pointer: UnsafeMutableRawPointer?) -> MemoryStream? {
        pointer.map { Unmanaged<MemoryStream>.fromOpaque($0).takeUnretainedValue() }
    }
}
