import GraphIR

extension Operator {
    /// X[k] = Σ x[n] · e^(−2πikn / N) along an axis; the last axis holds real, or real and imaginary parts.
    /// https://onnx.ai/onnx/operators/onnx__DFT.html, versions 17, 20; before 20 the axis is an attribute.
    ///
    /// `onesided` leaves out of a real signal's spectrum what follows by symmetry, and for the inverse takes such a spectrum
    /// and gives the real signal. Computed in the input's type, as NumPy and PyTorch do.
    static let dft = Operator("DFT", accuracy: .accumulating, infer: .transform) { binding in
        let isInverse = try binding.flag("inverse")
        let isOneSided = try binding.flag("onesided")
        let fixed = binding.version < 20 ? Int(try binding.int("axis", default: 1)) : nil
        return roundingOnce { call in
            let x = try call.input(0)
            let problem = try Transform(
                shape: x.shape, axis: fixed ?? call.integer(2, "axis") ?? -2, length: call.integer(1, "dft_length"),
                isInverse: isInverse, isOneSided: isOneSided)
            return [
                try withReal(x.elementType) {
                    try problem.run(call, x, Float.self)
                } double: {
                    try problem.run(call, x, Double.self)
                }
            ]
        }
    }
}

/// A Fourier transform along an axis of a tensor.
private struct Transform: Sendable {
    let shape: [Int]
    let axis: Int
    /// Of the signal.
    let length: Int
    let isInverse: Bool
    let isOneSided: Bool

    init(shape: [Int], axis: Int, length: Int?, isInverse: Bool, isOneSided: Bool) throws {
        guard shape.count >= 2, let parts = shape.last, parts == 1 || parts == 2 else {
            throw GraphError(.argument, "shape \(shape), expected a last axis of size 1 or 2", argument: "input")
        }
        guard !isOneSided || (parts == 2) == isInverse else {
            throw GraphError(
                .argument,
                isInverse
                    ? "a one-sided spectrum must be complex, the last axis has size 1"
                    : "a complex signal has no one-sided spectrum", argument: "onesided")
        }
        self.axis = try normalized(axis: axis, rank: shape.count)
        guard self.axis < shape.count - 1 else {
            throw GraphError(.argument, "the last axis holds the parts of the numbers", argument: "axis")
        }
        self.shape = shape
        self.isInverse = isInverse
        self.isOneSided = isOneSided
        let size = shape[self.axis]
        let usual = isInverse && isOneSided ? (size - 1).multiplied(checked: 2) : size
        guard let found = length ?? usual, found >= 1 else {
            throw GraphError(
                .argument, "\(length ?? usual ?? size), expected a length of at least 1", argument: "dft_length")
        }
        self.length = found
    }

    /// How many elements of a line come in and go out.
    private var taken: Int { min(shape[axis], isInverse && isOneSided ? length / 2 + 1 : length) }
    private var given: Int { isOneSided && !isInverse ? length / 2 + 1 : length }

    func run<T: Real>(_ call: Call, _ x: Tensor, _: T.Type) throws -> Tensor {
        var outShape = shape
        outShape[axis] = given
        outShape[shape.count - 1] = isInverse && isOneSided ? 1 : 2
        let inner = product(shape[(axis + 1)...].dropLast())
        let lines = product(shape[..<axis]) * inner
        let (partsIn, partsOut) = (shape[shape.count - 1], outShape[shape.count - 1])
        let (size, taken, given) = (shape[axis], taken, given)
        return try call.make(outShape, of: T.self) { out in
            if out.isEmpty { return }
            let plan = try FourierPlan<T>(length: length, lines: lines, call, name: "dft_length")
            try x.withElements(T.self) { values in
                let (source, target) = (Shared(values), Shared(out))
                try inParallel(lines, grain: max(1, (1 << 12) / length)) { piece in
                    var line = plan.scratch()
                    for number in piece {
                        try call.checkTime()
                        let (row, column) = (number / inner, number % inner)
                        for i in 0..<taken {
                            let at = ((row * size + i) * inner + column) * partsIn
                            line.values[i] = Complex(
                                source.pointer[at], partsIn == 2 ? source.pointer[at + 1] : 0)
                        }
                        for i in taken..<max(taken, length) { line.values[i] = Complex(0) }
                        if isInverse && isOneSided { line.mirror() }
                        plan.transform(&line, isInverse: isInverse)
                        if partsIn == 1 { line.mirror() }
                        for i in 0..<given {
                            let at = ((row * given + i) * inner + column) * partsOut
                            target.pointer[at] = line.values[i].real
                            if partsOut == 2 { target.pointer[at + 1] = line.values[i].imaginary }
                        }
                    }
                }
            }
        }
    }
}

extension InferenceRule {
    fileprivate static let transform = InferenceRule { node in
        let isInverse = try node.binding.flag("inverse")
        let isOneSided = try node.binding.flag("onesided")
        let isOld = node.binding.version < 20
        let fixed = isOld ? Int(try node.binding.int("axis", default: 1)) : nil
        guard var shape = node.shape(0) else { return }
        guard shape.count >= 2 else {
            throw GraphError(.argument, "rank \(shape.count), expected at least 2", argument: "input")
        }
        let isRealResult = isInverse && isOneSided
        shape[shape.count - 1] = .size(isRealResult ? 1 : 2)
        let hasLength = node.isGiven(1)
        let hasAxis = !isOld && node.isGiven(2)
        guard let named = fixed ?? (hasAxis ? node.integers(2)?.first : -2) else {
            if !hasLength && !isOneSided { return node.set(0, shape: shape) }
            for axis in shape.indices.dropLast() { shape[axis] = .unknown }
            return node.set(0, shape: shape)
        }
        let axis = try normalized(axis: named, rank: shape.count)
        guard axis < shape.count - 1 else {
            throw GraphError(.argument, "the last axis holds the parts of the numbers", argument: "axis")
        }
        if !hasLength && !isOneSided { return node.set(0, shape: shape) }
        if hasLength {
            shape[axis] = try node.dimension(1, "dft_length") { isOneSided && !isInverse ? $0 / 2 + 1 : $0 }
        } else if case .size(let size) = shape[axis] {
            let length = isInverse ? size.subtracting(checked: 1)?.multiplied(checked: 2) : size / 2 + 1
            shape[axis] = length.map { .size($0) } ?? .unknown
        } else {
            shape[axis] = .unknown
        }
        node.set(0, shape: shape)
    }
}
