import GraphIR

/// Two things that are known of one type, put together or weighed against each other.
extension ValueType {
    /// All that two statements about one type say. A number tells more than a name, and of two names ours is kept.
    /// - Returns: `nil` where they contradict each other.
    public func merged(with other: ValueType?) -> ValueType? {
        guard let other, let theirs = other.kind else { return self }
        guard let kind else { return ValueType(theirs, denotation: denotation) }
        var result = self
        switch (kind, theirs) {
        case (.tensor(let type, let shape), .tensor(let otherType, let otherShape)):
            guard let type = merged(type, otherType), let shape = merged(shape, otherShape) else { return nil }
            result.kind = .tensor(elementType: type, shape: shape)
        case (.sparseTensor(let type, let shape), .sparseTensor(let otherType, let otherShape)):
            guard let type = merged(type, otherType), let shape = merged(shape, otherShape) else { return nil }
            result.kind = .sparseTensor(elementType: type, shape: shape)
        case (.sequence(let item), .sequence(let otherItem)):
            guard let item = merged(item, otherItem) else { return nil }
            result.kind = .sequence(item)
        case (.optional(let item), .optional(let otherItem)):
            guard let item = merged(item, otherItem) else { return nil }
            result.kind = .optional(item)
        case (.map(let key, let value), .map(let otherKey, let otherValue)):
            guard let key = merged(key, otherKey), let value = merged(value, otherValue) else { return nil }
            result.kind = .map(keyType: key, value: value)
        case (.opaque, .opaque):
            guard kind == theirs else { return nil }
        default: return nil
        }
        return result
    }

    /// What is true of a value that is of one type or the other: two branches, say.
    /// - Returns: a type without kind where they have nothing in common.
    public func common(with other: ValueType) -> ValueType {
        switch (kind, other.kind) {
        case (.tensor(let type, let shape), .tensor(let otherType, let otherShape)):
            ValueType(.tensor(elementType: type == otherType ? type : 0, shape: common(shape, otherShape)))
        case (.sparseTensor(let type, let shape), .sparseTensor(let otherType, let otherShape)):
            ValueType(.sparseTensor(elementType: type == otherType ? type : 0, shape: common(shape, otherShape)))
        case (.sequence(let item), .sequence(let otherItem)): ValueType(.sequence(common(item, otherItem)))
        case (.optional(let item), .optional(let otherItem)): ValueType(.optional(common(item, otherItem)))
        case (.map(let key, let value), .map(let otherKey, let otherValue)):
            ValueType(.map(keyType: key == otherKey ? key : 0, value: common(value, otherValue)))
        default: kind == other.kind ? self : ValueType(nil)
        }
    }

    /// The type with the same element types, but of shapes nothing is known.
    public var withoutShape: ValueType {
        var result = self
        switch kind {
        case .tensor(let type, _): result.kind = .tensor(elementType: type, shape: nil)
        case .sparseTensor(let type, _): result.kind = .sparseTensor(elementType: type, shape: nil)
        case .sequence(let item): result.kind = .sequence(item?.withoutShape)
        case .optional(let item): result.kind = .optional(item?.withoutShape)
        case .map(let key, let value): result.kind = .map(keyType: key, value: value?.withoutShape)
        default: break
        }
        return result
    }

    /// The type with every dimension put through a function.
    public func mapDimensions(_ change: (Dimension) -> Dimension) -> ValueType {
        func changed(_ shape: [AnnotatedDimension]?) -> [AnnotatedDimension]? {
            shape?.map { AnnotatedDimension(change($0.dimension), denotation: $0.denotation) }
        }
        var result = self
        switch kind {
        case .tensor(let type, let shape): result.kind = .tensor(elementType: type, shape: changed(shape))
        case .sparseTensor(let type, let shape): result.kind = .sparseTensor(elementType: type, shape: changed(shape))
        case .sequence(let item): result.kind = .sequence(item?.mapDimensions(change))
        case .optional(let item): result.kind = .optional(item?.mapDimensions(change))
        case .map(let key, let value): result.kind = .map(keyType: key, value: value?.mapDimensions(change))
        default: break
        }
        return result
    }

    private func merged(_ type: Int32, _ other: Int32) -> Int32? {
        type == other || other == 0 ? type : type == 0 ? other : nil
    }

    /// Doubly optional: no shape is something else than a contradiction.
    private func merged(_ shape: [AnnotatedDimension]?, _ other: [AnnotatedDimension]?) -> [AnnotatedDimension]?? {
        guard let shape else { return .some(other) }
        guard let other else { return .some(shape) }
        guard shape.count == other.count else { return nil }
        var result: [AnnotatedDimension] = []
        for (ours, theirs) in zip(shape, other) {
            guard let dimension = ours.dimension.cleaned.merged(with: theirs.dimension.cleaned) else { return nil }
            result.append(AnnotatedDimension(dimension, denotation: ours.denotation))
        }
        return .some(result)
    }

    private func merged(_ item: ValueType?, _ other: ValueType?) -> ValueType?? {
        guard let item else { return .some(other) }
        guard let result = item.merged(with: other) else { return nil }
        return .some(result)
    }

    private func common(_ shape: [AnnotatedDimension]?, _ other: [AnnotatedDimension]?) -> [AnnotatedDimension]? {
        guard let shape, let other, shape.count == other.count else { return nil }
        return zip(shape, other).map { AnnotatedDimension($0.dimension.cleaned.common(with: $1.dimension.cleaned)) }
    }

    private func common(_ item: ValueType?, _ other: ValueType?) -> ValueType? {
        guard let item, let other else { return nil }
        return item.common(with: other)
    }
}

extension Dimension {
    /// A negative size, which some exporters write for one they don't know, is unknown; so is a name without letters.
    fileprivate var cleaned: Dimension {
        switch self {
        case .size(let size) where size < 0: .unknown
        case .named(let name) where name.isEmpty: .unknown
        default: self
        }
    }
}
