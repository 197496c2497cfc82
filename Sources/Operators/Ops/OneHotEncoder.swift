import GraphIR

extension Operator {
    /// For each element a row of zeros with a 1 at the place of its category. Numbers are cut to integers first.
    /// https://onnx.ai/onnx/operators/onnx_aionnxml_OneHotEncoder.html, versions 1.
    static let oneHotEncoder = Operator(
        "OneHotEncoder", domain: "ai.onnx.ml", accuracy: .exact,
        infer: InferenceRule { node in
            let integers = try node.binding.ints("cats_int64s")?.count ?? 0
            let strings = try node.binding.strings("cats_strings")?.count ?? 0
            node.set(0, shape: node.shape(0).map { $0 + [.size(Int64(Swift.max(integers, strings)))] }, type: .float32)
        },
        bind: { binding in
            let integers = try binding.ints("cats_int64s") ?? []
            let strings = try binding.strings("cats_strings") ?? []
            let allowsUnknown = try binding.flag("zeros", default: true)
            guard integers.isEmpty != strings.isEmpty else {
                throw GraphError(
                    .argument, "expected one of cats_int64s and cats_strings", argument: "cats_int64s")
            }
            let byInteger = Dictionary(zip(integers, 0...), uniquingKeysWith: { $1 })
            let byString = Dictionary(zip(strings, 0...), uniquingKeysWith: { $1 })
            let count = Swift.max(integers.count, strings.count)
            let inDouble = binding.computesInDouble
            return { call in
                let x = try call.input(0)
                let places: [Int?]
                if case .strings(let values) = x.contents {
                    guard integers.isEmpty else {
                        throw GraphError(.argument, "strings, but the categories are integers", argument: "X")
                    }
                    places = values.map { byString[$0] }
                } else {
                    guard strings.isEmpty else {
                        throw GraphError(
                            .argument, "\(x.elementType.onnxName), but the categories are strings", argument: "X")
                    }
                    places = try call.converted(x, to: .int64).array(of: Int64.self).map { byInteger[$0] }
                }
                if !allowsUnknown, let unknown = places.firstIndex(of: nil) {
                    throw GraphError(.argument, "element \(unknown) is of no category", argument: "X")
                }
                return [
                    try call.make(inDouble ? .float64 : .float32, x.shape + [count], as: UInt8.self) { out in
                        out.update(repeating: 0)
                        let width = inDouble ? 8 : 4
                        for (index, place) in places.enumerated() {
                            guard let place else { continue }
                            let raw = UnsafeMutableRawBufferPointer(out)
                            let offset = (index * count + place) * width
                            if inDouble {
                                raw.storeBytes(of: 1.0, toByteOffset: offset, as: Double.self)
                            } else {
                                raw.storeBytes(of: 1.0, toByteOffset: offset, as: Float.self)
                            }
                        }
                    }
                ]
            }
        })
}
