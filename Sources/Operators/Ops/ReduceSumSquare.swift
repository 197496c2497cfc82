import GraphIR

extension Operator {
    /// The sum of the squares over some axes. Summed in double; integers wrap.
    /// https://onnx.ai/onnx/operators/onnx__ReduceSumSquare.html, versions 1, 11, 13, 18.
    static let reduceSumSquare = reduction("ReduceSumSquare", .sumOfSquares, axesAreInputSince: 18)
}
