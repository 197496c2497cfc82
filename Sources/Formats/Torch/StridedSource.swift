import GraphIR
import Synchronization

/// A view with strides, read as if it were contiguous: what `.contiguous()` does in PyTorch, done as it is read.
final class StridedSource: ByteSource {
    let count: Int
    private let storage: Bytes
    private let itemSize: Int
    private let shape: [Int]
    private let strides: [Int]
    /// First byte of the part of the storage that the view touches, and how many bytes that part has.
    private let spanStart: Int
    private let spanCount: Int
    /// The span, held from the first read until the last byte was read.
    private let span = Mutex<Bytes?>(nil)

    /// Bytes of a view that are unpacked into memory: a few kilobytes of a zip can become a thousand times as much.
    private static let maximumSpan = 1 << 27

    /// The caller has checked that every element lies within the storage (``TensorLayout``).
    init(_ storage: Bytes, layout: TensorLayout) throws {
        self.storage = storage
        self.itemSize = layout.itemSize
        // Adjacent dimensions that lie one behind the other are walked as one.
        var shape: [Int] = []
        var strides: [Int] = []
        for (size, stride) in zip(layout.shape, layout.strides) where size != 1 {
            if let last = strides.last, let lastSize = shape.last, stride.multiplied(checked: size) == last {
                shape[shape.count - 1] = lastSize * size
                strides[strides.count - 1] = stride
            } else {
                shape.append(size)
                strides.append(stride)
            }
        }
        self.shape = shape
        self.strides = strides
        self.count = layout.byteCount
        self.spanStart = layout.firstByte
        self.spanCount = layout.spanBytes
    }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        let isLast = offset + buffer.count == count
        let loaded = try span.withLock { held -> Bytes in
            if let held { return held }
            guard spanCount <= Self.maximumSpan || storage.fileRegion != nil || storage.source.memory != nil else {
                throw FormatError(
                    .limitMemory, "a view of \(spanCount) compressed or big-endian bytes in another order than theirs",
                    hint: "save the tensors contiguous, or pack the archive again without compression (zip -0)")
            }
            let bytes = try storage.slice(at: spanStart, count: spanCount).loaded()
            held = bytes
            return bytes
        }
        try loaded.withUnsafeBytes { gather($0, from: offset, into: buffer) }
        if isLast { span.withLock { $0 = nil } }
    }

    private func gather(_ source: UnsafeRawBufferPointer, from offset: Int, into target: UnsafeMutableRawBufferPointer)
    {
        var done = 0
        var element = offset / itemSize
        // A read may start and stop within an element.
        let head = offset % itemSize
        if head != 0 {
            let length = Swift.min(itemSize - head, target.count)
            copy(source, position(of: element) + head, target, 0, length)
            done = length
            element += 1
        }
        guard let inner = shape.last, let step = strides.last else {
            if done < target.count { copy(source, 0, target, done, target.count - done) }
            return
        }
        while done < target.count {
            let within = element % inner
            var from = position(of: element)
            var left = Swift.min(inner - within, (target.count - done) / itemSize)
            if left == 0 {
                copy(source, from, target, done, target.count - done)
                return
            }
            element += left
            let stride = step * itemSize
            switch itemSize {
            case 1: while left > 0 { move(UInt8.self, source, &from, target, &done, stride, &left) }
            case 2: while left > 0 { move(UInt16.self, source, &from, target, &done, stride, &left) }
            case 4: while left > 0 { move(UInt32.self, source, &from, target, &done, stride, &left) }
            case 8: while left > 0 { move(UInt64.self, source, &from, target, &done, stride, &left) }
            default:
                while left > 0 {
                    copy(source, from, target, done, itemSize)
                    from += stride
                    done += itemSize
                    left -= 1
                }
            }
        }
    }

    @inline(__always)
    private func move<Unit: FixedWidthInteger & BitwiseCopyable>(
        _ unit: Unit.Type, _ source: UnsafeRawBufferPointer, _ from: inout Int,
        _ target: UnsafeMutableRawBufferPointer, _ done: inout Int, _ stride: Int, _ left: inout Int
    ) {
        target.storeBytes(
            of: source.loadUnaligned(fromByteOffset: from, as: Unit.self), toByteOffset: done, as: Unit.self)
        from += stride
        done += MemoryLayout<Unit>.size
        left -= 1
    }

    private func copy(
        _ source: UnsafeRawBufferPointer, _ from: Int, _ target: UnsafeMutableRawBufferPointer, _ to: Int, _ length: Int
    ) {
        UnsafeMutableRawBufferPointer(rebasing: target[to..<(to + length)]).copyMemory(
            from: UnsafeRawBufferPointer(rebasing: source[from..<(from + length)]))
    }

    /// Where an element, counted in row-major order, lies in the span.
    private func position(of element: Int) -> Int {
        var rest = element
        var offset = 0
        var axis = shape.count - 1
        while axis >= 0 {
            offset += rest % shape[axis] * strides[axis]
            rest /= shape[axis]
            axis -= 1
        }
        return offset * itemSize
    }
}

/// Big-endian numbers, read as little-endian ones.
final class SwappedSource: ByteSource {
    private let base: Bytes
    private let unit: Int

    /// - Parameter unit: bytes of one number; the base holds whole ones.
    init(_ base: Bytes, unit: Int) {
        self.base = base
        self.unit = unit
    }

    var count: Int { base.count }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        let start = offset / unit * unit
        let end = Swift.min(base.count, (offset + buffer.count + unit - 1) / unit * unit)
        try base.slice(at: start, count: end - start).withUnsafeBytes { source in
            for index in 0..<buffer.count {
                let position = offset - start + index
                let within = position % unit
                let from = position - within + (unit - 1 - within)
                buffer[index] = from < source.count ? source[from] : 0
            }
        }
    }
}

/// A tensor that has a shape and no data.
final class AbsentSource: ByteSource {
    let count: Int
    init(count: Int) { self.count = count }
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        throw FormatError(
            .tensorMissing, "is a meta tensor: the file has its shape and no data",
            hint: "save the model after its weights were loaded")
    }
}

/// Bytes that are made at the first read and given up after the last: sparse tensors, made dense.
final class ComputedSource: ByteSource {
    let count: Int
    private let make: @Sendable () throws -> Bytes
    private let made = Mutex<Bytes?>(nil)

    init(count: Int, make: @escaping @Sendable () throws -> Bytes) {
        self.count = count
        self.make = make
    }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        let bytes = try made.withLock { held -> Bytes in
            if let held { return held }
            let bytes = try make()
            held = bytes
            return bytes
        }
        try bytes.read(at: offset, into: buffer)
        if offset + buffer.count == count { made.withLock { $0 = nil } }
    }
}
