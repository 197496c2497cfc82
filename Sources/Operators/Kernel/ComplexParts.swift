import GraphIR

/// Complex numbers as pairs of real ones, along an axis of their own at the end.
extension Tensor {
    /// The real type of which a complex number has two; `nil` for other types.
    var partType: ElementType? {
        switch elementType {
        case .complex64: .float32
        case .complex128: .float64
        default: nil
        }
    }

    /// The same numbers with a last axis of real and imaginary part.
    func parts(_ type: ElementType) throws -> Tensor { try Tensor(type, shape: shape + [2], bytes: bytes()) }

    /// The reverse of ``parts(_:)``.
    func joined(as type: ElementType) throws -> Tensor {
        try Tensor(type, shape: Array(shape.dropLast()), bytes: bytes())
    }
}
