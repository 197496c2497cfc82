"""Which expression of height and width a number is that differs between the traces of one graph.

An expression is FACTOR · (a · f(H) · f(W) + b · f(H) + c · f(W) + d) ^ POWER, where f is one of

    0: H / k        1: H / k, rounded up        2: H / k, rounded down        3: −(H / k) mod m
    4: the greater of both sides / k

POWER is 1 or 2 (tables of pairs), and FACTOR is 1, the batch, the classes, the channels or a product, as forms.py
numbers them. Those that are tried have two unknowns, so that two of the four traces prove them. Of roundings many may
fit: `undecided` gives a size at which they differ, for another trace.
"""
import itertools
import math

FACTORS = {0: (0, 0, 0), 1: (1, 0, 0), 2: (0, 1, 0), 3: (0, 0, 1), 4: (1, 1, 0), 5: (1, 0, 1)}
# (a, b, c, d) of what is multiplied by the one unknown, the other is added: the area, rows, columns, and the areas of
# grids that are twice as large less one (relative positions), or larger or smaller by one.
PARTS = [
    (1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (4, -2, -2, 1), (1, 1, 1, 1), (1, -1, -1, 1), (1, 1, 0, 0), (1, 0, 1, 0)]


class Unfit(Exception):
    pass


def sides(function, height, width):
    """f(H) and f(W)."""
    kind, k, m = function
    if kind == 1:
        return -(-height // k), -(-width // k)
    if kind == 3:
        return -(height // k) % m, -(width // k) % m
    if kind == 4:
        return (max(height, width) // k,) * 2
    return height // k, width // k


class Fitter:
    def __init__(self, batches, classes, channels, sizes, step, base, top, square):
        self.values, self.sizes = list(zip(batches, classes, channels)), sizes
        self.step, self.base, self.top, self.square = step, base, top, square
        self.expressions, self.places, self.found = [], {}, {}
        wholes = [size for size in (1, 2, 4, 8, 16, 32) if step % size == 0]
        self.functions = [(0, step, 1)]
        self.functions += [(kind, k, 1) for k in sorted({step * times for times in (2, 3, 4, 5, 7, 8, 14, 16)} | {
            window * whole for window in (7, 8, 12, 14, 16, 24) for whole in (1, 2, 4, 8, 16, 32)}) for kind in (1, 2)]
        self.functions += [(3, whole, window) for whole in sorted({*wholes, step})
                           for window in (2, 3, 4, 7, 8, 12, 14, 16, 24, 32, 64)]
        self.functions += [(4, step, 1)]

    def merged(self, values):
        """One value for those of all traces; a number that differs becomes ("e", place of its expression)."""
        first = values[0]
        if any(type(value) is not type(first) for value in values):
            raise Unfit("a kind of argument depends on the size")
        if isinstance(first, list):
            if len({len(value) for value in values}) > 1:
                raise Unfit("the length of a list depends on the size")
            return [self.merged(list(items)) for items in zip(*values)]
        if isinstance(first, int) and not isinstance(first, bool):
            return self.number(tuple(values))
        if isinstance(first, float) and len(set(values)) > 1:
            return self.real(values)
        if any(value != first for value in values):
            raise Unfit(f"an argument depends on the size: {first} and {next(v for v in values if v != first)}")
        return first

    def real(self, values):
        """A real number that is an expression, or one over its square root: ("real", how, place)."""
        for how, inverse in ((0, lambda value: value), (1, lambda value: value**-2)):
            wholes = [round(inverse(value)) if value > 0 and math.isfinite(inverse(value)) else 0 for value in values]
            if all(whole > 0 and (whole, whole**-0.5)[how] == value for whole, value in zip(wholes, values)):
                return "real", how, self.number(tuple(wholes))[1]
        raise Unfit(f"an argument depends on the size: {values[0]} and {next(v for v in values if v != values[0])}")

    def is_of_size(self, value):
        return isinstance(value, tuple) and self.expressions[value[1]][2][:3] != (0, 0, 0)

    def number(self, values):
        if len(set(values)) == 1:
            return values[0]
        if values not in self.found:
            self.found[values] = self.fit(values)
        expression = self.found[values]
        if expression not in self.places:
            self.places[expression] = len(self.expressions)
            self.expressions.append(expression)
        return ("e", self.places[expression])

    def fit(self, values):
        found = next(self.candidates(values), None)
        if found is None:
            raise Unfit(f"a number is {', '.join(map(str, values))} at {self.sizes}")
        return found

    def candidates(self, values):
        """Expressions that are these numbers at the traces' sizes, the plainest first."""
        parts = {}
        for kind, powers in FACTORS.items():
            factors = [b**powers[0] * c**powers[1] * i**powers[2] for b, c, i in self.values]
            if all(factor and value % factor == 0 for value, factor in zip(values, factors)):
                parts[kind] = [value // factor for value, factor in zip(values, factors)]
                if len(set(parts[kind])) == 1:
                    yield kind, (0, 1, 1), (0, 0, 0, parts[kind][0]), 1
        roots = [math.isqrt(value) if value > 0 else 0 for value in values]
        for power, kind, wanted in [(1, kind, parts[kind]) for kind in (0, 1) if kind in parts] + (
                [(2, 0, roots)] if all(root**2 == value for root, value in zip(roots, values)) else []):
            for function in self.functions:
                lengths = [sides(function, *size) for size in self.sizes]
                for part in PARTS:
                    found = self.line(part, lengths, wanted)
                    if found:
                        yield kind, function, found, power

    def undecided(self):
        """A size at which most of the roundings that fit a number differ from the one that was taken, if any."""
        down, right = (range(low, self.top + 1, self.step) for low in self.base)
        grid = [(h, h) for h in down] if self.square else list(itertools.product(down, right))
        differing = [0] * len(grid)
        for values, taken in self.found.items():
            if taken[1][0] in (0, 4):
                continue
            rows = {tuple(self.at(expression, *size) for size in grid) for expression in self.candidates(values)
                    if expression[0] == taken[0]}
            wanted = [self.at(taken, *size) for size in grid]
            for row in rows:
                for place, (one, two) in enumerate(zip(row, wanted)):
                    differing[place] += one != two
        most = max(differing)
        return grid[differing.index(most)] if most else None

    @staticmethod
    def at(expression, height, width):
        """An expression without its factor at one size."""
        _, function, (a, b, c, d), power = expression
        f, g = sides(function, height, width)
        return (a * f * g + b * f + c * g + d) ** power

    def value(self, number, place):
        """What a number is at one of the traces."""
        if not isinstance(number, tuple):
            return number
        expression = self.expressions[number[1]]
        factor = 1
        for exponent, value in zip(FACTORS[expression[0]], self.values[place]):
            factor *= value**exponent
        return factor * self.at(expression, *self.sizes[place])

    @staticmethod
    def line(part, lengths, values):
        """(a, b, c, d) where values are a whole multiple of this part, and a number."""
        a, b, c, d = part
        basis = [a * f * g + b * f + c * g + d for f, g in lengths]
        low, high = basis.index(min(basis)), basis.index(max(basis))
        if low == high or (values[high] - values[low]) % (basis[high] - basis[low]):
            return None
        slope = (values[high] - values[low]) // (basis[high] - basis[low])
        rest = values[low] - slope * basis[low]
        if slope == 0 or len(set(basis)) < 3 and (slope, rest) != (1, 0):
            return None
        if any(slope * x + rest != value for x, value in zip(basis, values)):
            return None
        return slope * a, slope * b, slope * c, slope * d + rest
