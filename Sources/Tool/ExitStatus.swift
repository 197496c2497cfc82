import Weightbridge

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Exit statuses as `sysexits.h` numbers them.
enum ExitStatus {
    /// The comparison found a mismatch.
    static let mismatch: Int32 = 1
    static let usage: Int32 = 64
    static let dataError: Int32 = 65
    static let noInput: Int32 = 66
    static let unavailable: Int32 = 69
    static let cannotCreate: Int32 = 73
    static let ioError: Int32 = 74

    /// Ends the process.
    static func leave(_ status: Int32) -> Never { exit(status) }

    static func of(_ fault: any Fault) -> Int32 {
        switch fault.faultClass {
        case .invalid, .limit: dataError
        case .unsupported: unavailable
        case .usage: usage
        case .io: fault.codeName == FormatError.Code.ioMissing.rawValue ? noInput : ioError
        }
    }
}
