import GraphIR

/// The activation functions of RNN, GRU and LSTM.
/// https://onnx.ai/onnx/operators/onnx__LSTM.html, "Activation functions".
struct RecurrentActivation: Sendable {
    enum Function: String, Sendable, CaseIterable {
        case relu, tanh, sigmoid, affine, leakyrelu, thresholdedrelu, scaledtanh, hardsigmoid, elu, softsign, softplus

        /// What `alpha` and `beta` are without attributes; `nil` where the function has no such number.
        var defaults: (alpha: Float?, beta: Float?) {
            switch self {
            case .affine: (1, 0)
            case .leakyrelu: (0.01, nil)
            case .thresholdedrelu: (1, nil)
            case .scaledtanh: (1, 1)
            case .hardsigmoid: (0.2, 0.5)
            case .elu: (1, nil)
            default: (nil, nil)
            }
        }
    }

    let function: Function
    let alpha: Double
    let beta: Double

    /// Replaces every element by the function's value.
    func apply<T: RowFunctions>(_ row: UnsafeMutablePointer<T>, _ count: Int) {
        let (alpha, beta) = (T(alpha), T(beta))
        switch function {
        case .tanh: T.hyperbolicTangent(row, row, count)
        case .sigmoid: T.sigmoid(row, row, count)
        case .relu: for i in 0..<count { row[i] = row[i] < 0 ? 0 : row[i] }
        case .affine: for i in 0..<count { row[i] = alpha * row[i] + beta }
        case .leakyrelu: for i in 0..<count { row[i] = row[i] < 0 ? alpha * row[i] : row[i] }
        case .thresholdedrelu: for i in 0..<count { row[i] = row[i] >= alpha || row[i].isNaN ? row[i] : 0 }
        case .scaledtanh:
            for i in 0..<count { row[i] *= beta }
            T.hyperbolicTangent(row, row, count)
            for i in 0..<count { row[i] *= alpha }
        case .hardsigmoid:
            for i in 0..<count {
                let value = alpha * row[i] + beta
                row[i] = value < 0 ? 0 : value > 1 ? 1 : value
            }
        case .elu: for i in 0..<count { row[i] = row[i] < 0 ? alpha * (T.exponential(row[i]) - 1) : row[i] }
        case .softsign: for i in 0..<count { row[i] /= 1 + row[i].magnitude }
        case .softplus:
            // ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|), which doesn't overflow.
            for i in 0..<count {
                row[i] = (row[i] < 0 ? 0 : row[i]) + T.logarithm(1 + T.exponential(-row[i].magnitude))
            }
        }
    }

    /// The functions of a node: those that it names, or the defaults for each direction. Names are compared without
    /// regard to case; the numbers of `activation_alpha` and `activation_beta` go to those functions that have one, in
    /// order.
    /// - Throws: `op.argument` for unknown names and wrong counts.
    static func read(_ binding: inout Binding, defaults: [Function], directions: Int) throws -> [RecurrentActivation] {
        let alphas = try binding.floats("activation_alpha") ?? []
        let betas = try binding.floats("activation_beta") ?? []
        let wanted = defaults.count * directions
        let names = try binding.strings("activations") ?? []
        var functions = try names.map { bytes in
            let name = String(decoding: bytes, as: UTF8.self)
            guard let function = Function(rawValue: name.lowercased()) else {
                throw GraphError(.argument, "\"\(name)\" is no activation function", argument: "activations")
            }
            return function
        }
        // The standard's own default for two directions is written for one.
        if functions.isEmpty { functions = defaults + defaults }
        guard functions.count == wanted || functions.count > wanted && functions.count == 2 * defaults.count else {
            throw GraphError(
                .argument, "\(functions.count) functions, expected \(wanted)", argument: "activations")
        }
        var (nextAlpha, nextBeta) = (0, 0)
        func number(_ value: Float) -> Double {
            binding.computesInDouble ? Double(value.description) ?? Double(value) : Double(value)
        }
        return functions.prefix(wanted).map { function in
            var (alpha, beta) = function.defaults
            if alpha != nil, let given = alphas[checked: nextAlpha] {
                alpha = given
                nextAlpha += 1
            }
            if beta != nil, let given = betas[checked: nextBeta] {
                beta = given
                nextBeta += 1
            }
            return RecurrentActivation(function: function, alpha: number(alpha ?? 0), beta: number(beta ?? 0))
        }
    }
}
