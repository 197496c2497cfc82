extension Model {
    /// The operator sets that can be converted to and from.
    public static let supportedOpsets: ClosedRange<Int64> = 1...28
    /// The versions of `ai.onnx.ml` that can be converted to and from.
    public static let supportedMLOpsets: ClosedRange<Int64> = 1...5

    /// The lowest IR version whose release had this operator set (ONNX, `helper.VERSION_TABLE`): what a released runtime
    /// that knows the operators can be relied on to load.
    public static func lowestIRVersion(forOpset version: Int64) -> Int64 {
        switch version {
        case ..<9: 3
        case 9: 4
        case 10: 5
        case 11: 6
        case 12...14: 7
        case 15...18: 8
        case 19...20: 9
        case 21...22: 10
        case 23: 11
        case 24: 12
        case 25...27: 13
        default: 14
        }
    }
}
