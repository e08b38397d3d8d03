"""Says what gnuplot drew in fewer letters: a page with heatmaps brings along half as many.

The picture stays the same but for the edges of its cells: cells of one colour become one path, and a label keeps what the
root does not say for all.
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
    """Cells that stand one after the other, by their colours: they hardly overlap, so the order tells nothing.

    One that goes on below the cell before it, in the same colour, makes that cell longer.
    """
    parts, of_colour, last, end = [], {}, None, 0

    def flush():
        for fill, boxes in of_colour.items():
            steps = "".join(f"M{left} {top}H{right}V{bottom}H{left}z" for left, right, top, bottom in boxes)
            parts.append(f'<path fill="{fill}" d="{steps}"/>')
        of_colour.clear()
    for cell in CELL.finditer(text):
        between = text[end:cell.start()]
        if between.strip():
            flush()
            parts.append(between.rstrip("\t"))
            last = None
        fill, *places = cell.groups()
        left, bottom, right, top = map(number, places)
        if last and last[0] == fill and last[1][:2] == [left, right] and float(last[1][2]) < float(top) <= float(last[1][3]):
            last[1][3] = bottom
        else:
            last = fill, [left, right, top, bottom]
            of_colour.setdefault(colour(fill), []).append(last[1])
        end = cell.end()
    flush()
    return "".join(parts) + text[end:]


def without_unused(text):
    """Without the names of what was drawn, points that are nowhere drawn, and groups of nothing."""
    text = re.sub(r"<(title|desc)>.*?</\1>", "", text)
    if not re.search(r"<use|url\(#", re.sub(r"<defs>.*?</defs>", "", text, flags=re.S)):
        text = re.sub(r"<defs>.*?</defs>", "", text, count=1, flags=re.S)
    found = 1
    while found:
        text, found = re.subn(r"<g\b[^<>]*>\s*</g>", "", text)
    return text


def label(found):
    x, y, style, begin, rest = found.groups()
    style = re.sub(r'(font-size="\d+)\.0+"', r'\1"', style.replace(' text-anchor="start"', "").rstrip())
    return f'{begin} x="{number(x)}" y="{number(y)}" stroke="none" {style}>{rest}'


def smaller(text):
    """The picture without crisp edges, too: made smaller, it would lose some lines and not others."""
    text = text.replace(" shape-rendering='crispEdges'", "").replace(FACE, "")
    text = LABEL.sub(label, cells(without_unused(text))).replace("<svg", "<svg" + FACE, 1)
    text = re.sub(r"(?<= d=')[^']+(?=')", lambda found: re.sub(r"\d+\.\d+", lambda place: number(place.group()), found.group()), text)
    text = re.sub(r"rgb\((\s*\d+,\s*\d+,\s*\d+)\)", lambda found: colour(found.group(1)), text)
    return re.sub(r">\s*\n\s*<", "><", text)
