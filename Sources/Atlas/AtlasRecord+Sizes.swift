import Formats
import GraphIR

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension AtlasRecord {
    /// A number that depends on height and width: `(a · f(H) · f(W) + b · f(H) + c · f(W) + d) ^ power`, times what the
    /// caller chooses.
    struct Expression: Hashable {
        /// What of a side counts, `k` and `m` being numbers of the graph.
        enum Function: UInt64 {
            /// side / k: the graph is for multiples of k.
            case quotient
            /// side / k, rounded up.
            case ceiling
            /// side / k, rounded down.
            case floor
            /// −(side / k) mod m: what is missing to whole windows.
            case padding
            /// The greater of both sides / k.
            case greater
        }
        var factor: Number.Factor
        var function: Function
        var k: Int64
        var m: Int64
        var power: UInt64
        var a, b, c, d: Int64

        init(_ cursor: inout AtlasCursor) throws {
            guard let factor = Number.Factor(rawValue: try cursor.number()), factor != .size,
                let function = Function(rawValue: try cursor.number()), let k = Int64(exactly: try cursor.number()),
                let m = Int64(exactly: try cursor.number()), k > 0, m > 0
            else { throw AtlasCursor.damaged("an expression of the size that isn't one") }
            (self.factor, self.function, self.k, self.m) = (factor, function, k, m)
            power = try cursor.number()
            guard 1...2 ~= power else { throw AtlasCursor.damaged("a power of \(power)") }
            a = try cursor.signed()
            b = try cursor.signed()
            c = try cursor.signed()
            d = try cursor.signed()
        }

        /// The number without its factor; `nil` where it has more than 64 bits.
        func value(height: Int64, width: Int64) -> Int64? {
            let greater = function == .greater ? max(height, width) : nil
            let (f, g) = (part(of: greater ?? height), part(of: greater ?? width))
            guard let area = f.multiplied(checked: g)?.multiplied(checked: a), let rows = f.multiplied(checked: b),
                let columns = g.multiplied(checked: c),
                let sum = area.adding(checked: rows)?.adding(checked: columns)?.adding(checked: d)
            else { return nil }
            return power == 1 ? sum : sum.multiplied(checked: sum)
        }

        /// - Parameter side: positive.
        private func part(of side: Int64) -> Int64 {
            let (quotient, rest) = side.quotientAndRemainder(dividingBy: k)
            switch function {
            case .quotient, .floor, .greater: return quotient
            case .ceiling: return rest == 0 ? quotient : quotient + 1
            case .padding: return quotient % m == 0 ? 0 : m - quotient % m
            }
        }
    }

    /// What becomes of a count that stands for a real number.
    enum RealFunction {
        case itself
        /// A factor over the root: weight standardisation scales a stem by its number of input channels.
        case overRoot(Double)

        init(_ cursor: inout AtlasCursor) throws {
            switch try cursor.number() {
            case 0: self = .itself
            case 1: self = .overRoot(1)
            case 2: self = .overRoot(Double(bitPattern: try cursor.uint64()))
            default: throw AtlasCursor.damaged("a real number that we don't know")
            }
        }

        func callAsFunction(_ count: Double) -> Double {
            switch self {
            case .itself: count
            case .overRoot(let factor): factor * pow(count, -0.5)
            }
        }
    }

    /// How a tensor of the state dict becomes one for another size.
    struct Rule {
        enum Kind: UInt64 {
            /// Positions of a grid behind those of other tokens: ``PositionResampling``.
            case tokens
            /// Biases of relative positions in a window, those of other tokens behind them.
            case window
            /// Relative positions along one axis.
            case line
        }
        /// The place of the tensor in the state dict.
        var state: Int
        var kind: Kind
        /// Rows that aren't the grid's.
        var prefix: Int
        var oldHeight, oldWidth, newHeight, newWidth: Number

        init(_ cursor: inout AtlasCursor) throws {
            state = try cursor.count()
            guard let kind = Kind(rawValue: try cursor.number()) else {
                throw AtlasCursor.damaged("a rule for weights that we don't know")
            }
            self.kind = kind
            prefix = try cursor.count()
            oldHeight = try Number(&cursor)
            oldWidth = try Number(&cursor)
            newHeight = try Number(&cursor)
            newWidth = try Number(&cursor)
        }
    }

    /// A whole number of a graph for the size and channels that the caller chooses, where neither batch nor classes
    /// count.
    func count(_ number: Number, _ choice: AtlasChoice) throws -> Int {
        let value: Int64? =
            switch number.factor {
            case .one: number.value
            case .channels: choice.channels.flatMap { number.value.multiplied(checked: $0) }
            case .size: try expression(number).value(height: choice.height, width: choice.width)
            default: nil
            }
        guard let value, let count = Int(exactly: value), count > 0 else {
            throw AtlasCursor.damaged("a grid that depends on more than the size")
        }
        return count
    }

    func expression(_ number: Number) throws -> Expression {
        guard let place = Int(exactly: number.value), let found = expressions[checked: place] else {
            throw AtlasCursor.damaged("expression \(number.value) isn't there")
        }
        return found
    }
}
