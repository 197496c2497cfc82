import GraphIR

extension Window {
    /// Adds the columns of some output positions to the input elements that the window sees there: the reverse of
    /// ``gather(_:_:_:into:)``. Row (channel, tap), column position; what falls on padding is dropped.
    /// - Parameter call: only asked for the time.
    func scatter<T: Number>(
        _ channels: Int, _ columns: UnsafePointer<T>, _ positions: Range<Int>, into image: UnsafeMutablePointer<T>,
        _ call: Call
    ) throws {
        let area = product(input)
        let taps = product(kernel)
        let inputStrides = rowMajorStrides(input)
        let outputStrides = rowMajorStrides(output)
        let kernelStrides = rowMajorStrides(kernel)
        let last = input.count - 1
        let count = positions.count
        let (source, target) = (Shared(columns), Shared(image))
        if last < 0 {
            for channel in 0..<channels { image[channel] = T.sum(image[channel], columns[channel]) }
            return
        }
        let work = count.multiplied(checked: taps) ?? Int.max
        try inParallel(channels, grain: max(1, (1 << 16) / max(work, 1))) { piece in
            for row in (piece.lowerBound * taps)..<(piece.upperBound * taps) {
                try call.checkTime()
                let to = target.pointer + row / taps * area
                let from = source.pointer + row * count
                let tap = row % taps
                let shift = tap % kernel[last] * dilations[last] - padsBegin[last]
                var position = positions.lowerBound
                while position < positions.upperBound {
                    // The positions up to the end of the innermost output axis, together.
                    let column = position % output[last]
                    let run = min(output[last] - column, positions.upperBound - position)
                    var base = 0
                    var isInside = true
                    for axis in 0..<last {
                        let index =
                            position / outputStrides[axis] % output[axis] * strides[axis]
                            + tap / kernelStrides[axis] % kernel[axis] * dilations[axis] - padsBegin[axis]
                        isInside = isInside && index >= 0 && index < input[axis]
                        base += index * inputStrides[axis]
                    }
                    if isInside {
                        let read = position - positions.lowerBound
                        let start = column * strides[last] + shift
                        let before = start >= 0 ? 0 : (strides[last] - 1 - start) / strides[last]
                        let inside = start < input[last] ? (input[last] - 1 - start) / strides[last] + 1 : 0
                        for step in before..<max(before, min(run, inside)) {
                            let index = base &+ start &+ step &* strides[last]
                            to[index] = T.sum(to[index], from[read &+ step])
                        }
                    }
                    position += run
                }
            }
        }
    }
}
