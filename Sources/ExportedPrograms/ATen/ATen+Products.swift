import Foundation
import GraphIR

extension ATenTable {
    mutating func addProducts() {
        add("linear") { c in
            let x = try c.tensor("input")
            let weight = try c.tensor("weight")
            let bias = try c.optionalTensor("bias")
            if x.rank == 2, weight.rank == 2 {
                guard x.shape[1].mayBe(weight.shape[1]) else {
                    throw c.net.invalid("\(x.shape.text) through a layer \(weight.shape.text)")
                }
                let result = [x.shape[0], weight.shape[0]]
                if let bias, try c.net.broadcast(bias.shape, result) != result {
                    throw c.net.invalid("\(bias.shape.text) added to \(result.text)")
                }
                try c.net.keepSamplesApart(x, axes: [1])
                return try c.net.emit(
                    "Gemm", [x, weight, bias], [Attribute("transB", .int(1))], shape: result)
            }
            let flipped = weight.rank == 2 ? try c.net.permute(weight, [1, 0]) : weight
            let product = try c.net.matMul(x, flipped)
            return try bias.map { try c.net.binary("Add", product, $0) } ?? product
        }
        add("matmul") { c in try c.net.matMul(c.tensor("self"), c.tensor("other")) }
        for name in ["mm", "bmm"] { add(name) { c in try c.net.matMul(c.tensor("self"), c.tensor("mat2")) } }
        add("mv") { c in try c.net.matMul(c.tensor("self"), c.tensor("vec")) }
        add("dot") { c in try c.net.matMul(c.tensor("self"), c.tensor("tensor")) }
        add("vdot") { c in try c.net.matMul(c.tensor("self"), c.tensor("other")) }
        add("addmm") { c in try c.net.affine(c, c.tensor("mat1"), c.tensor("mat2")) }
        add("baddbmm") { c in try c.net.affine(c, c.tensor("batch1"), c.tensor("batch2")) }
        add("addmv") { c in try c.net.affine(c, c.tensor("mat"), c.tensor("vec")) }
        add("einsum") { c in
            let tensors = try c.tensors("tensors")
            let equation = try c.string("equation").filter { $0 != " " }
            return try c.net.einsum(equation, tensors)
        }
        add("cosine_similarity") { c in
            let (a, b) = try (c.tensor("x1"), c.tensor("x2"))
            let axis = try c.axis("dim", rank: max(a.rank, b.rank))
            let epsilon = try c.real("eps")
            func unit(_ x: Wire) throws -> Wire {
                let length = try c.net.reduced("ReduceL2", x, axes: [axis], keeps: true)
                return try c.net.binary("Div", x, c.net.with("Max", length, epsilon))
            }
            return try c.net.reduced(
                "ReduceSum", c.net.binary("Mul", unit(a), unit(b)), axes: [axis], keeps: false)
        }
    }
}

extension ATenTranslator {
    /// PyTorch's `matmul`, which is NumPy's and ONNX's.
    func matMul(_ a: Wire, _ b: Wire) throws -> Wire {
        guard a.rank > 0, b.rank > 0 else { throw invalid("a product of \(a.shape.text) and \(b.shape.text)") }
        try keepSamplesApart(a, axes: [a.rank - 1])
        try keepSamplesApart(b, axes: [max(b.rank - 2, 0)])
        let left = a.rank == 1 ? [.number(1)] + a.shape : a.shape
        let right = b.rank == 1 ? b.shape + [.number(1)] : b.shape
        let (inner, other) = (left[left.count - 1], right[right.count - 2])
        guard inner.mayBe(other) else {
            throw invalid("a product of \(a.shape.text) and \(b.shape.text)")
        }
        var shape = try broadcast(left.dropLast(2), right.dropLast(2))
        if a.rank > 1 { shape.append(left[left.count - 2]) }
        if b.rank > 1 { shape.append(right[right.count - 1]) }
        return try emit("MatMul", [a, b], shape: shape)
    }

    /// beta·self + alpha·(a·b).
    fileprivate func affine(_ call: ATenCall, _ a: Wire, _ b: Wire) throws -> Wire {
        let bias = try call.tensor("self")
        let (alpha, beta) = try (call.number("alpha"), call.number("beta"))
        if a.rank == 2, b.rank == 2, alpha.real == 1, beta.real == 1, bias.rank <= 2 {
            guard a.shape[1].mayBe(b.shape[0]) else {
                throw invalid("a product of \(a.shape.text) and \(b.shape.text)")
            }
            let result = [a.shape[0], b.shape[1]]
            guard try broadcast(bias.shape, result) == result else {
                throw invalid("\(bias.shape.text) added to \(result.text)")
            }
            try keepSamplesApart(a, axes: [1])
            return try emit("Gemm", [a, b, bias], shape: result)
        }
        let product = try scaled(matMul(a, b), by: alpha)
        return beta.real == 0 ? product : try binary("Add", scaled(bias, by: beta), product)
    }

    /// Einstein's sum of an equation such as `bhlk,bhtk->bhlt`; an ellipsis stands for axes that all have.
    func einsum(_ equation: String, _ tensors: [Wire]) throws -> Wire {
        let sides = equation.components(separatedBy: "->")
        let terms = sides[0].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard terms.count == tensors.count, sides.count <= 2 else { throw invalid("the equation '\(equation)'") }
        var sizes: [Character: SymbolicInt] = [:]
        var counts: [Character: Int] = [:]
        var rest: [SymbolicInt] = []
        for (term, tensor) in zip(terms, tensors) {
            let parts = term.components(separatedBy: "...")
            let letters = Array(parts.joined())
            let open = tensor.rank - letters.count
            guard parts.count <= 2, open >= 0, open == 0 || parts.count == 2 else {
                throw invalid("the equation '\(equation)' of tensors of other ranks")
            }
            rest = try broadcast(rest, Array(tensor.shape[parts[0].count..<(parts[0].count + open)]))
            let shapes = Array(tensor.shape[..<parts[0].count] + tensor.shape[(parts[0].count + open)...])
            for (letter, size) in zip(letters, shapes) {
                let other = sizes[letter] ?? .number(1)
                guard size == .number(1) || other == .number(1) || size.mayBe(other) else {
                    throw invalid("'\(letter)' is both \(other.text) and \(size.text) in '\(equation)'")
                }
                if sizes[letter] == nil || other == .number(1) { sizes[letter] = size }
                counts[letter, default: 0] += 1
            }
        }
        let output: String
        if sides.count == 2 {
            output = sides[1]
        } else {
            let free = counts.filter { $0.value == 1 }.keys.sorted()
            output = (sides[0].contains("...") ? "..." : "") + String(free)
        }
        let parts = output.components(separatedBy: "...")
        let shape = try parts.enumerated().flatMap { index, part in
            try (index == 1 ? rest : [])
                + part.map { letter in
                    guard let size = sizes[letter] else { throw invalid("the equation '\(equation)'") }
                    return size
                }
        }
        if let assumedBatch {
            for (letter, size) in sizes where size.mentions(assumedBatch) && !output.contains(letter) {
                throw notApart("samples meet in '\(equation)'")
            }
        }
        return try emit(
            "Einsum", tensors, [Attribute("equation", .string(Array((sides[0] + "->" + output).utf8)))], shape: shape)
    }
}
