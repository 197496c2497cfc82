import CKernels
import COpenBLAS
import GraphIR

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The two types that floating-point kernels compute in.
protocol Real: TensorElement, BinaryFloatingPoint where RawSignificand: FixedWidthInteger {
    static func gemm(
        transposeA: Bool, transposeB: Bool, m: Int32, n: Int32, k: Int32, alpha: Self, a: UnsafePointer<Self>,
        lda: Int32, b: UnsafePointer<Self>, ldb: Int32, beta: Self, c: UnsafeMutablePointer<Self>, ldc: Int32)
    /// op: 0 add, 1 subtract, 2 multiply, 3 divide.
    static func binary(
        _ op: Int32, _ a: UnsafePointer<Self>, _ stepA: Int32, _ b: UnsafePointer<Self>, _ stepB: Int32,
        _ out: UnsafeMutablePointer<Self>, _ count: Int)
    static func scaleShift(
        _ x: UnsafePointer<Self>, _ scale: Self, _ shift: Self, _ out: UnsafeMutablePointer<Self>, _ count: Int)
    static func depthwise(
        _ shape: UnsafePointer<wb_depthwise>, _ plane: UnsafePointer<Self>, _ weights: UnsafePointer<Self>,
        _ bias: Self,
        _ out: UnsafeMutablePointer<Self>)
    /// Adds the product of a panel of rows and a panel of columns to a matrix; see `wb_product_f32`.
    static func multiplyPanels(
        form: Int32, _ a: UnsafePointer<Self>, _ b: UnsafePointer<Self>, _ depth: Int,
        _ c: UnsafeMutablePointer<Self>, _ stride: Int, _ rows: Int, _ columns: Int)
    static func panelRows(form: Int32) -> Int
    static func panelColumns(form: Int32) -> Int
    static var lanes: Int { get }
    static func exponential(_ x: Self) -> Self
    static func logarithm(_ x: Self) -> Self
    static func power(_ x: Self, _ y: Self) -> Self
    static func errorFunction(_ x: Self) -> Self
    static func hyperbolicTangent(_ x: Self) -> Self
}

extension Float: Real {
    static func gemm(
        transposeA: Bool, transposeB: Bool, m: Int32, n: Int32, k: Int32, alpha: Float, a: UnsafePointer<Float>,
        lda: Int32, b: UnsafePointer<Float>, ldb: Int32, beta: Float, c: UnsafeMutablePointer<Float>, ldc: Int32
    ) {
        // BLAS packs its operands for a product of matrices, which a single row or column doesn't repay.
        if m == 1 {
            if beta == 0 { for i in 0..<Int(n) { c[i] = 0 } }
            return cblas_sgemv(
                CblasRowMajor, transposeB ? CblasNoTrans : CblasTrans, transposeB ? n : k, transposeB ? k : n, alpha, b,
                ldb, a, transposeA ? lda : 1, beta, c, 1)
        }
        if n == 1 {
            if beta == 0 { for i in 0..<Int(m) { c[i * Int(ldc)] = 0 } }
            return cblas_sgemv(
                CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeA ? k : m, transposeA ? m : k, alpha, a,
                lda, b, transposeB ? 1 : ldb, beta, c, ldc)
        }
        cblas_sgemm(
            CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans, m, n, k,
            alpha,
            a, lda, b, ldb, beta, c, ldc)
    }
    static func binary(
        _ op: Int32, _ a: UnsafePointer<Float>, _ stepA: Int32, _ b: UnsafePointer<Float>, _ stepB: Int32,
        _ out: UnsafeMutablePointer<Float>, _ count: Int
    ) { wb_binary_f32(op, a, stepA, b, stepB, out, count) }
    static func scaleShift(
        _ x: UnsafePointer<Float>, _ scale: Float, _ shift: Float, _ out: UnsafeMutablePointer<Float>, _ count: Int
    ) { wb_scale_shift_f32(x, scale, shift, out, count) }
    static func depthwise(
        _ shape: UnsafePointer<wb_depthwise>, _ plane: UnsafePointer<Float>, _ weights: UnsafePointer<Float>,
        _ bias: Float, _ out: UnsafeMutablePointer<Float>
    ) { wb_depthwise_f32(shape, plane, weights, bias, out) }
    static func multiplyPanels(
        form: Int32, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ depth: Int,
        _ c: UnsafeMutablePointer<Float>,
        _ stride: Int, _ rows: Int, _ columns: Int
    ) { wb_product_f32(form, a, b, depth, c, stride, rows, columns) }
    static func panelRows(form: Int32) -> Int { wb_product_rows_f32(form) }
    static func panelColumns(form: Int32) -> Int { wb_product_columns_f32(form) }
    static var lanes: Int { Int(WB_LANES_F32) }
    static func exponential(_ x: Float) -> Float { exp(x) }
    static func logarithm(_ x: Float) -> Float { log(x) }
    static func power(_ x: Float, _ y: Float) -> Float { Float(pow(Double(x), Double(y))) }
    static func errorFunction(_ x: Float) -> Float { Float(erf(Double(x))) }
    static func hyperbolicTangent(_ x: Float) -> Float { Float(tanh(Double(x))) }
}

extension Double: Real {
    static func gemm(
        transposeA: Bool, transposeB: Bool, m: Int32, n: Int32, k: Int32, alpha: Double, a: UnsafePointer<Double>,
        lda: Int32, b: UnsafePointer<Double>, ldb: Int32, beta: Double, c: UnsafeMutablePointer<Double>, ldc: Int32
    ) {
        // BLAS packs its operands for a product of matrices, which a single row or column doesn't repay.
        if m == 1 {
            if beta == 0 { for i in 0..<Int(n) { c[i] = 0 } }
            return cblas_dgemv(
                CblasRowMajor, transposeB ? CblasNoTrans : CblasTrans, transposeB ? n : k, transposeB ? k : n, alpha, b,
                ldb, a, transposeA ? lda : 1, beta, c, 1)
        }
        if n == 1 {
            if beta == 0 { for i in 0..<Int(m) { c[i * Int(ldc)] = 0 } }
            return cblas_dgemv(
                CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeA ? k : m, transposeA ? m : k, alpha, a,
                lda, b, transposeB ? 1 : ldb, beta, c, ldc)
        }
        cblas_dgemm(
            CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans, m, n, k,
            alpha,
            a, lda, b, ldb, beta, c, ldc)
    }
    static func binary(
        _ op: Int32, _ a: UnsafePointer<Double>, _ stepA: Int32, _ b: UnsafePointer<Double>, _ stepB: Int32,
        _ out: UnsafeMutablePointer<Double>, _ count: Int
    ) { wb_binary_f64(op, a, stepA, b, stepB, out, count) }
    static func scaleShift(
        _ x: UnsafePointer<Double>, _ scale: Double, _ shift: Double, _ out: UnsafeMutablePointer<Double>, _ count: Int
    ) { wb_scale_shift_f64(x, scale, shift, out, count) }
    static func depthwise(
        _ shape: UnsafePointer<wb_depthwise>, _ plane: UnsafePointer<Double>, _ weights: UnsafePointer<Double>,
        _ bias: Double, _ out: UnsafeMutablePointer<Double>
    ) { wb_depthwise_f64(shape, plane, weights, bias, out) }
    static func multiplyPanels(
        form: Int32, _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ depth: Int,
        _ c: UnsafeMutablePointer<Double>,
        _ stride: Int, _ rows: Int, _ columns: Int
    ) { wb_product_f64(form, a, b, depth, c, stride, rows, columns) }
    static func panelRows(form: Int32) -> Int { wb_product_rows_f64(form) }
    static func panelColumns(form: Int32) -> Int { wb_product_columns_f64(form) }
    static var lanes: Int { Int(WB_LANES_F64) }
    static func exponential(_ x: Double) -> Double { exp(x) }
    static func logarithm(_ x: Double) -> Double { log(x) }
    static func power(_ x: Double, _ y: Double) -> Double { pow(x, y) }
    static func errorFunction(_ x: Double) -> Double { erf(x) }
    static func hyperbolicTangent(_ x: Double) -> Double { tanh(x) }
}

/// Calls `float` or `double` by the element type; half precision has been widened before (``roundingOnce(keeping:_:)``).
/// - Throws: `op.argument` for any other type.
func withReal<R>(
    _ type: ElementType, float: () throws -> R, double: () throws -> R
) throws -> R {
    switch type {
    case .float32: try float()
    case .float64: try double()
    default: throw unsupportedType(type)
    }
}

/// The error for an element type that a kernel has no form for.
func unsupportedType(_ type: ElementType) -> GraphError {
    GraphError(.unsupportedArgument, "the operator isn't implemented for \(type.onnxName)")
}

/// - Throws: `op.argument` where two inputs that must agree in type don't.
func requireType(_ type: ElementType, _ tensors: Tensor?...) throws {
    for case let tensor? in tensors where tensor.elementType != type {
        throw GraphError(
            .argument, "inputs of types \(type.onnxName) and \(tensor.elementType.onnxName), expected one type")
    }
}
