#!/usr/bin/env python3
"""Usage: docs/pictures/draw/draw.py [--check]

Draws the SVGs of docs/pictures; with --check it writes nothing, and fails if one is not what it would write.
Needs Python 3 alone."""

import sys
from pathlib import Path

sys.dont_write_bytecode = True  # the folder holds sources alone

import backward
import broadcasting
import padded_rows
import product
import tape

DRAWINGS = {"tape": tape, "backward": backward, "broadcasting": broadcasting, "padded-rows": padded_rows,
            "product": product}
FOLDER = Path(__file__).resolve().parent.parent


def main(arguments):
    if arguments not in ([], ["--check"]):
        print(__doc__)
        return 2
    stale = []
    for name, drawing in DRAWINGS.items():
        file, svg = FOLDER / f"{name}.svg", drawing.draw().svg()
        if not arguments:
            file.write_text(svg, encoding="utf-8")
        elif not file.is_file() or file.read_text(encoding="utf-8") != svg:
            stale.append(file.name)
    for name in stale:
        print(f"docs/pictures/{name} is not what docs/pictures/draw/draw.py draws: run it")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
