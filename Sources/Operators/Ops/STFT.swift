import GraphIR

extension Operator {
    /// The Fourier transform of each frame of a signal, multiplied by a window before.
    /// https://onnx.ai/onnx/operators/onnx__STFT.html, versions 17.
    static let stft = Operator("STFT", accuracy: .accumulating, infer: .frames) { binding in
        let isOneSided = try binding.flag("onesided", default: true)
        return roundingOnce { call in
            let signal = try call.input(0)
            guard signal.shape.count == 3, signal.shape[2] == 1 || signal.shape[2] == 2 else {
                throw GraphError(
                    .argument, "shape \(signal.shape), expected [batch, length, 1 or 2]", argument: "signal")
            }
            guard signal.shape[2] == 1 || !isOneSided else {
                throw GraphError(.argument, "a complex signal has no one-sided spectrum", argument: "onesided")
            }
            guard let step = try call.integer(1, "frame_step"), step >= 1 else {
                throw GraphError(.argument, "expected at least 1", argument: "frame_step")
            }
            let window = call[2]
            try requireType(signal.elementType, window)
            if let window, window.shape.count != 1 {
                throw GraphError(.argument, "shape \(window.shape), expected a vector", argument: "window")
            }
            let length = try call.integer(3, "frame_length") ?? window?.count ?? signal.shape[1]
            guard length >= 1, length <= signal.shape[1] else {
                throw GraphError(
                    .argument, "a frame of \(length) in a signal of \(signal.shape[1])", argument: "frame_length")
            }
            guard (window?.count ?? length) == length else {
                throw GraphError(
                    .argument, "\(window?.count ?? 0) elements for frames of \(length)", argument: "window")
            }
            let frames = Frames(length: length, step: step, isOneSided: isOneSided)
            return [
                try withReal(signal.elementType) {
                    try frames.run(call, signal, window, Float.self)
                } double: {
                    try frames.run(call, signal, window, Double.self)
                }
            ]
        }
    }
}

private struct Frames: Sendable {
    let length: Int
    let step: Int
    let isOneSided: Bool

    func run<T: Real>(_ call: Call, _ signal: Tensor, _ window: Tensor?, _: T.Type) throws -> Tensor {
        let (batch, size, parts) = (signal.shape[0], signal.shape[1], signal.shape[2])
        let frames = (size - length) / step + 1
        let bins = isOneSided ? length / 2 + 1 : length
        return try call.make([batch, frames, bins, 2], of: T.self) { out in
            if out.isEmpty { return }
            let lines = batch * frames
            let plan = try FourierPlan<T>(length: length, lines: lines, call, name: "frame_length")
            let weights = try window?.withElements(T.self) { Array($0) }
            try signal.withElements(T.self) { values in
                let (source, target) = (Shared(values), Shared(out))
                try inParallel(lines, grain: max(1, (1 << 12) / length)) { piece in
                    var line = plan.scratch()
                    for number in piece {
                        try call.checkTime()
                        let start = number / frames * size + number % frames * step
                        for i in 0..<length {
                            let at = (start + i) * parts
                            let weight = weights?[i] ?? 1
                            line.values[i] = Complex(
                                weight * source.pointer[at], parts == 2 ? weight * source.pointer[at + 1] : 0)
                        }
                        plan.transform(&line, isInverse: false)
                        if parts == 1 { line.mirror() }
                        for bin in 0..<bins {
                            target.pointer[(number * bins + bin) * 2] = line.values[bin].real
                            target.pointer[(number * bins + bin) * 2 + 1] = line.values[bin].imaginary
                        }
                    }
                }
            }
        }
    }
}

extension InferenceRule {
    fileprivate static let frames = InferenceRule { node in
        let isOneSided = try node.binding.flag("onesided", default: true)
        guard let signal = node.shape(0) else { return }
        guard signal.count == 3 else {
            throw GraphError(.argument, "rank \(signal.count), expected 3", argument: "signal")
        }
        let window = try node.vector(2, "window")?[0] ?? .unknown
        var length: Dimension = signal[1]
        if node.isGiven(3) {
            length = try node.unified(node.dimension(3, "frame_length"), window, "window")
        } else if node.isGiven(2) {
            length = window
        }
        var frames = Dimension.unknown
        if case .size(let size) = signal[1], case .size(let length) = length, let step = node.integers(1)?.first,
            step >= 1, length >= 1, length <= size
        {
            frames = .size((size - length) / Int64(step) + 1)
        }
        var bins = length
        if isOneSided { if case .size(let length) = length { bins = .size(length / 2 + 1) } else { bins = .unknown } }
        node.set(0, shape: [signal[0], frames, bins, .size(2)])
    }
}
