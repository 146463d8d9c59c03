from canvas import BLUE, GREEN, GREY, INK, ORANGE, Canvas

STEPS = ["linear", "relu", "linear", "cross_\nentropy", "cross_\nentropy", "linear", "relu", "linear", "step", "zero_\ngrad"]
NODES = [0, 1, 2, 3, 3, 2, 1, 0, None, None]
# Block, its content, from the beginning of which step to the end of which, color.
BLOCKS = [
    ("(32, 100)", [(0, 0, "z", BLUE), (1, 6, "h, in place", BLUE)]),
    ("(32, 10)", [(2, 4, "s", BLUE)]),
    ("(32, 10)", [(4, 5, "ds", ORANGE)]),
    ("(32, 100)", [(5, 5, "dh", ORANGE), (6, 7, "dz, in place", ORANGE)]),
    ("(10, 100)", [(5, 9, "w2.grad()", GREEN)]),
    ("(100, 784)", [(7, 9, "w1.grad()", GREEN)]),
]


def draw():
    c = Canvas(824, 486, "A training step: when each block of memory is taken from the pool and given back")
    left, wide, top, row = 124, 67, 122, 38
    x_of = lambda step: left + step * wide
    bottom = top + len(BLOCKS) * row + 8
    pool = bottom + 26

    c.text(x_of(2), 32, "forward", 14, BLUE, "middle", bold=True)
    c.text(x_of(6), 32, "backward", 14, ORANGE, "middle", bold=True)
    c.text(x_of(9), 32, "optimizer", 14, GREEN, "middle", bold=True)
    for k, step in enumerate(STEPS):
        color = BLUE if k < 4 else ORANGE if k < 8 else GREEN
        c.box(x_of(k) + 2, 44, wide - 4, 40, color)
        words = step.split("\n")
        for j, word in enumerate(words):
            c.text(x_of(k) + wide / 2, 69 + 15 * j - 7.5 * (len(words) - 1), word, 12, INK, "middle", True)
        if NODES[k] is not None:
            c.text(x_of(k) + wide / 2, 102, f"node {NODES[k]}", 12, GREY, "middle")
        if k > 0:
            c.line(x_of(k), 110, x_of(k), bottom, color=GREY if k in (4, 8) else "#dcdcd5", width=1, dashed=True)

    c.text(24, 102, "block", 12, GREY)
    c.box(24, pool, 776, 36, GREY, radius=8)
    c.text(412, pool + 23, "the pool: free blocks by size, which the next request takes", 13, INK, "middle")
    for k, (shape, uses) in enumerate(BLOCKS):
        y = top + k * row
        c.text(24, y + 19, shape, 13, mono=True)
        for begin, end, name, color in uses:
            c.box(x_of(begin) + 4, y, (end - begin + 1) * wide - 8, 28, color)
            c.text(x_of(begin) + 14, y + 19, name, 13, color, mono=True, bold=True)
        x = x_of(uses[-1][1] + 1) - 12
        # Blocks that are given back in the same step leave side by side.
        x -= 14 * sum(1 for _, others in BLOCKS[k + 1:] if others[-1][1] == uses[-1][1])
        c.arrow(x, y + 28, x, pool - 1, color=GREY, width=1.4)
    c.text(24, pool + 62, "loss = cross_entropy(linear(relu(linear(x, w1, b1)), w2, b2), t)", 13, mono=True)
    c.text(24, pool + 84, "A node is released as soon as it was run: what its closure alone kept goes back at once.", 13, GREY)
    return c
