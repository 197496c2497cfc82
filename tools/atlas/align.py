"""The rows of several traces of one model beside each other.

What a trace is, sized.py says. Python's indexing leaves out slices of everything, and models may pad by nothing or resample
to the size that is there already, or ask before, so that traces may each lack some rows that others have: they are put
back.
"""
import torch

from fit import Unfit


def references(value):
    if isinstance(value, tuple) and value and value[0] in ("t", "T"):
        return [item for item in (value[1] if value[0] == "T" else [value[1]]) if item is not None]
    return []


def contents(tensor):
    array = tensor.detach().cpu().contiguous()
    return str(array.dtype)[6:], tuple(array.shape), array.reshape(-1).view(torch.uint8).numpy().tobytes()

# Operators that with the right arguments do nothing.
IDLE = {"aten.slice.Tensor", "aten.pad.default", "aten.upsample_bilinear2d.vec"}


def idle(arguments, shape):
    """The arguments with which an operator of IDLE hands on a tensor of this shape."""
    given = dict(arguments)
    if "pad" in given:
        return [(key, [0] * len(value) if key == "pad" else value) for key, value in arguments]
    if "output_size" in given:
        return [(key, list(shape[2:]) if key == "output_size" else value) for key, value in arguments]
    return [("self", given["self"]), ("dim", given["dim"]), ("start", 0), ("end", shape[given["dim"]])]


def owner_of(row):
    """What an operator of IDLE reads: its first argument."""
    return row[1][0][1][1]


def reading(arguments, owner):
    """The arguments with another tensor as the first."""
    return [(arguments[0][0], ("t", owner))] + list(arguments[1:])


def united(reference, other):
    """The first trace with the rows of IDLE that it lacks and the other trace has.

    - Raises: Unfit where the rows differ in more than these.
    """
    types, rows = list(reference["types"]), []
    # The other trace's number of each value here, the last value here of each number there, and the result of the row
    # that was put behind a value.
    there, here, behind = {}, {}, {}
    for number, source in reference["sources"].items():
        twin = next((two for two, found in other["sources"].items() if found == source), None)
        if twin is not None:
            there[number], here[twin] = twin, number

    def resolved(one, two):
        """The value here that stands for an argument, which is behind a row of the other trace where that reads it."""
        found = one
        while two not in (None, there.get(found)) and found in behind:
            found = behind[found]
        return found if two in (None, there.get(found)) else one

    def moved(value, other_value):
        first, second = references(value), references(other_value)
        if not first or len(first) != len(second):
            return value
        numbers = iter([resolved(one, two) for one, two in zip(first, second)])
        if value[0] == "t":
            return ("t", next(numbers))
        return ("T", [None if item is None else next(numbers) for item in value[1]])

    place, others = 0, other["rows"]
    for mine in reference["rows"]:
        name, arguments, results, listed, module = mine
        while True:
            row = others[place] if place < len(others) else (None, [], [], False, "")
            same = name == row[0] and module == row[4] and len(arguments) == len(row[1])
            if same and name in IDLE:
                one, two = dict(arguments), dict(row[1])
                owner = resolved(owner_of(mine), owner_of(row))
                same = there.get(owner) == owner_of(row) and one.get("dim") == two.get("dim")
            # Indexing takes the dimensions in order.
            first = name in IDLE and (name != row[0] or dict(arguments).get("dim", 0) < dict(row[1]).get("dim", 0))
            if same or first or row[0] not in IDLE or owner_of(row) not in here:
                break
            owner, number = here[owner_of(row)], len(types)
            types.append(types[owner])
            rows.append((row[0], idle(reading(row[1], owner), types[owner][1]), [number], False, row[4]))
            behind[owner], there[number], here[row[2][0]] = number, row[2][0], number
            place += 1
        if same:
            place += 1
            theirs = dict(row[1])
            given = [(key, moved(value, theirs.get(key))) for key, value in arguments]
            rows.append((name, given, results, listed, module))
            for one, two in zip(results, row[2]):
                there[one], here[two] = two, one
        elif name in IDLE:
            owner = owner_of(mine)
            while owner in behind:
                owner = behind[owner]
            rows.append((name, reading(arguments, owner), results, listed, module))
            there[results[0]] = there.get(owner)
            here[there[results[0]]] = results[0]
        else:
            raise Unfit("operators come and go with the size")
    return {**reference, "rows": rows, "types": types}


def aligned(reference, other):
    """The other trace's arguments for each row of the first, in the first's numbers. Rows of IDLE that it lacks do
    nothing in it.

    - Raises: Unfit where the rows differ.
    """
    numbers, rows, place = {}, [], 0

    def check(one, two):
        if one in reference["sources"] or two in other["sources"]:
            first, second = reference["sources"].get(one), other["sources"].get(two)
            if first != second and not (first and second and first[0] == second[0] == "constant"
                                        and numbers.setdefault(one, two) == two):
                raise Unfit("what the graph reads comes and goes with the size")
            numbers[one] = two
        elif numbers.get(one) != two:
            raise Unfit("the order of operators depends on the size")

    for name, arguments, results, listed, module in reference["rows"]:
        found = other["rows"][place] if place < len(other["rows"]) else (None, [], [], False, "")
        fits = found[0] == name and len(found[1]) == len(arguments) and found[4] == module
        if name in IDLE:
            mine = numbers.get(arguments[0][1][1])
            if not fits or mine not in (None, owner_of(found)) or (
                    dict(arguments).get("dim") != dict(found[1]).get("dim")):
                if mine is None:
                    raise Unfit("operators come and go with the size")
                rows.append(idle(arguments, other["types"][mine][1]))
                numbers[results[0]] = mine
                continue
        if not fits or len(found[2]) != len(results) or [key for key, _ in found[1]] != [key for key, _ in arguments]:
            raise Unfit("operators come and go with the size")
        values = []
        for (key, one), (_, two) in zip(arguments, found[1]):
            first, second = references(one), references(two)
            if len(first) != len(second):
                raise Unfit("operators come and go with the size")
            for pair in zip(first, second):
                check(*pair)
            values.append((key, one if first else two))
        for pair in zip(results, found[2]):
            numbers[pair[0]] = pair[1]
        rows.append(values)
        place += 1
    if place != len(other["rows"]):
        raise Unfit("operators come and go with the size")
    for pair in zip(reference["outputs"], other["outputs"], strict=True):
        check(*pair)
    for one, (kind, name) in reference["sources"].items():
        if kind == "constant" and one in numbers:
            two = other["sources"][numbers[one]][1]
            if contents(reference["tensors"][name]) != contents(other["tensors"][two]):
                raise Unfit(f"a table of {tuple(reference['tensors'][name].shape)} depends on the size")
    return rows


def together(traces):
    """One trace that has the rows of all, and the arguments of all in its rows."""
    reference = max(traces, key=lambda found: len(found["rows"]))
    for found in traces:
        reference = united(reference, found)
    return reference, [aligned(reference, found) for found in traces]
