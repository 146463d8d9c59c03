from canvas import BLUE, GREY, INK, ORANGE, PAPER, Canvas

A, B = [[10], [20], [30]], [1, 2, 3, 4]
DY = [[1, 0, 2, 1], [0, 3, 1, 1], [2, 1, 0, 1]]
W, H = 40, 30  # of a cell


def grid(c, x, y, rows, color, given=lambda i, j: True):
    """A matrix; elements that broadcasting repeats, which are not in memory, are dashed."""
    for real in (False, True):  # whose borders lie above
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                if given(i, j) == real:
                    c.cell(x + j * W, y + i * H, W, H, str(value), color if real else GREY, None if real else PAPER,
                           dashed=not real, ink=INK if real else GREY)


def sign(c, x, y, text):
    c.text(x, y + 1.5 * H + 7, text, 20, INK, "middle")


def draw():
    c = Canvas(824, 436, "Broadcasting, and its gradient: sum_to")
    first, second, third = 150, 370, 604
    y = 56
    c.text(24, y + 50, "forward", 14, BLUE, bold=True)
    for x, name in ((first, "a (3, 1)"), (second, "b (4,)"), (third, "y = a + b (3, 4)")):
        c.text(x, y - 14, name, 13, mono=True)
    grid(c, first, y, [row * 4 for row in A], BLUE, lambda i, j: j == 0)
    grid(c, second, y, [B] * 3, BLUE, lambda i, j: i == 0)
    grid(c, third, y, [[row[0] + b for b in B] for row in A], BLUE)
    sign(c, (first + 4 * W + second) / 2, y, "+")
    sign(c, (second + 4 * W + third) / 2, y, "=")
    c.text(first, y + 3 * H + 22, "dashed: repeated while it is read, not in memory", 12, GREY)

    c.line(24, 192, 800, 192, color="#dcdcd5", width=1)
    y = 246
    c.text(24, y + 50, "backward", 14, ORANGE, bold=True)
    c.text(third, y - 14, "dy (3, 4)", 13, mono=True)
    grid(c, third, y, DY, ORANGE)

    # da: the rows' sums
    c.text(first, y - 14, "da = sum_to(dy, (3, 1))", 13, mono=True)
    grid(c, first, y, [[sum(row)] for row in DY], ORANGE)
    for i, row in enumerate(DY):
        middle = y + (i + 0.5) * H
        c.text(first + W + 14, middle + 5, "= " + " + ".join(map(str, row)), 13, GREY, mono=True)
        c.arrow(third - 6, middle, first + W + 168, middle, color=ORANGE, width=1.4)

    # db: the columns' sums
    low = y + 3 * H + 34
    for j in range(4):
        c.arrow(third + (j + 0.5) * W, y + 3 * H + 4, third + (j + 0.5) * W, low - 4, color=ORANGE, width=1.4)
    grid(c, third, low, [[sum(row[j] for row in DY) for j in range(4)]], ORANGE)
    c.text(third - 16, low + 20, "db = sum_to(dy, (4,))", 13, anchor="end", mono=True)
    c.text(24, low + 20, "sums over the axes that were repeated", 12, GREY)
    return c
