import GraphIR

/// NumPy's arrays, scalars and dtypes.
extension PickleMachine {
    func constructNumPy(_ name: String, _ arguments: [ID]) throws -> ID? {
        switch name {
        case "numpy.dtype":
            guard let first = arguments.first else { return nil }
            let code = arena.text(first) ?? arena.name(first)?.split(separator: ".").last.map(String.init) ?? ""
            var type = NumPyDtype(code: code)
            if let order = code.first, "<>=|".contains(order) {
                type.isBigEndian = order == ">"
                type.code = String(code.dropFirst())
            }
            arena.numpyTypes.append(type)
            return try arena.add(.numpyType(arena.numpyTypes.count - 1))
        case "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct":
            guard let type = arguments.first, let typeName = arena.name(type) else {
                throw FormatError(.pickleType, "\(name) needs a class")
            }
            return try arena.addObject(RawObject(className: typeName, arguments: Array(arguments.dropFirst())))
        case "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar":
            guard arguments.count == 2, case .numpyType(let index) = arena[arguments[0]] else { return nil }
            let type = arena.numpyTypes[index]
            guard let element = type.elementType, let bytes = blob(arguments[1]) else {
                return try arena.addObject(RawObject(className: "numpy.\(type.code)", arguments: [arguments[1]]))
            }
            return try scalar(try array(type, element, shape: [], bytes: bytes, isFortran: false), element)
        case "numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer":
            guard arguments.count == 4, case .numpyType(let index) = arena[arguments[1]],
                let element = arena.numpyTypes[index].elementType, let bytes = blob(arguments[0])
            else { return try arena.addObject(RawObject(className: "numpy.ndarray", arguments: arguments)) }
            let shape = try integers(arguments[2], "an array's shape")
            return try arena.addTensor(
                try array(
                    arena.numpyTypes[index], element, shape: shape, bytes: bytes,
                    isFortran: arena.text(arguments[3]) == "F"))
        default:
            if name.hasPrefix("numpy.random._pickle.") {
                return try arena.addObject(RawObject(className: name, arguments: arguments))
            }
            return nil
        }
    }

    /// `ndarray.__setstate__((version, shape, dtype, is_fortran, data))`.
    func buildArray(_ target: ID, _ state: ID) throws {
        guard case .object(let object) = arena[target] else { return }
        guard let parts = arena.items(state), parts.count == 5, case .numpyType(let index) = arena[parts[2]] else {
            throw FormatError(.pickleType, "the state of an array is \(arena.kind(state)), expected five parts")
        }
        let type = arena.numpyTypes[index]
        guard let element = type.elementType, let bytes = blob(parts[4]) else {
            arena.objects[object].state = state
            return
        }
        let tensor = try array(
            type, element, shape: try integers(parts[1], "an array's shape"), bytes: bytes,
            isFortran: arena.bool(parts[3]) ?? false)
        arena.tensors.append(tensor)
        arena[target] = .tensor(arena.tensors.count - 1)
    }

    private func blob(_ id: ID) -> Bytes? {
        switch arena[id] {
        case .bytes(let index), .byteString(let index): arena.blobs[index]
        default: nil
        }
    }

    private func array(
        _ type: NumPyDtype, _ element: ElementType, shape: [Int], bytes: Bytes, isFortran: Bool
    ) throws -> RawTensor {
        let wanted = try Tensor.byteCount(element, shape: shape)
        guard wanted == bytes.count else {
            throw FormatError(
                .tensorBounds, "an array of shape \(shape) takes \(wanted) bytes, there are \(bytes.count)")
        }
        let unit = byteOrderUnit(element)
        var content = type.isBigEndian && unit > 1 ? Bytes(SwappedSource(bytes, unit: unit)) : bytes
        if isFortran {
            let strides = Array(TensorLayout.denseStrides(shape.reversed()).reversed())
            let layout = try TensorLayout(element, shape: shape, strides: strides, offset: 0, storageBytes: bytes.count)
            content = try layout.bytes(of: content)
        }
        return RawTensor(type: element, shape: shape, content: .dense(content))
    }

    /// NumPy's plain numbers become Python's; the rarer types stay tensors without dimensions.
    private func scalar(_ tensor: RawTensor, _ type: ElementType) throws -> ID {
        guard case .dense(let bytes) = tensor.content else { return try arena.addTensor(tensor) }
        let value = try Tensor(type, shape: [], bytes: bytes)
        switch type {
        case .float64: return try arena.add(.float(try value.array(of: Double.self).first ?? 0))
        case .float32: return try arena.add(.float(Double(try value.array(of: Float.self).first ?? 0)))
        case .int64: return try arena.add(.int(try value.array(of: Int64.self).first ?? 0))
        case .int32: return try arena.add(.int(Int64(try value.array(of: Int32.self).first ?? 0)))
        case .bool: return try arena.add(.bool(try bytes.array().first != 0))
        default: return try arena.addTensor(tensor)
        }
    }
}
