from canvas import BLUE, GREY, INK, ORANGE, PAPER, Canvas

# An image of 3 rows of 6 pixels, a kernel of 3 × 3 with a padding of 1: PaddedRows of autograd/kernels/padded_rows.h.
IMAGE = ["abcdef", "ghijkl", "mnopqr"]
STRIDE = 7  # from row to row: 6 pixels and one zero, which ends a row and begins the next
MEMORY = "0" * STRIDE + "".join("0" + row for row in IMAGE) + "0" * (STRIDE + 1)
POSITIONS = 2 * STRIDE + 6  # of the kernel, with the gaps between their rows
LANES = 8  # of a vector


def element(c, x, y, w, h, letter, gap=False):
    zero = letter == "0"
    color, fill = (GREY, PAPER) if gap else (GREY, None) if zero else (BLUE, None)
    c.cell(x, y, w, h, letter, color, fill, dashed=gap, size=12, ink=GREY if gap or zero else INK)


def frame(c, x, y, w, h, width=2.2):
    c.add("rect", x=x, y=y, width=w, height=h, rx=2, fill="none", stroke=ORANGE, stroke_width=width)


def draw():
    c = Canvas(824, 556, "The padded rows of an image under a 3×3 kernel")
    size = 24

    x, y = 24, 48
    c.text(x, 32, "the image with its padding", 13, bold=True)
    padded = ["0" * 8] + ["0" + row + "0" for row in IMAGE] + ["0" * 8]
    for i, row in enumerate(padded):
        for j, letter in enumerate(row):
            element(c, x + j * size, y + i * size, size, size, letter)
    frame(c, x, y, 3 * size, 3 * size)
    c.lines(252, 66, ["Orange: what the kernel sees at its first position.", "",
                      "The padded rows hold each row with one zero before it. The zero",
                      f"after it is the one before the next row: the row stride is {STRIDE}."], 19, size=13)

    wide = 21.5
    y = 212
    c.text(x, y - 12, "the padded rows in memory", 13, bold=True)
    for k, letter in enumerate(MEMORY):
        element(c, x + k * wide, y, wide, size, letter)
    for kh in range(3):
        frame(c, x + kh * STRIDE * wide, y, 3 * wide, size)
    for k in range(0, len(MEMORY), STRIDE):
        c.text(x + (k + 0.5) * wide, y + size + 16, str(k), 12, GREY, "middle")

    y, left, row_height = 304, 136, 21
    c.text(x, y - 28, "the columns of the product, never written out: read where they lie", 13, bold=True)
    c.text(x, y - 8, "kernel", 12, GREY)
    c.text(88, y - 8, "from", 12, GREY)
    for d in range(9):
        kh, kw = divmod(d, 3)
        tap, top = kh * STRIDE + kw, y + d * row_height
        c.text(x, top + 15, f"({kh}, {kw})", 12, mono=True)
        c.text(116, top + 15, str(tap), 12, anchor="end", mono=True)
        for lane in range(POSITIONS):
            element(c, left + lane * wide, top, wide, row_height, MEMORY[tap + lane], lane % STRIDE == 6)
    bottom = y + 9 * row_height
    frame(c, left, y, wide, bottom - y)
    for lane in range(0, POSITIONS + LANES, LANES):
        end = left + min(lane, POSITIONS) * wide
        c.line(end, y - 6, end, bottom + 6, color=INK, width=1.8)
        if lane + LANES <= POSITIONS:
            c.text(end + LANES * wide / 2, bottom + 19, f"a vector of {LANES} lanes", 12, GREY, "middle")
    c.lines(left + POSITIONS * wide + 18, y + 30, ["one row: what one", "element of the", "kernel sees at all", "positions", "",
                                                "dashed: the gap of", "one lane between", "the rows, computed", "and not stored"],
            18, size=12.5)
    c.text(x, bottom + 44, "y += weight(kh, kw) · row, for each row and vector: the sums stay in registers.", 13)
    return c
