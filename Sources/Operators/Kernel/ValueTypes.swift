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

    /// What is true of a value that is of one type or the other, as behind two branches: dimensions that differ are
    /// unknown.
    /// - Returns: `nil` where the types have nothing in common or one isn't known.
    func common(with other: ValueType?) -> ValueType? {
        guard let other else { return nil }
        switch (kind, other.kind) {
        case (.tensor(let type, _), .tensor(let otherType, _)):
            guard type == otherType else { return nil }
            guard let ours = dimensions, let theirs = other.dimensions, ours.count == theirs.count else {
                return ValueType(.tensor(elementType: type, shape: nil))
            }
            let shape = zip(ours, theirs).map { AnnotatedDimension($0 == $1 ? $0 : .unknown) }
            return ValueType(.tensor(elementType: type, shape: shape))
        case (.sequence(let item), .sequence(let otherItem)):
            return ValueType(.sequence(item?.common(with: otherItem)))
        case (.optional(let item), .optional(let otherItem)):
            return ValueType(.optional(item?.common(with: otherItem)))
        default: return self == other ? self : nil
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
