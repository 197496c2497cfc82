import Formats
import GraphIR

/// The suite's own measure of sameness: |value − expected| ≤ atol + rtol · |expected|, as NumPy's `assert_allclose`.
struct Tolerance {
    var relative = 1e-3
    var absolute = 1e-7

    /// - Parameter path: a JSON file of `rtol` and `atol`; without it ONNX's defaults hold.
    init(path: String) throws {
        guard fileExists(path) else { return }
        let json = try JSONValue.parse(Bytes(FileSource(path: path)).array())
        relative = json["rtol"]?.doubleValue ?? relative
        absolute = json["atol"]?.doubleValue ?? absolute
    }

    /// What differs, or `nil`.
    /// - Parameter isRandom: only type, shape, the set of values and, loosely, their mean are compared.
    func difference(_ found: RuntimeValue, _ expected: RuntimeValue, isRandom: Bool) throws -> String? {
        switch (found, expected) {
        case (.tensor(let found), .tensor(let expected)):
            return try difference(found, expected, isRandom: isRandom)
        case (.sequence(let found), .sequence(let expected)):
            guard found.count == expected.count else { return "\(found.count) items, expected \(expected.count)" }
            for (index, pair) in zip(found, expected).enumerated() {
                if let problem = try difference(pair.0, pair.1, isRandom: isRandom) {
                    return "item \(index): \(problem)"
                }
            }
            return nil
        case (.optional(let found), .optional(let expected)):
            switch (found, expected) {
            case (nil, nil): return nil
            case (let found?, let expected?): return try difference(found, expected, isRandom: isRandom)
            case (nil, _): return "an empty optional, expected one that holds \(expected?.kindName ?? "a value")"
            case (_, nil): return "an optional that holds \(found?.kindName ?? "a value"), expected an empty one"
            }
        case (.map(let keys, let values), .map(let expectedKeys, let expectedValues)):
            return try difference(keys, expectedKeys, isRandom: false)
                ?? difference(values, expectedValues, isRandom: isRandom)
        default: return "\(found.kindName), expected \(expected.kindName)"
        }
    }

    private func difference(_ found: Tensor, _ expected: Tensor, isRandom: Bool) throws -> String? {
        guard found.elementType == expected.elementType else {
            return "type \(found.elementType.onnxName), expected \(expected.elementType.onnxName)"
        }
        guard found.shape == expected.shape else { return "shape \(found.shape), expected \(expected.shape)" }
        if case .strings(let left) = found.contents, case .strings(let right) = expected.contents {
            guard let index = left.indices.first(where: { left[$0] != right[$0] }) else { return nil }
            return "element \(index) is \"\(String(decoding: left[index], as: UTF8.self))\", expected "
                + "\"\(String(decoding: right[index], as: UTF8.self))\""
        }
        if found.elementType != .string, try found.bytes().array() == expected.bytes().array() { return nil }
        let values = try found.numbers()
        let wanted = try expected.numbers()
        if isRandom { return rateDifference(values, wanted) }
        var count = 0
        var worst = 0.0
        var text = ""
        for (index, (value, target)) in zip(values, wanted).enumerated() {
            if value == target || (value.isNaN && target.isNaN) { continue }
            let error = (value - target).magnitude
            if error <= absolute + relative * target.magnitude { continue }
            count += 1
            if text.isEmpty || error > worst {
                worst = error
                text = "element \(index) is \(value), expected \(target)"
            }
        }
        return count == 0 ? nil : "\(count) of \(values.count) elements differ, \(text)"
    }

    /// Draws can't be compared one by one: they must lie in the range of the expected ones, widened by half, and their
    /// mean within five standard errors of the expected mean.
    private func rateDifference(_ values: [Double], _ wanted: [Double]) -> String? {
        guard let least = wanted.min(), let greatest = wanted.max(), !values.isEmpty else { return nil }
        let margin = (greatest - least) / 2
        if let stray = values.first(where: { !($0 >= least - margin && $0 <= greatest + margin) }) {
            return "a draw of \(stray), expected \(least) to \(greatest)"
        }
        func mean(_ numbers: [Double]) -> Double { numbers.reduce(0, +) / Double(numbers.count) }
        let center = mean(wanted)
        let variance = mean(wanted.map { ($0 - center) * ($0 - center) })
        let error = (variance / Double(wanted.count)).squareRoot()
        let distance = (mean(values) - center).magnitude
        // Both means are estimates, so their difference has √2 times one's standard error.
        return distance <= 5 * error * 2.0.squareRoot() ? nil : "a mean of \(mean(values)), expected about \(center)"
    }
}

extension Tensor {
    /// The elements as numbers, sub-byte types and the parts of complex ones too.
    fileprivate func numbers() throws -> [Double] {
        switch elementType {
        case .complex64: return try Tensor(.float32, shape: shape + [2], bytes: bytes()).doubles()
        case .complex128: return try Tensor(.float64, shape: shape + [2], bytes: bytes()).doubles()
        case .int4, .uint4, .int2, .uint2:
            let width = elementType.bitWidth
            let isSigned = elementType == .int4 || elementType == .int2
            let packed = try bytes().array()
            return (0..<count).map { index in
                let code = Int(packed[index * width / 8] >> UInt8(index * width % 8)) & ((1 << width) - 1)
                return Double(isSigned && code >= 1 << (width - 1) ? code - (1 << width) : code)
            }
        default: return try doubles()
        }
    }
}
