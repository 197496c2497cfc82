import GraphIR

/// What a kernel is called with.
public struct Call: Sendable {
    /// The inputs; `nil` for one that is left out.
    public var values: [RuntimeValue?]
    /// How many outputs the node has, wanted or not.
    public let outputCount: Int
    /// Bytes that the call may still allocate.
    public let memory: Int
    /// When to give up.
    public let deadline: ContinuousClock.Instant?
    /// Values of enclosing graphs that the node's bodies use, in the order of the bound program.
    public let captures: [RuntimeValue]

    public init(
        values: [RuntimeValue?], outputCount: Int, memory: Int, deadline: ContinuousClock.Instant? = nil,
        captures: [RuntimeValue] = []
    ) {
        self.values = values
        self.outputCount = outputCount
        self.memory = memory
        self.deadline = deadline
        self.captures = captures
    }

    /// The inputs of a kernel that takes tensors only.
    public var inputs: [Tensor?] { values.map { $0?.tensor } }

    /// An optional input.
    public subscript(position: Int) -> Tensor? { values[checked: position]??.tensor }

    /// - Throws: `op.argument` where the input is left out.
    public func input(_ position: Int) throws -> Tensor {
        guard let tensor = self[position] else {
            if let other = values[checked: position] ?? nil {
                throw GraphError(
                    .argument, "expected a tensor, found \(other.kindName)", argument: "input \(position)")
            }
            throw GraphError(.argument, "the input is required", argument: "input \(position)")
        }
        return tensor
    }

    /// An input of any kind.
    /// - Throws: `op.argument` where it is left out.
    public func value(_ position: Int) throws -> RuntimeValue {
        guard let value = values[checked: position] ?? nil else {
            throw GraphError(.argument, "the input is required", argument: "input \(position)")
        }
        return value
    }

    /// The items of an input that is a sequence.
    /// - Throws: `op.argument` where it is left out or of another kind.
    public func sequence(_ position: Int) throws -> [RuntimeValue] {
        guard case .sequence(let items) = try value(position) else {
            throw GraphError(
                .argument, "expected a sequence, found \(try value(position).kindName)", argument: "input \(position)")
        }
        return items
    }

    /// The elements of an integer input, int32 or int64: shapes, axes, indices.
    /// - Throws: `op.argument` where it holds another type or isn't a vector or scalar.
    public func integers(_ position: Int) throws -> [Int]? {
        guard let tensor = self[position] else { return nil }
        let name = "input \(position)"
        guard tensor.shape.count <= 1 else {
            throw GraphError(.argument, "expected a vector, found shape \(tensor.shape)", argument: name)
        }
        switch tensor.elementType {
        case .int64: return try tensor.array(of: Int64.self).map { Int($0) }
        case .int32: return try tensor.array(of: Int32.self).map { Int($0) }
        default:
            throw GraphError(.argument, "expected int32 or int64, found \(tensor.elementType.onnxName)", argument: name)
        }
    }

    /// - Throws: `limit.memory` where an array of this size goes beyond what the session may use, `tensor.shape` where
    ///   the shape is none.
    public func check(_ type: ElementType, _ shape: [Int]) throws {
        guard let count = shape.checkedProduct(), shape.count <= Tensor.maximumRank,
            let bytes = type == .string ? count.multiplied(checked: 16) : type.byteCount(of: count)
        else {
            throw GraphError(.shape, "the result would have the shape \(shape)")
        }
        guard bytes <= memory else {
            throw GraphError(
                .memory, "the result of shape \(shape) takes \(bytes) bytes, \(memory) are left of the limit",
                hint: "raise the session's memory limit (--memory-limit)")
        }
    }

    /// A new tensor that `fill` writes.
    /// - Parameter clears: whether the elements are zero at first; without that `fill` must write every one.
    public func make<T: BitwiseCopyable>(
        _ type: ElementType, _ shape: [Int], as element: T.Type = T.self, clears: Bool = true,
        _ fill: (UnsafeMutableBufferPointer<T>) throws -> Void
    ) throws -> Tensor {
        try check(type, shape)
        let size = try Tensor.byteCount(type, shape: shape)
        let source = try HeapSource(count: size, clears: clears) { try fill($0.bindMemory(to: T.self)) }
        return try Tensor(type, shape: shape, bytes: Bytes(source))
    }

    /// A new tensor of a type that has a Swift type.
    public func make<T: TensorElement>(
        _ shape: [Int], of element: T.Type = T.self, clears: Bool = true,
        _ fill: (UnsafeMutableBufferPointer<T>) throws -> Void
    ) throws -> Tensor {
        try make(T.elementType, shape, as: T.self, clears: clears, fill)
    }

    /// - Throws: `limit.time` once the session's time is over. For the outer loops of long kernels.
    public func checkTime() throws {
        if let deadline, ContinuousClock.now >= deadline {
            throw GraphError(.time, "the time limit is over", hint: "raise the session's time limit (--time-limit)")
        }
    }

    /// The same call with other inputs.
    public func with(inputs: [Tensor?]) -> Call {
        with(values: inputs.map { $0.map(RuntimeValue.tensor) })
    }

    /// The same call with other inputs, of which some have memory in use already.
    public func with(values: [RuntimeValue?], using bytes: Int = 0) -> Call {
        Call(
            values: values, outputCount: outputCount, memory: Swift.max(memory.subtracting(checked: bytes) ?? 0, 0),
            deadline: deadline, captures: captures)
    }
}

extension Tensor {
    /// Calls `body` with the elements in memory, aligned for `T`; the tensor's bytes are copied where they are not.
    func withElements<T: BitwiseCopyable, R>(
        _ type: T.Type = T.self, _ body: (UnsafeBufferPointer<T>) throws -> R
    ) throws -> R {
        try bytes().withUnsafeBytes { raw in
            guard let base = raw.baseAddress, raw.count > 0 else {
                return try body(UnsafeBufferPointer(start: nil, count: 0))
            }
            if Int(bitPattern: base) % MemoryLayout<T>.alignment == 0 { return try body(raw.bindMemory(to: T.self)) }
            let copy = try allocate(raw.count)
            defer { copy.deallocate() }
            copy.copyMemory(from: raw)
            return try body(UnsafeBufferPointer(copy.bindMemory(to: T.self)))
        }
    }

    /// The only element.
    /// - Throws: `op.argument` where there are more or none.
    func scalar<T: TensorElement>(_ type: T.Type = T.self, _ name: String) throws -> T {
        guard count == 1, let value = try array(of: T.self).first else {
            throw GraphError(.argument, "expected one element, found shape \(shape)", argument: name)
        }
        return value
    }
}
