import GraphIR

extension Operator {
    /// Σ of products of elements, over all indices of the terms that the output's term hasn't: `ij,jk->ik` is a matrix
    /// product.
    /// https://onnx.ai/onnx/operators/onnx__Einsum.html, versions 12, 28. Integers wrap.
    ///
    /// Two tensors at a time, as stacks of matrix products; of many tensors first those whose product is smallest. An axis
    /// of size 1 is repeated against a longer one of the same letter.
    static let einsum = Operator("Einsum", accuracy: .accumulating, infer: .einsum) { binding in
        let equation = try EinsumEquation(parsing: binding.bytes("equation") ?? [])
        return roundingOnce { call in
            let tensors = try call.values.indices.map { try call.input($0) }
            guard let type = tensors.first?.elementType, type != .bool else {
                throw GraphError(.argument, "expected at least one tensor of numbers", argument: "Inputs")
            }
            for tensor in tensors { try requireType(type, tensor) }
            var contraction = try Contraction(equation, tensors, call)
            return [try contraction.run()]
        }
    }
}

/// Tensors whose axes have labels, on their way to one.
private struct Contraction {
    struct Operand {
        /// Its axes are all longer or shorter than 1 and have different labels.
        var tensor: Tensor
        var labels: [Int]
        /// Bytes that it takes besides the inputs.
        var bytes: Int

        func size(_ label: Int) -> Int { labels.firstIndex(of: label).map { tensor.shape[$0] } ?? 1 }
    }

    private let call: Call
    private let output: [Int]
    private let outputShape: [Int]
    private var operands: [Operand] = []

    /// - Throws: `op.argument` where sizes don't fit.
    init(_ equation: EinsumEquation, _ tensors: [Tensor], _ call: Call) throws {
        self.call = call
        let labels = try equation.labels(ranks: tensors.map(\.shape.count))
        output = labels.output
        var sizes: [Int: Int] = [:]
        for (tensor, labels) in zip(tensors, labels.inputs) {
            for (size, label) in zip(tensor.shape, labels) where size != 1 {
                guard sizes[label] ?? size == size else {
                    throw EinsumEquation.error("an index has the sizes \(sizes[label] ?? 1) and \(size)")
                }
                sizes[label] = size
            }
        }
        outputShape = output.map { sizes[$0] ?? 1 }
        try call.check(tensors.first?.elementType ?? .float32, outputShape)
        for (tensor, labels) in zip(tensors, labels.inputs) {
            operands.append(try diagonal(tensor, labels))
        }
    }

    /// What is left of the memory besides the operands at work.
    private var room: Call {
        call.with(values: [], using: operands.reduce(0) { $0.adding(checked: $1.bytes) ?? Int.max })
    }

    mutating func run() throws -> Tensor {
        for index in operands.indices { try sumOut(index) }
        while operands.count > 1 {
            try call.checkTime()
            let (first, second) = bestPair()
            let merged = try product(operands[first], operands[second], keeping: needed(without: [first, second]))
            operands.remove(at: second)
            operands[first] = merged
        }
        guard let last = operands.first else { throw EinsumEquation.error("there is no input") }
        let arranged = try permuted(last, output.filter { last.labels.contains($0) })
        return try arranged.reshaped(outputShape)
    }

    /// The labels that the output or an operand besides some has.
    private func needed(without left: Set<Int>) -> Set<Int> {
        var labels = Set(output)
        for index in operands.indices where !left.contains(index) { labels.formUnion(operands[index].labels) }
        return labels
    }

    /// An operand with its axes of size 1 left out, and of axes with one label the diagonal.
    private func diagonal(_ tensor: Tensor, _ labels: [Int]) throws -> Operand {
        let own = rowMajorStrides(tensor.shape)
        var kept: [Int] = []
        var shape: [Int] = []
        var strides: [Int] = []
        var seen: [Int: Int] = [:]
        for (axis, label) in labels.enumerated() {
            guard seen[label] ?? tensor.shape[axis] == tensor.shape[axis] else {
                throw EinsumEquation.error("a diagonal of an input of shape \(tensor.shape), which isn't square")
            }
            seen[label] = tensor.shape[axis]
            if tensor.shape[axis] == 1 { continue }
            if let index = kept.firstIndex(of: label) {
                strides[index] &+= own[axis]
            } else {
                kept.append(label)
                shape.append(tensor.shape[axis])
                strides.append(own[axis])
            }
        }
        if seen.count == labels.count {
            return Operand(tensor: try tensor.reshaped(shape), labels: kept, bytes: 0)
        }
        let result = try room.strided(tensor, shape: shape, strides: strides, offset: 0)
        return Operand(tensor: result, labels: kept, bytes: RuntimeValue.tensor(result).byteCount)
    }

    /// Sums over the axes that nothing else has.
    private mutating func sumOut(_ index: Int) throws {
        let others = needed(without: [index])
        let operand = operands[index]
        let axes = operand.labels.indices.filter { !others.contains(operand.labels[$0]) }
        if axes.isEmpty { return }
        let sum = try room.reduced(operand.tensor, over: axes, keepsAxes: false, .sum)
        operands[index] = Operand(
            tensor: sum, labels: operand.labels.filter { others.contains($0) },
            bytes: RuntimeValue.tensor(sum).byteCount)
    }

    /// The operands to multiply next: those of the smallest product, or the first two of very many.
    private func bestPair() -> (Int, Int) {
        if operands.count == 2 || operands.count > 16 { return (0, 1) }
        var best = (0, 1)
        var least = Double.infinity
        for first in operands.indices {
            for second in (first + 1)..<max(operands.count, first + 1) {
                let (a, b) = (operands[first], operands[second])
                let labels = Set(a.labels).union(b.labels).intersection(needed(without: [first, second]))
                let size = labels.reduce(1.0) { $0 * Double(Swift.max(a.size($1), b.size($1))) }
                if size < least { (best, least) = ((first, second), size) }
            }
        }
        return best
    }

    /// The product of two, summed over the labels that nothing else has.
    private func product(_ a: Operand, _ b: Operand, keeping kept: Set<Int>) throws -> Operand {
        let shared = a.labels.filter { b.labels.contains($0) }
        let stack = shared.filter { kept.contains($0) }
        let summed = shared.filter { !kept.contains($0) }
        let rows = a.labels.filter { !shared.contains($0) }
        let columns = b.labels.filter { !shared.contains($0) }
        func count(_ labels: [Int], _ operand: Operand) throws -> Int {
            guard let count = labels.map(operand.size).checkedProduct() else {
                throw GraphError(.shape, "the product has too many elements")
            }
            return count
        }
        let (deep, inner) = (try count(stack, a), try count(summed, a))
        let (high, wide) = (try count(rows, a), try count(columns, b))
        let left = try permuted(a, stack + rows + summed).reshaped([deep, high, inner])
        let right = try permuted(b, stack + summed + columns).reshaped([deep, inner, wide])
        let used = RuntimeValue.tensor(left).byteCount.adding(checked: RuntimeValue.tensor(right).byteCount)
        let room = room.with(values: [], using: used ?? Int.max)
        let shape = stack.map(a.size) + rows.map(a.size) + columns.map(b.size)
        let result =
            summed.isEmpty
            ? try room.outer(left.reshaped([deep, high, 1]), right)
            : try MatrixProduct(a: left, b: right).run(room)
        return Operand(
            tensor: try result.reshaped(shape), labels: stack + rows + columns,
            bytes: RuntimeValue.tensor(result).byteCount)
    }

    /// The operand's elements in the order of these labels, which are all of its own.
    private func permuted(_ operand: Operand, _ labels: [Int]) throws -> Tensor {
        if labels == operand.labels { return operand.tensor }
        let own = rowMajorStrides(operand.tensor.shape)
        let axes = labels.compactMap { operand.labels.firstIndex(of: $0) }
        return try room.strided(
            operand.tensor, shape: axes.map { operand.tensor.shape[$0] }, strides: axes.map { own[$0] }, offset: 0)
    }
}

extension Call {
    /// The products of all pairs that broadcasting makes.
    fileprivate func outer(_ a: Tensor, _ b: Tensor) throws -> Tensor {
        switch a.elementType {
        case .float32: try arithmetic(ArithmeticFunction.multiply.rawValue, a, b, Float.self)
        case .float64: try arithmetic(ArithmeticFunction.multiply.rawValue, a, b, Double.self)
        default: try dispatch(a.elementType, ProductWork(call: self, a: a, b: b))
        }
    }
}

private struct ProductWork: NumberWork {
    let call: Call
    let a: Tensor
    let b: Tensor

    func run<T: Number>(_: T.Type) throws -> Tensor {
        try call.zipped(a, b, to: a.elementType) { (x: T, y: T) in T.product(x, y) }
    }
}

extension InferenceRule {
    fileprivate static let einsum = InferenceRule { node in
        let equation = try EinsumEquation(parsing: node.binding.bytes("equation") ?? [])
        var shapes: [[Dimension]] = []
        for index in node.inputs.indices {
            guard let shape = node.shape(index) else {
                if let output = equation.output, !output.contains(.ellipsis) {
                    node.set(0, shape: output.map { _ in .unknown })
                }
                return
            }
            shapes.append(shape)
        }
        let labels = try equation.labels(ranks: shapes.map(\.count))
        var dimensions: [Int: Dimension] = [:]
        for (shape, labels) in zip(shapes, labels.inputs) {
            for (dimension, label) in zip(shape, labels) {
                dimensions[label] = try broadcastDimension(dimensions[label] ?? .size(1), dimension)
            }
        }
        node.set(0, shape: labels.output.map { dimensions[$0] ?? .unknown })
    }
}
