"""A page to draw on, and the one visual language of the drawings: SVG on a light card of its own, so that it is
as legible on a dark page. Sizes are pixels; text is never smaller than 12."""

from html import escape

PAPER, EDGE, INK, GREY, PALE = "#fcfcf9", "#d9d9d2", "#22262b", "#646b75", "#ecece6"
# Forward and values blue, backward and gradients orange, parameters and results green.
BLUE, ORANGE, GREEN = "#0b62a0", "#b8480a", "#1b7a55"
TINT = {BLUE: "#dceaf6", ORANGE: "#fbe5d3", GREEN: "#d8eee2", GREY: PALE, INK: PALE}
SANS = "'DejaVu Sans', Verdana, 'Segoe UI', Helvetica, sans-serif"
MONO = "'DejaVu Sans Mono', Menlo, Consolas, monospace"


def number(x):
    """Two decimals at most, without zeros at the end: the same text on every machine."""
    return f"{round(x + 0.0, 2):.2f}".rstrip("0").rstrip(".")


class Canvas:
    def __init__(self, width, height, title):
        self.width, self.height, self.title, self.parts = width, height, title, []

    def add(self, tag, text=None, **attributes):
        words = [tag]
        for name, value in attributes.items():
            if value is not None:
                value = value if isinstance(value, str) else number(value)
                words.append(f'{name.rstrip("_").replace("_", "-")}="{escape(value)}"')
        line = " ".join(words)
        self.parts.append(f"<{line}/>" if text is None else f"<{line}>{escape(text, quote=False)}</{tag}>")

    def text(self, x, y, text, size=13, color=INK, anchor="start", mono=False, bold=False):
        """y is the baseline."""
        assert size >= 12, text
        self.add("text", text, x=x, y=y, fill=color, font_size=size, text_anchor=None if anchor == "start" else anchor,
                 class_="mono" if mono else None, font_weight="bold" if bold else None)

    def lines(self, x, y, texts, step=18, **style):
        for k, text in enumerate(texts):
            if text:
                self.text(x, y + k * step, text, **style)

    def box(self, x, y, w, h, color=GREY, fill=None, radius=4, dashed=False, stroke=1.4):
        self.add("rect", x=x, y=y, width=w, height=h, rx=radius, fill=fill or TINT[color], stroke=color,
                 stroke_width=stroke, stroke_dasharray="4 3" if dashed else None)

    def cell(self, x, y, w, h, text="", color=GREY, fill=None, dashed=False, size=13, bold=False, ink=None):
        """A box with text in its middle."""
        self.box(x, y, w, h, color, fill, 2, dashed, 1)
        if text:
            self.text(x + w / 2, y + h / 2 + size * 0.36, text, size, ink or INK, "middle", True, bold)

    def path(self, d, color=INK, width=1.6, dashed=False, arrow=False):
        self.add("path", d=d, fill="none", stroke=color, stroke_width=width,
                 stroke_dasharray="4 3" if dashed else None,
                 marker_end=f"url(#{self.marker(color)})" if arrow else None)

    def line(self, x1, y1, x2, y2, **style):
        self.path(f"M{number(x1)} {number(y1)}L{number(x2)} {number(y2)}", **style)

    def arrow(self, x1, y1, x2, y2, **style):
        self.line(x1, y1, x2, y2, arrow=True, **style)

    @staticmethod
    def marker(color):
        return "arrow-" + color.lstrip("#")

    def svg(self):
        w, h = number(self.width), number(self.height)
        markers = "".join(
            f'<marker id="{self.marker(c)}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" '
            f'orient="auto-start-reverse"><path d="M0 0.8L10 5L0 9.2z" fill="{c}"/></marker>\n'
            for c in (INK, GREY, BLUE, ORANGE, GREEN) if any(self.marker(c) in part for part in self.parts))
        body = "\n".join(self.parts)
        return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" viewBox="0 0 {w} {h}" '
                f'font-family="{SANS}">\n<title>{escape(self.title, quote=False)}</title>\n<style>.mono {{ font-family: {MONO} }}</style>\n<defs>\n{markers}</defs>\n'
                f'<rect x="0.5" y="0.5" width="{number(self.width - 1)}" height="{number(self.height - 1)}" rx="10" '
                f'fill="{PAPER}" stroke="{EDGE}"/>\n{body}\n</svg>\n')
