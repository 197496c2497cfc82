import GraphIR

/// Softmax as the standard's function body computes it in bfloat16, every step in that type: the difference to the
/// greatest, its exponential, each addition of the sum, and the quotient.
///
/// With eight bits of precision that is further from the exact result than rounding once, by more than the standard's own
/// cases for bfloat16 allow for; they are computed this way.
/// - Parameters:
///   - type: float16, whose sums are rounded once, or bfloat16, whose sums are rounded at every step.
///   - stride: elements from one of the row to the next.
///   - empty: what a row of −∞ gives.
func steppedSoftmax<T: Real>(
    _ row: UnsafeMutablePointer<T>, _ count: Int, in type: ElementType = .bfloat16, stride: Int = 1, empty: T
) {
    let isShort = type == .float16
    func rounded(_ value: T) -> T { isShort ? T(Float16(value)) : T(BFloat16(Float(value)).float) }
    var greatest = -T.infinity
    for i in 0..<count {
        let value = row[i * stride]
        if value > greatest || value.isNaN { greatest = value }
    }
    if greatest == -.infinity {
        for i in 0..<count { row[i * stride] = empty }
        return
    }
    var sum = T.zero
    for i in 0..<count {
        let value = rounded(T.exponential(rounded(row[i * stride] - greatest)))
        row[i * stride] = value
        sum = isShort ? sum + value : rounded(sum + value)
    }
    sum = rounded(sum)
    for i in 0..<count { row[i * stride] = rounded(row[i * stride] / sum) }
}
