import GraphIR

/// PyTorch's constructors: `torch._utils._rebuild_*` and what goes with them.
extension PickleMachine {
    func constructTorch(_ name: String, _ arguments: [ID]) throws -> ID? {
        switch name {
        case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2":
            try need(arguments, 4, name)
            var tensor = try view(arguments[0], arguments[1], arguments[2], arguments[3], type: nil)
            tensor.requiresGradient = arguments[checked: 4].flatMap { arena.bool($0) } ?? false
            if let metadata = arguments[checked: 6] { try checkMetadata(metadata) }
            return try arena.addTensor(tensor)
        case "torch._utils._rebuild_tensor_v3":
            try need(arguments, 7, name)
            var tensor = try view(
                arguments[0], arguments[1], arguments[2], arguments[3], type: try elementType(arguments[6]))
            tensor.requiresGradient = arena.bool(arguments[4]) ?? false
            if let metadata = arguments[checked: 7] { try checkMetadata(metadata) }
            return try arena.addTensor(tensor)
        case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state":
            try need(arguments, 2, name)
            guard var tensor = tensorNode(arguments[0]) else {
                throw FormatError(.pickleType, "a parameter of \(arena.kind(arguments[0])), expected a tensor")
            }
            tensor.isParameter = true
            tensor.requiresGradient = arena.bool(arguments[1]) ?? true
            tensor.attributes = arguments[checked: 3]
            return try arena.addTensor(tensor)
        case "torch._utils._rebuild_qtensor":
            try need(arguments, 5, name)
            var tensor = try view(arguments[0], arguments[1], arguments[2], arguments[3], type: nil)
            tensor.quantizer = try quantizer(arguments[4], rank: tensor.shape.count)
            return try arena.addTensor(tensor)
        case "torch._utils._rebuild_sparse_tensor", "torch._utils._rebuild_sparse_csr_tensor":
            try need(arguments, 2, name)
            return try sparse(arguments[0], arguments[1])
        case "torch._utils._rebuild_meta_tensor_no_storage":
            try need(arguments, 3, name)
            let shape = try integers(arguments[1], "a size")
            let type = try elementType(arguments[0])
            _ = try Tensor.byteCount(type, shape: shape)
            return try arena.addTensor(RawTensor(type: type, shape: shape, content: .meta))
        case "torch._utils._rebuild_device_tensor_from_numpy", "torch._utils._rebuild_xla_tensor":
            try need(arguments, 2, name)
            guard let tensor = tensorNode(arguments[0]) else {
                throw FormatError(.pickleType, "a tensor made of \(arena.kind(arguments[0])), expected an array")
            }
            return try arena.addTensor(tensor)
        case "torch._utils._rebuild_device_tensor_from_cpu_tensor":
            return arguments.first
        case "torch._tensor._rebuild_from_type_v2", "torch._tensor._rebuild_from_type":
            try need(arguments, 3, name)
            guard let inner = arena.items(arguments[2]) else {
                throw FormatError(.pickleType, "arguments are \(arena.kind(arguments[2])), expected a tuple")
            }
            let made = try call(arguments[0], inner)
            if case .tensor(let index) = arena[made] {
                arena.tensors[index].className = arena.name(arguments[1])
                arena.tensors[index].attributes = arguments[checked: 3]
            } else if case .object(let index) = arena[made] {
                arena.objects[index].className = arena.name(arguments[1]) ?? arena.objects[index].className
                arena.objects[index].state = arguments[checked: 3]
            }
            return made
        case "torch._utils._rebuild_wrapper_subclass":
            try need(arguments, 7, name)
            _ = try elementType(arguments[1])
            for size in try integers(arguments[2], "a size") + integers(arguments[3], "a stride") where size < 0 {
                throw FormatError(.tensorShape, "a size or stride of \(size)")
            }
            if arena.name(arguments[5]) == "torch.serialization._get_layout" {
                throw FormatError(.pickleType, "the layout of a wrapper is a function, expected a layout")
            }
            return try arena.addObject(RawObject(className: name, arguments: arguments))
        case "torch._utils._rebuild_nested_tensor":
            return try arena.addObject(RawObject(className: name, arguments: arguments))
        case "torch.serialization._get_layout":
            guard let layout = arguments.first, arena.text(layout) != nil else {
                throw FormatError(.pickleType, "a layout needs its name")
            }
            return layout
        case "torch.Size":
            let sizes = try arguments.first.map { try integers($0, "a size") } ?? []
            return try arena.addTuple(try sizes.map { try arena.add(.int(Int64($0))) })
        case "torch.storage._load_from_bytes": return try nestedStorage(arguments)
        case "torch.jit._pickle.restore_type_tag", "torch.jit._pickle.build_intlist",
            "torch.jit._pickle.build_doublelist", "torch.jit._pickle.build_boollist",
            "torch.jit._pickle.build_tensorlist":
            return arguments.first
        default:
            if isTensorClass(name) || name.hasSuffix("Storage") { return try emptyTensor(name, arguments) }
            if name.hasPrefix("torch._utils._rebuild_") {
                throw FormatError(.pickleType, "\(name) is not known", faultClass: .unsupported)
            }
            return nil
        }
    }

    private func need(_ arguments: [ID], _ count: Int, _ name: String) throws {
        guard arguments.count >= count else {
            throw FormatError(.pickleType, "\(name) has \(arguments.count) arguments, needs \(count)")
        }
    }

    private func tensorNode(_ id: ID) -> RawTensor? {
        if case .tensor(let index) = arena[id] { return arena.tensors[index] }
        return nil
    }

    /// A tensor class or storage that is called makes uninitialised memory in PyTorch; weights never come that way.
    private func emptyTensor(_ name: String, _ arguments: [ID]) throws -> ID {
        if let parameter = arguments.first.flatMap({ tensorNode($0) }) { return try arena.addTensor(parameter) }
        if arguments.contains(where: { if case .int = arena[$0] { true } else { false } }) {
            throw FormatError(
                .limitMemory, "\(name) is called with sizes: it asks for memory that holds no weights",
                hint: "an honest checkpoint keeps its tensors in storages")
        }
        return try arena.addObject(RawObject(className: name, arguments: arguments))
    }

    private func checkMetadata(_ id: ID) throws {
        guard case .dictionary(let index) = arena[id] else { return }
        let pairs = arena.children[index]
        try charge(pairs.count)
        for position in stride(from: 0, to: pairs.count - 1, by: 2) {
            let key = arena.text(pairs[position]) ?? ""
            if key == "conj" || key == "neg", arena.bool(pairs[position + 1]) ?? false {
                throw FormatError(
                    .tensorValue, "a tensor whose \(key) bit is set is not read",
                    hint: "save it with .resolve_conj().resolve_neg()", faultClass: .unsupported)
            }
        }
    }

    func elementType(_ id: ID) throws -> ElementType {
        guard let name = arena.name(id) else {
            throw FormatError(.pickleType, "a dtype is \(arena.kind(id)), expected a global such as torch.float32")
        }
        return try TorchElementType.named(name)
    }

    /// A view of a storage, checked against it.
    /// - Parameter type: where it isn't the storage's own.
    func view(_ storage: ID, _ offset: ID, _ size: ID, _ strides: ID, type: ElementType?) throws -> RawTensor {
        guard case .storage(let index) = arena[storage] else {
            throw FormatError(.pickleType, "a tensor's storage is \(arena.kind(storage))")
        }
        let shape = try integers(size, "a size")
        let strides = try integers(strides, "a stride")
        let start: Int
        switch arena[offset] {
        case .int, .bool: start = try integer(offset, "a storage offset")
        case .bigInt: throw FormatError(.tensorBounds, "a storage offset past 64 bits")
        default: throw FormatError(.pickleType, "a storage offset is \(arena.kind(offset)), expected an int")
        }
        let element = type ?? arena.storages[index].type
        try locating(item: "storage \(arena.storages[index].key)") {
            _ = try TensorLayout(
                element, shape: shape, strides: strides, offset: start,
                storageBytes: arena.storages[index].byteCount)
        }
        return RawTensor(
            type: element, shape: shape, content: .view(storage: index, offset: start, strides: strides))
    }

    private func quantizer(_ id: ID, rank: Int) throws -> RawTensor.Quantizer {
        guard let parts = arena.items(id), let scheme = parts.first.flatMap({ arena.name($0) }) else {
            throw FormatError(.pickleType, "quantizer parameters are \(arena.kind(id)), expected a tuple")
        }
        switch scheme {
        case "torch.per_tensor_affine":
            guard parts.count >= 3, case .float(let scale) = arena[parts[1]] else {
                throw FormatError(.pickleType, "a per-tensor quantizer needs a scale and a zero point")
            }
            return .perTensor(scale: scale, zeroPoint: Int64(try integer(parts[2], "a zero point")))
        case "torch.per_channel_affine", "torch.per_channel_affine_float_qparams":
            guard parts.count >= 4, case .tensor(let scales) = arena[parts[1]],
                case .tensor(let zeroPoints) = arena[parts[2]]
            else { throw FormatError(.pickleType, "a per-channel quantizer needs scales, zero points and an axis") }
            let axis = try integer(parts[3], "an axis")
            guard axis >= 0, axis < rank else {
                throw FormatError(.tensorShape, "quantised along axis \(axis) of a tensor of rank \(rank)")
            }
            return .perChannel(scales: scales, zeroPoints: zeroPoints, axis: axis)
        default:
            throw FormatError(.pickleType, "quantisation scheme \(scheme) is not known", faultClass: .unsupported)
        }
    }

    private func sparse(_ layout: ID, _ data: ID) throws -> ID {
        let name = arena.text(layout) ?? arena.name(layout) ?? ""
        guard let parts = arena.items(data) else {
            throw FormatError(.pickleType, "a sparse tensor's data is \(arena.kind(data)), expected a tuple")
        }
        func tensor(_ position: Int) throws -> Int {
            guard let id = parts[checked: position], case .tensor(let index) = arena[id] else {
                throw FormatError(.pickleType, "part \(position) of a sparse tensor is no tensor")
            }
            return index
        }
        let sizeAt = name.hasSuffix("sparse_coo") ? 2 : 3
        guard let size = parts[checked: sizeAt] else {
            throw FormatError(.pickleType, "a sparse tensor without a size")
        }
        let shape = try integers(size, "a size")
        let content: RawTensor.Content
        let values: Int
        switch name {
        case "torch.sparse_coo":
            values = try tensor(1)
            content = .coordinates(indices: try tensor(0), values: values)
        case "torch.sparse_csr", "torch.sparse_csc":
            values = try tensor(2)
            content = .compressed(
                outer: try tensor(0), inner: try tensor(1), values: values, byRow: name == "torch.sparse_csr")
        default:
            throw FormatError(.pickleType, "sparse layout \(name) is not read", faultClass: .unsupported)
        }
        let type = arena.tensors[values].type
        _ = try Tensor.byteCount(type, shape: shape)
        return try arena.addTensor(RawTensor(type: type, shape: shape, content: content))
    }

    /// `torch.storage._load_from_bytes`: how a storage goes through plain `pickle`, as a legacy file within the pickle.
    private func nestedStorage(_ arguments: [ID]) throws -> ID {
        guard let first = arguments.first, case .bytes(let index) = arena[first] else {
            throw FormatError(.pickleType, "_load_from_bytes needs bytes")
        }
        if let known = madeOf[first] { return known }
        guard allowsNesting else {
            throw FormatError(.limitDepth, "a checkpoint within a checkpoint within a checkpoint")
        }
        let inner = sibling()
        inner.allowsNesting = false
        let root = try TorchLegacyReader(arena.blobs[index], machine: inner).read()
        guard case .storage(let found) = inner.arena[root] else {
            throw FormatError(
                .pickleType, "the file within the pickle holds \(inner.arena.kind(root)), expected a storage")
        }
        var storage = inner.arena.storages[found]
        storage.key = "\(arena.storages.count)/\(storage.key)"
        for name in inner.arena.globals where !arena.globals.contains(name) { arena.globals.append(name) }
        let made = try arena.addStorage(storage)
        madeOf[first] = made
        return made
    }
}
