import GraphIR

extension Operator {
    /// Strings without stop words, in lower or upper case. Where none is left, one empty string.
    /// https://onnx.ai/onnx/operators/onnx__StringNormalizer.html, version 10.
    ///
    /// Case is changed as Unicode says for all languages; for those with rules of their own it is refused.
    static let stringNormalizer = Operator(
        "StringNormalizer", accuracy: .exact,
        infer: InferenceRule { node in
            guard let shape = try node.shape(0, rank: 1...2, "X") else { return }
            guard shape.count == 1 || (shape[0].known ?? 1) == 1 else {
                throw GraphError(.argument, "shape \(shape.text), expected [C] or [1, C]", argument: "X")
            }
            node.set(0, shape: shape.count == 2 ? [.size(1), .unknown] : [.unknown])
        }
    ) { binding in
        let stopwords = try binding.strings("stopwords") ?? []
        let isCaseSensitive = try binding.flag("is_case_sensitive")
        let action = try binding.string("case_change_action") ?? "NONE"
        guard ["NONE", "LOWER", "UPPER"].contains(action) else {
            throw GraphError(.argument, "\"\(action)\" is none of LOWER, UPPER, NONE", argument: "case_change_action")
        }
        let locale = try binding.string("locale") ?? ""
        let language = locale.prefix { $0.isLetter }.lowercased()
        if (action != "NONE" || !isCaseSensitive) && ["tr", "az", "lt"].contains(language) {
            throw GraphError(
                .unsupportedArgument, "the case rules of \"\(locale)\" aren't implemented", argument: "locale")
        }
        let stops = Set(try isCaseSensitive ? stopwords : stopwords.map { try cased($0, "LOWER") })
        return { call in
            let x = try call.input(0)
            guard x.shape.count == 1 || (x.shape.count == 2 && x.shape[0] == 1) else {
                throw GraphError(.argument, "shape \(x.shape), expected [C] or [1, C]", argument: "X")
            }
            var kept: [[UInt8]] = []
            for string in try x.strings("X") {
                let key = try isCaseSensitive || stops.isEmpty ? string : cased(string, "LOWER")
                if stops.contains(key) { continue }
                kept.append(try action == "NONE" ? string : cased(string, action))
            }
            if kept.isEmpty { kept = [[]] }
            return [try Tensor(strings: kept, shape: x.shape.count == 2 ? [1, kept.count] : [kept.count])]
        }
    }
}

private func cased(_ bytes: [UInt8], _ action: String) throws -> [UInt8] {
    guard let text = String(validating: bytes, as: UTF8.self) else {
        throw GraphError(.argument, "a string is not UTF-8", argument: "X")
    }
    return Array((action == "LOWER" ? text.lowercased() : text.uppercased()).utf8)
}
