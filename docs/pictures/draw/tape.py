from canvas import BLUE, GREEN, GREY, INK, ORANGE, PAPER, Canvas

NODES = [  # statement, operation, inputs, shape of the output, what the closure has saved
    ("z = linear(x, w1, b1)", "linear", ["·", "w1", "b1"], "(32, 100)", "x, w1"),
    ("h = relu(z)", "relu", ["0"], "(32, 100)", "h"),
    ("s = linear(h, w2, b2)", "linear", ["1", "w2", "b2"], "(32, 10)", "h, w2"),
    ("loss = cross_entropy(s, t)", "cross_entropy", ["2", "·", "·"], "()", "s, t, …"),
]


def draw():
    c = Canvas(824, 428, "The tape: one list of nodes in the order of recording")
    left, top, step, height = 268, 92, 62, 44
    columns = {"op": left + 44, "inputs": left + 172, "shape": left + 300, "closure": left + 400}

    c.text(24, 36, "Tape tape;", 14, mono=True, bold=True)
    c.text(left, 36, "the tape: its nodes in the order of recording", 14, bold=True)
    for name, text in (("op", "op"), ("inputs", "inputs"), ("shape", "output"), ("closure", "closure keeps")):
        c.text(columns[name], top - 14, text, 12, GREY)

    for k, (statement, op, inputs, shape, saved) in enumerate(NODES):
        y = top + k * step
        base = y + height / 2 + 5
        c.text(24, base, statement, 13, mono=True)
        c.arrow(242, y + height / 2, left - 4, y + height / 2, color=GREY, width=1.2)
        c.box(left, y, 528, height, BLUE)
        c.text(left + 18, base, str(k), 14, BLUE, "middle", True, True)
        c.text(columns["op"], base, op, 13, mono=True)
        for j, text in enumerate(inputs):
            x, is_leaf = columns["inputs"] + 38 * j, text.startswith(("w", "b"))
            color = GREEN if is_leaf else BLUE if text.isdigit() else GREY
            c.cell(x, y + 10, 32, 24, text, color, None if is_leaf else PAPER, ink=color, bold=text != "·")
        c.text(columns["shape"], base, shape, 13, mono=True)
        c.cell(columns["closure"], y + 10, 112, 24, saved, ORANGE, ink=ORANGE)
        if k > 0:  # from the node that made it to the input that it is
            x = columns["inputs"] + 16
            c.arrow(x, y - step + height, x, y + 8, color=BLUE)

    bottom = top + len(NODES) * step
    c.text(left, bottom + 16, "backward: one loop from the last node to the first", 13, ORANGE)
    c.path(f"M{left + 346} {bottom + 12}H810V{top}", ORANGE, 2, arrow=True)
    c.lines(24, bottom + 8, ["A tensor knows its place on", "the tape, not its parents."], 17, size=12, color=GREY)

    y = bottom + 64
    for x, text, color, fill, meaning in (
            (24, "2", BLUE, PAPER, "the node that made the input"), (270, "w1", GREEN, None, "a leaf that requires a gradient"),
            (522, "·", GREY, PAPER, "a constant")):
        c.cell(x, y - 17, 32, 24, text, color, fill, ink=color, bold=text != "·")
        c.text(x + 40, y, meaning, 13, INK)
    return c
