import re
from pathlib import Path

from canvas import BLUE, GREEN, GREY, INK, ORANGE, PAPER, Canvas

KERNELS = Path(__file__).resolve().parents[3] / "autograd" / "kernels"


def constant(file, pattern):
    """A number of the sources."""
    found = re.search(pattern, (KERNELS / file).read_text(encoding="utf-8"))
    if not found:
        raise SystemExit(f"product.py: {pattern} is not in autograd/kernels/{file} any more")
    return int(found[1])


# The largest blocks in f32 with AVX-512.
BYTES = 4
DEPTH = constant("product.h", r"(\d+) \* sizeof\(float\) / sizeof\(T\)")
ROWS = constant("product.h", r"rows = (\d+);")
TILE_ROWS = constant("simd/vectors.h", r"vector_bytes = 64, \w*rows = (\d+)")
LANES = 64 // BYTES
COLUMNS = 2 * LANES


def kib(elements):
    return f"{elements * BYTES // 1024} KiB"


def matrix(c, x, y, w, h, name, rows, columns):
    c.box(x, y, w, h, GREY, PAPER, 2)
    c.text(x + w / 2, y - 10, name, 15, INK, "middle", bold=True)
    c.text(x + w / 2, y + h + 18, columns, 13, GREY, "middle", True)
    c.text(x - 8, y + h / 2 + 5, rows, 13, GREY, "end", True)


def area(c, x, y, w, h, color, opacity=0.22):
    c.add("rect", x=x, y=y, width=w, height=h, fill=color, fill_opacity=opacity, stroke=color, stroke_width=1.6)


def draw():
    c = Canvas(824, 518, "The blocks of a matrix product, and the cache that each lives in")
    top, tall, deep, wide = 50, 196, 150, 200
    ax, bx, cx = 52, 300, 590
    rows, row, depth, first, column, width = 72, 66, 56, 50, 88, 18  # of the block, the panel and the tile

    matrix(c, ax, top, deep, tall, "A", "m", "k")
    c.text((ax + deep + bx) / 2 - 4, top + 84, "·", 26, INK, "middle", bold=True)
    matrix(c, bx, top, wide, deep, "B", "k", "n")
    c.text((bx + wide + cx) / 2 - 4, top + 84, "=", 22, INK, "middle")
    matrix(c, cx, top, wide, tall, "C", "m", "n")

    area(c, ax + first, top + row, depth, rows, BLUE)
    for k in range(1, 6):  # the tiles' rows
        c.line(ax + first, top + row + 12 * k, ax + first + depth, top + row + 12 * k, color=BLUE, width=0.8)
    c.text(ax + first + depth / 2, top + row - 8, "block", 13, BLUE, "middle", bold=True)
    area(c, bx + column, top + first, width, depth, ORANGE, 0.4)
    c.text(bx + column + width + 8, top + first + depth / 2 + 5, "panel", 13, ORANGE, bold=True)
    area(c, cx + column, top + row, width, rows, ORANGE, 0.15)
    area(c, cx + column, top + row + 24, width, 12, GREEN, 0.9)
    c.text(cx + column + width + 8, top + row + 35, "tile", 13, GREEN, bold=True)
    c.line(cx, top + row, cx + wide, top + row, color=BLUE, width=1.2, dashed=True)
    c.line(cx, top + row + rows, cx + wide, top + row + rows, color=BLUE, width=1.2, dashed=True)

    levels = [
        (GREEN, "registers", "a tile of C", f"{TILE_ROWS} × {COLUMNS}", f"{TILE_ROWS * 2} vectors of {LANES}",
         "summed over the depth of the block"),
        (ORANGE, "L1 cache", "a panel of B", f"{DEPTH} × {COLUMNS}", kib(DEPTH * COLUMNS),
         "packed, then read for every tile of rows"),
        (BLUE, "L2 cache", "a block of A", f"{ROWS} × {DEPTH}", kib(ROWS * DEPTH),
         "packed, then read for every panel of columns"),
        (GREY, "memory", "A, B and C", "", "", "A and B are packed from it, C is added up in it"),
    ]
    y, height = 298, 40
    for k, (color, where, what, size, bytes_, why) in enumerate(levels):
        at = y + k * (height + 6)
        inset = 12 * (3 - k)
        c.box(24 + inset, at, 776 - 2 * inset, height, color)
        base = at + height / 2 + 5
        c.text(74, base, where, 13, color if color != GREY else INK, bold=True)
        c.text(192, base, what, 13)
        c.text(286, base, size, 13, mono=True)
        c.text(386, base, bytes_, 13, mono=True)
        c.text(750, base, why, 12, INK, "end")
    c.text(24, y + 4 * (height + 6) + 20, "The largest blocks in f32 with AVX-512; their sizes are balanced: a depth of 784 is "
           "272 + 272 + 240.", 12, GREY)
    return c
