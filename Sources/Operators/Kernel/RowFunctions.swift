import CKernels
import COpenBLAS

/// Functions of whole rows, for the kernels that spend their time in them: attention and recurrent networks.
/// `out` may be `x`.
protocol RowFunctions: Real {
    /// e^x / Σ e^x; `empty` everywhere where all are −∞.
    static func softmax(_ x: UnsafePointer<Self>, _ out: UnsafeMutablePointer<Self>, _ count: Int, empty: Self)
    static func sigmoid(_ x: UnsafePointer<Self>, _ out: UnsafeMutablePointer<Self>, _ count: Int)
    static func hyperbolicTangent(_ x: UnsafePointer<Self>, _ out: UnsafeMutablePointer<Self>, _ count: Int)
    /// y = alpha · A · x + beta · y for a row-major A of `rows` × `columns`, or with its transpose.
    static func gemv(
        transposeA: Bool, rows: Int32, columns: Int32, alpha: Self, a: UnsafePointer<Self>, lda: Int32,
        x: UnsafePointer<Self>, beta: Self, y: UnsafeMutablePointer<Self>)
}

extension Float: RowFunctions {
    static func softmax(_ x: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>, _ count: Int, empty: Float) {
        wb_softmax_f32(x, out, count, empty)
    }
    static func sigmoid(_ x: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>, _ count: Int) {
        wb_sigmoid_f32(x, out, count)
    }
    static func hyperbolicTangent(_ x: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>, _ count: Int) {
        wb_tanh_f32(x, out, count)
    }
    static func gemv(
        transposeA: Bool, rows: Int32, columns: Int32, alpha: Float, a: UnsafePointer<Float>, lda: Int32,
        x: UnsafePointer<Float>, beta: Float, y: UnsafeMutablePointer<Float>
    ) {
        cblas_sgemv(
            CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, rows, columns, alpha, a, lda, x, 1, beta, y, 1)
    }
}

extension Double: RowFunctions {
    static func softmax(_ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, _ count: Int, empty: Double) {
        var greatest = -Double.infinity
        for i in 0..<count where x[i] > greatest || x[i].isNaN { greatest = x[i] }
        if greatest == -.infinity {
            for i in 0..<count { out[i] = empty }
            return
        }
        var sum = 0.0
        for i in 0..<count {
            let value = exponential(x[i] - greatest)
            out[i] = value
            sum += value
        }
        for i in 0..<count { out[i] /= sum }
    }
    static func sigmoid(_ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, _ count: Int) {
        for i in 0..<count { out[i] = 1 / (1 + exponential(-x[i])) }
    }
    static func hyperbolicTangent(_ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, _ count: Int) {
        for i in 0..<count { out[i] = hyperbolicTangent(x[i]) }
    }
    static func gemv(
        transposeA: Bool, rows: Int32, columns: Int32, alpha: Double, a: UnsafePointer<Double>, lda: Int32,
        x: UnsafePointer<Double>, beta: Double, y: UnsafeMutablePointer<Double>
    ) {
        cblas_dgemv(
            CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, rows, columns, alpha, a, lda, x, 1, beta, y, 1)
    }
}
