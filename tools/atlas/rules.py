"""How timm's loaders adapt weights whose shapes change with the image (the checkpoint_filter_fn of each file).

A rule is (kind, prefix, old height, old width, new height, new width): the sizes of grids, of which the new ones are
numbers or expressions, and for tokens how many rows stand before those of the grid.
"""
import math

from fit import Unfit

# timm.layers.resample_abs_pos_embed: [1, prefix + H·W, C], bicubic with antialiasing.
TOKENS = 0
# timm.layers.resize_rel_pos_bias_table: [(2H−1)(2W−1) + prefix, heads] or [heads, 2H−1, 2W−1], linear between
# positions that grow geometrically; the grids are windows.
WINDOW = 1
# mvitv2: [2H−1, C], linear along the first axis; lengths stand in the place of heights.
LINEAR = 2

TOKEN_TABLES = {
    "vision_transformer": "pos_embed", "deit": "pos_embed", "eva": "pos_embed", "beit": "pos_embed", "tnt": "patch_pos"}
WINDOW_TABLES = {"beit", "swin_transformer", "maxxvit", "vision_transformer_relpos"}


def grids(model):
    """The grid of patches and the windows of relative positions, by the modules' names."""
    embed = getattr(model, "patch_embed", None) or getattr(model, "pixel_embed", None)
    found = {"": getattr(embed, "grid_size", None)}
    for name, module in model.named_modules():
        if hasattr(module, "relative_position_bias_table") and hasattr(module, "window_size"):
            found[name] = tuple(module.window_size)
    return found


def has_rule(key, name):
    """Whether there may be a rule for a tensor of a class (`beit.Beit`)."""
    module, last = key.partition(".")[0], name.rpartition(".")[2]
    return (TOKEN_TABLES.get(module) == name or module in WINDOW_TABLES and last == "relative_position_bias_table"
            or module == "mvitv2" and "rel_pos" in last)


def rule_of(key, name, shape, old, record, found, fitter):
    """The rule for one tensor.

    - Raises: Unfit where timm has none.
    """
    module = key.partition(".")[0]
    _, height, width = record["input"]
    if TOKEN_TABLES.get(module) == name and len(old) == 3 and all(row[""] for row in found):
        new = [fitter.number(tuple(row[""][axis] for row in found)) for axis in (0, 1)]
        tokens = {table[1] - row[""][0] * row[""][1] for table, row in zip(values_of(shape, fitter), found)}
        if len(tokens) > 1:
            raise Unfit(f"no rule for {name}")
        prefix = tokens.pop()
        return (TOKENS, prefix, *old_grid(old[1] - prefix, height, width, fitter, found), *new)
    owner, _, last = name.rpartition(".")
    if module in WINDOW_TABLES and last == "relative_position_bias_table" and all(owner in row for row in found):
        new = [fitter.number(tuple(row[owner][axis] for row in found)) for axis in (0, 1)]
        windows = [row[owner] for row in found]
        if len(old) == 3:
            return (WINDOW, 0, (old[1] + 1) // 2, (old[2] + 1) // 2, *new)
        extra = {table[0] - (2 * h - 1) * (2 * w - 1) for table, (h, w) in zip(values_of(shape, fitter), windows)}
        if len(extra) == 1:
            prefix = extra.pop()
            side = math.isqrt(old[0] - prefix)
            if side * side == old[0] - prefix:
                return (WINDOW, prefix, (side + 1) // 2, (side + 1) // 2, *new)
    if module == "mvitv2" and "rel_pos" in last:
        return (LINEAR, 0, old[0], 1, shape[0], 1)
    raise Unfit(f"timm has no rule for {name}")


def values_of(shape, fitter):
    """The shape at each of the traces' sizes."""
    rows = []
    for place in range(len(fitter.sizes)):
        rows.append([fitter.value(side, place) for side in shape])
    return rows


def old_grid(count, height, width, fitter, found):
    """The published grid: that of the published image, else square, as timm has it."""
    new = found[0][""]
    patch = (fitter.sizes[0][0] // new[0], fitter.sizes[0][1] // new[1])
    grid = (height // patch[0], width // patch[1])
    if grid[0] * grid[1] != count:
        grid = (math.isqrt(count),) * 2
    if grid[0] * grid[1] != count:
        raise Unfit("no rule for a table of positions that isn't square")
    return grid
