import GraphIR

/// The filters that Pillow resizes with, by timm's names, as nodes on float64 in Pillow's order of operations
/// (`src/libImaging/Resample.c`).
enum ResamplingFilter: String, CaseIterable {
    case bilinear, bicubic, box, hamming, lanczos
    /// The pixel that a position falls into: no filter.
    case nearest

    /// How far the filter reaches at its own scale, in pixels.
    var support: Double {
        switch self {
        case .nearest, .box: 0.5
        case .bilinear, .hamming: 1
        case .bicubic: 2
        case .lanczos: 3
        }
    }

    /// The weight of pixels at the distances `x`.
    func weights(_ w: NodeWriter, _ x: ValueID) throws -> ValueID {
        let (zero, one) = (try w.real(0), try w.real(1))
        switch self {
        case .nearest, .box:
            let inside = w("And", w("Greater", x, try w.real(-0.5)), w("LessOrEqual", x, try w.real(0.5)))
            return w("Where", inside, one, zero)
        case .bilinear:
            return w("Max", w("Sub", one, w("Abs", x)), zero)
        case .bicubic:
            // The cubic convolution with a = -1/2.
            let x = w("Abs", x)
            let inner = w("Sub", w("Mul", try w.real(1.5), x), try w.real(2.5))
            let near = w("Add", w("Mul", w("Mul", inner, x), x), one)
            let middle = w("Add", w("Mul", w("Sub", x, try w.real(5)), x), try w.real(8))
            let far = w("Mul", w("Sub", w("Mul", middle, x), try w.real(4)), try w.real(-0.5))
            let outer = w("Where", w("Less", x, try w.real(2)), far, zero)
            return w("Where", w("Less", x, one), near, outer)
        case .hamming:
            let x = w("Abs", x)
            let turned = w("Mul", x, try w.real(.pi))
            // Pillow has both as float32.
            let cosine = w("Mul", try w.real(Double(Float(0.46))), w("Cos", turned))
            let window = w("Add", try w.real(Double(Float(0.54))), cosine)
            let value = w("Mul", w("Div", w("Sin", turned), turned), window)
            let inside = w("Where", w("Less", x, one), value, zero)
            return w("Where", w("Equal", x, zero), one, inside)
        case .lanczos:
            let third = w("Div", x, try w.real(3))
            let value = w("Mul", try sinc(w, x, one: one, zero: zero), try sinc(w, third, one: one, zero: zero))
            let inside = w("And", w("GreaterOrEqual", x, try w.real(-3)), w("Less", x, try w.real(3)))
            return w("Where", inside, value, zero)
        }
    }

    private func sinc(_ w: NodeWriter, _ x: ValueID, one: ValueID, zero: ValueID) throws -> ValueID {
        let turned = w("Mul", x, try w.real(.pi))
        return w("Where", w("Equal", x, zero), one, w("Div", w("Sin", turned), turned))
    }
}
