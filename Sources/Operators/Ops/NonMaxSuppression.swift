import GraphIR

extension Operator {
    /// The boxes of each batch and class with the greatest scores, without those that overlap one already taken by more
    /// than a threshold. Of equal scores the first box is taken.
    /// https://onnx.ai/onnx/operators/onnx__NonMaxSuppression.html, versions 10, 11.
    static let nonMaxSuppression = Operator(
        "NonMaxSuppression", accuracy: .exact,
        infer: InferenceRule { node in
            node.set(0, shape: [.unknown, .size(3)], type: .int64)
        }
    ) { binding in
        let isCentred = try binding.flag("center_point_box")
        return { call in
            let boxes = try call.input(0)
            return try withReal(boxes.elementType) {
                [try call.suppressed(isCentred: isCentred, Float.self)]
            } double: {
                [try call.suppressed(isCentred: isCentred, Double.self)]
            }
        }
    }
}

/// A box by its least and greatest coordinates.
private struct Box<T: Real> {
    var x: (low: T, high: T)
    var y: (low: T, high: T)

    /// - Parameter numbers: y₁, x₁, y₂, x₂ of two opposite corners, or the centre's x and y, width and height.
    init(_ numbers: UnsafeBufferPointer<T>, _ start: Int, isCentred: Bool) {
        let (a, b, c, d) = (numbers[start], numbers[start + 1], numbers[start + 2], numbers[start + 3])
        if isCentred {
            x = (a - c / 2, a + c / 2)
            y = (b - d / 2, b + d / 2)
        } else {
            x = (Swift.min(b, d), Swift.max(b, d))
            y = (Swift.min(a, c), Swift.max(a, c))
        }
    }

    var area: T { (x.high - x.low) * (y.high - y.low) }

    /// The share that the intersection has of the union; 0 where a box or the intersection is empty.
    func overlap(_ other: Box) -> T {
        let width = Swift.min(x.high, other.x.high) - Swift.max(x.low, other.x.low)
        let height = Swift.min(y.high, other.y.high) - Swift.max(y.low, other.y.low)
        guard width > 0, height > 0, area > 0, other.area > 0 else { return 0 }
        let common = width * height
        let union = area + other.area - common
        return union > 0 ? common / union : 0
    }
}

extension Call {
    fileprivate func suppressed<T: Real>(isCentred: Bool, _: T.Type) throws -> Tensor {
        let boxes = try input(0)
        let scores = try input(1)
        try requireType(boxes.elementType, scores)
        guard boxes.shape.count == 3, scores.shape.count == 3, boxes.shape[2] == 4, boxes.shape[0] == scores.shape[0],
            boxes.shape[1] == scores.shape[2]
        else {
            throw GraphError(
                .argument,
                "boxes of shape \(boxes.shape) and scores of shape \(scores.shape), expected [batches, "
                    + "boxes, 4] and [batches, classes, boxes]", argument: "boxes")
        }
        let most = try self[2].map { Int(try $0.scalar(Int64.self, "max_output_boxes_per_class")) } ?? 0
        let greatestOverlap = try self[3]?.scalar(T.self, "iou_threshold") ?? 0
        guard greatestOverlap >= 0, greatestOverlap <= 1 else {
            throw GraphError(.argument, "\(greatestOverlap) is outside of 0...1", argument: "iou_threshold")
        }
        let leastScore = try self[4]?.scalar(T.self, "score_threshold")
        let (batches, classes, count) = (scores.shape[0], scores.shape[1], scores.shape[2])
        try check(.int64, [count, 6])
        var chosen: [Int64] = []
        try boxes.withElements(T.self) { numbers in
            try scores.withElements(T.self) { scores in
                for batch in 0..<batches {
                    for category in 0..<classes where most > 0 {
                        let base = (batch * classes + category) * count
                        let candidates = try sorted(scores, base, count, above: leastScore)
                        var taken: [Box<T>] = []
                        for (place, index) in candidates.enumerated() where taken.count < most {
                            let box = Box(numbers, (batch * count + index) * 4, isCentred: isCentred)
                            if place % 64 == 0 { try checkTime() }
                            if taken.contains(where: { $0.overlap(box) > greatestOverlap }) { continue }
                            taken.append(box)
                            chosen += [Int64(batch), Int64(category), Int64(index)]
                        }
                        try check(.int64, [chosen.count])
                    }
                }
            }
        }
        return try Tensor(chosen, shape: [chosen.count / 3, 3])
    }

    /// The boxes from the greatest score down; a score that isn't a number comes last.
    private func sorted<T: Real>(
        _ scores: UnsafeBufferPointer<T>, _ base: Int, _ count: Int, above least: T?
    ) throws -> [Int] {
        let candidates = (0..<count).filter { index in least.map { scores[base + index] > $0 } ?? true }
        return candidates.sorted { a, b in
            let (left, right) = (scores[base + a], scores[base + b])
            if left.isNaN || right.isNaN { return left.isNaN == right.isNaN ? a < b : right.isNaN }
            return left == right ? a < b : left > right
        }
    }
}
