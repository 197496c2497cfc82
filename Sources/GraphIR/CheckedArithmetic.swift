/// Arithmetic on numbers that came from a file or a caller: `nil` in place of a trap or a silent wrap.
extension FixedWidthInteger {
    /// The sum, or `nil` where it doesn't fit.
    @inlinable
    public func adding(checked other: Self) -> Self? {
        let (value, overflow) = addingReportingOverflow(other)
        return overflow ? nil : value
    }

    /// The difference, or `nil` where it doesn't fit.
    @inlinable
    public func subtracting(checked other: Self) -> Self? {
        let (value, overflow) = subtractingReportingOverflow(other)
        return overflow ? nil : value
    }

    /// The product, or `nil` where it doesn't fit.
    @inlinable
    public func multiplied(checked other: Self) -> Self? {
        let (value, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? nil : value
    }
}

extension Sequence where Element == Int {
    /// The product of non-negative dimensions, or `nil` where one is negative or the product doesn't fit.
    /// Any zero gives zero, also where the other dimensions alone would overflow.
    public func checkedProduct() -> Int? {
        var product: Int? = 1
        var sawZero = false
        for dimension in self {
            if dimension < 0 { return nil }
            if dimension == 0 { sawZero = true }
            product = product.flatMap { $0.multiplied(checked: dimension) }
        }
        return sawZero ? 0 : product
    }
}

extension Collection {
    /// The element at `index`, or `nil` where there is none: the subscript for indices that came from outside.
    @inlinable
    public subscript(checked index: Index) -> Element? {
        index >= startIndex && index < endIndex ? self[index] : nil
    }
}
