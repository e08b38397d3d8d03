"""Says what gnuplot drew in fewer letters: a page with heatmaps brings along half as many.

The picture stays the same: cells of one colour that follow each other become one path, and a label keeps what the root does
not say for all.
"""
import re

FACE = ' font-family="DejaVu Sans,Verdana,sans-serif"'
CELL = re.compile(r"<polygon fill = 'rgb\(([\d, ]+)\)' points = '([\d.]+),([\d.]+) ([\d.]+),\3 \4,([\d.]+) \2,\5 '/>")
LABEL = re.compile(r'<g transform="translate\(([\d.-]+),([\d.-]+)\)" stroke="none" ([^>]*?)>\s*(<text)>(.*?</text>)\s*</g>')


def number(text):
    return text.rstrip("0").rstrip(".") if "." in text else text


def colour(parts):
    return "#%02x%02x%02x" % tuple(int(part) for part in parts.split(","))


def cells(text):
    """Cells that stand one after the other, by their colours: they hardly overlap, so the order tells nothing."""
    parts, of_colour, end = [], {}, 0

    def flush():
        parts.extend(f'<path fill="{fill}" d="{"".join(steps)}"/>' for fill, steps in of_colour.items())
        of_colour.clear()
    for cell in CELL.finditer(text):
        between = text[end:cell.start()]
        if between.strip():
            flush()
            parts.append(between.rstrip("\t"))
        fill, *places = cell.groups()
        left, bottom, right, top = map(number, places)
        of_colour.setdefault(colour(fill), []).append(f"M{left} {top}H{right}V{bottom}H{left}z")
        end = cell.end()
    flush()
    return "".join(parts) + text[end:]


def label(found):
    x, y, style, begin, rest = found.groups()
    style = re.sub(r'(font-size="\d+)\.0+"', r'\1"', style.replace(' text-anchor="start"', "").rstrip())
    return f'{begin} x="{number(x)}" y="{number(y)}" stroke="none" {style}>{rest}'


def smaller(text):
    """The same picture. Without crisp edges: made smaller, it would lose some lines and not others."""
    text = text.replace(" shape-rendering='crispEdges'", "").replace(FACE, "")
    text = LABEL.sub(label, cells(text)).replace("<svg", "<svg" + FACE, 1)
    text = re.sub(r"rgb\((\s*\d+,\s*\d+,\s*\d+)\)", lambda found: colour(found.group(1)), text)
    return re.sub(r">\s*\n\s*<", "><", text)
