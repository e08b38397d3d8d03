"""Draws a picture of a program right and wrong as one picture, from the .dat and .gp of both.

The halves stand side by side, or one above the other when they are wide. The same number has the
same colour, and the same place on an axis, in both; where that cannot be, the picture says so.
"""

import collections
import math
import pathlib
import re
import subprocess
import textwrap

MARGIN, LINE = 18, 22  # pixels, as in common/pictures/canvas.h
GAP = 6
BAND = 28  # above each half, with its name
LETTER = 10  # as wide as a letter of a title at most, on the average
MOST_WIDE = 1100  # what is wider stands one above the other: a page would shrink the labels
COLOURS = {"right": "#D6E8F5", "wrong": "#FBDCC8"}
TITLE, SUBTITLE, NOTE, TICK_LABEL = "0", "1", "2", "7"  # kinds of text, as in common/pictures/canvas.h
TICK = "5592405"  # the grey of the marks below a scale, in common/pictures/heatmap_scale.c
SCALE_WIDTH = 240

# The blocks of a .dat file as rows of fields; what the .gp file draws; the size of the page.
Half = collections.namedtuple("Half", "blocks body width height")


def read_half(stem):
    text = pathlib.Path(f"{stem}.dat").read_text(encoding="utf-8")
    blocks = [[line.split("\t") for line in block.splitlines() if line and line[0] != "#"]
              for block in text.split("\n\n\n")]
    commands = pathlib.Path(f"{stem}.gp").read_text(encoding="utf-8")
    width, height = map(int, re.search(r"terminal svg size (\d+),(\d+)", commands).groups())
    body = commands.split("    set multiplot\n")[1].split("    unset multiplot")[0]
    return Half(blocks, body, width, height)


def with_texts(half, texts):
    return half._replace(blocks=[texts, *half.blocks[1:]])


def title_of(half):
    return [row[2].strip('"') for row in half.blocks[0] if row[3] == TITLE]


def without_title(half):
    """What a title says is true of the right half alone, so it stands below that half's band."""
    return with_texts(half, [row for row in half.blocks[0] if row[3] != TITLE])


def without_claims(half):
    """What the program calls right was made by the chapter's code, which is mistaken here."""
    def honest(text):
        return re.sub('^"right: ', '"should be: ', re.sub('^"right"$', '"mistaken"', text))
    return with_texts(half, [[x, y, honest(text), kind] for x, y, text, kind in half.blocks[0]])


# --- One scale ------------------------------------------------------------------------------------


def is_cell(row):
    return len(row) == 6 and math.isfinite(float(row[2]))


def scale_of(half):
    """The colours of the bar below the heatmaps as [(number, colour)]; None without a bar."""
    rows = half.blocks[-1]
    ticks = [float(row[0]) for row in rows if len(row) == 5 and row[4] == TICK]
    if len(ticks) < 2:
        return None
    labels = [row[2].strip('"') for row in half.blocks[0] if row[3] == TICK_LABEL][-len(ticks):]
    labels = [float(label) for label in labels]
    per_pixel = (labels[-1] - labels[0]) / (ticks[-1] - ticks[0])
    parts = [row for row in rows if row[4] != TICK and float(row[0]) < MARGIN + SCALE_WIDTH]
    return [(labels[0] + (float(row[0]) - ticks[0]) * per_pixel, row[4]) for row in parts]


def length(scale):
    return scale[-1][0] - scale[0][0]


def ink(colour):
    """Black or white, whichever can be read on a colour: colour_ink() of common/pictures/colour.c."""
    levels = [(int(colour) >> shift & 255) / 255 for shift in (16, 8, 0)]
    light = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in levels]
    return "0" if 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2] > 0.1791 else "16777215"


def scale_texts(half):
    """The texts below the heatmaps."""
    top = min(float(row[1]) for row in half.blocks[-1]) - 2 * LINE
    return [row for row in half.blocks[0] if row[3] != "NaN" and float(row[1]) > top]


def in_scale_of(other, half):
    """A half with the colours and the bar of the other. What lies beyond the bar has its end's colour."""
    scale = scale_of(other)

    def paint(row):
        colour = min(scale, key=lambda part: abs(part[0] - float(row[2])))[1]
        return [*row[:3], colour, ink(colour), row[5]]

    cells = [[paint(row) if is_cell(row) else row for row in block] for block in half.blocks[1:-1]]
    own = scale_texts(half)
    texts = [row for row in half.blocks[0] if row not in own] + scale_texts(other)
    return half._replace(blocks=[texts, *cells, other.blocks[-1]])


def in_one_scale(right, wrong):
    scales = scale_of(right), scale_of(wrong)
    if None in scales or scales[0] == scales[1] or right.height != wrong.height:
        return right, wrong
    if length(scales[0]) < length(scales[1]):
        return in_scale_of(wrong, right), wrong
    return right, in_scale_of(right, wrong)


def in_one_frame(right, wrong):
    """The axes of curves from the least to the greatest of both."""
    pattern = r"(?<=set xrange \[|set yrange \[)([^]:]*):([^]:]*)(?=\])"
    ranges = [re.findall(pattern, half.body)[2:] for half in (right, wrong)]
    if len(ranges[0]) != 2 or len(ranges[1]) != 2:
        return right, wrong
    both = [(min(a[0], b[0], key=float), max(a[1], b[1], key=float)) for a, b in zip(*ranges)]

    def framed(half):
        head, *rest = re.split(r"(?<=set [xy]range )\[[^]]*\]", half.body)
        page = re.findall(r"set [xy]range (\[[^]]*\])", half.body)[:2]
        values = page + [f"[{low}:{high}]" for low, high in both]
        return half._replace(body=head + "".join(v + piece for v, piece in zip(values, rest)))
    return framed(right), framed(wrong)


def same_colours(right, wrong):
    """A number that both halves show has the same colour in both, or nearly."""
    colours = [{row[2]: row[3] for block in half.blocks[1:] for row in block if is_cell(row)}
               for half in (right, wrong)]
    shared = colours[0].keys() & colours[1].keys()

    def distance(one, other):
        return max(abs((int(one) >> shift & 255) - (int(other) >> shift & 255)) for shift in (16, 8, 0))
    return all(distance(colours[0][number], colours[1][number]) < 16 for number in shared)


# --- One page -------------------------------------------------------------------------------------


def placed(half, x, y, page, first_block):
    """The commands of a half moved to (x, y) on a page of (width, height), its data to later blocks."""
    def screen(found):
        side, share = found.group(1), float(found.group(2))
        if found.group(2) in "01":  # the whole page, for what is placed by pixels
            return found.group()
        if side in "lr":
            return f"{side}margin at screen {(x + share * half.width) / page[0]:.6f}"
        return f"{side}margin at screen {1 - (y + (1 - share) * half.height) / page[1]:.6f}"
    body = re.sub(r"\b([lrtb])margin at screen (\S+)", screen, half.body)
    body = body.replace(f"set xrange [0:{half.width}]", f"set xrange [{-x}:{page[0] - x}]", 1)
    body = body.replace(f"set yrange [{half.height}:0]", f"set yrange [{page[1] - y}:{-y}]", 1)
    return re.sub(r"data index (\d+)", lambda found: f"data index {int(found.group(1)) + first_block}", body)


def band(number, name, x, y, width):
    return (f'    set object {number} rectangle from {x},{y} to {x + width},{y + BAND} behind '
            f'fillstyle solid noborder fillcolor rgb "{COLOURS[name]}"\n')


def told(half, text):
    """What the mistake shows, in lines as wide as a half, where the other half has its title."""
    plain = text.replace('"', "'").replace("`", "").rstrip(".")
    return textwrap.wrap(plain, (half.width - 2 * MARGIN) // LETTER)


def compose(right, wrong, name, symptom):
    """The texts of the page, and the commands that draw it: (width, height, texts, commands)."""
    titles = title_of(right)
    cut = MARGIN + LINE * len(titles) - 4 if titles else 0  # what a half's title took
    above = right.width + wrong.width > MOST_WIDE
    halves = [without_title(right), without_claims(without_title(wrong))]
    lines = [titles, told(wrong, symptom)]
    heads = [BAND + GAP + LINE * len(of_half) for of_half in lines]
    if not above:  # side by side, what is compared stands at one height
        heads = [max(heads)] * 2
    tall = [head + half.height - cut for head, half in zip(heads, halves)]
    corners = [(0, GAP), (0, GAP + tall[0]) if above else (right.width, GAP)]
    note = not same_colours(right, wrong)
    page = (max(right.width, wrong.width) if above else right.width + wrong.width,
            GAP + (sum(tall) if above else max(tall)) + (LINE if note else 0))
    texts = []
    for (x, y), label, of_half in zip(corners, ("right", f"wrong: {name}"), lines):
        texts.append([str(x + MARGIN), str(y + BAND // 2), f'"{label}"', TITLE])
        texts += [[str(x + MARGIN), str(y + BAND + GAP + LINE // 2 + LINE * i), f'"{line}"', TITLE]
                  for i, line in enumerate(of_half)]
    if note:
        texts.append([str(MARGIN), str(page[1] - LINE), '"Each half has colours of its own."', NOTE])
    bands = [band(i + 101, side, x + 6, y, half.width - 12)
             for i, (side, (x, y), half) in enumerate(zip(COLOURS, corners, halves))]
    commands = "    unset object\n" + "".join(bands) + PAGE.format(width=page[0], height=page[1])
    first = 1
    for half, head, (x, y) in zip(halves, heads, corners):
        commands += "    unset object\n" + placed(half, x, y + head - cut, page, first)
        first += len(half.blocks)
    return page, [texts, *halves[0].blocks, *halves[1].blocks], commands


PAGE = """    set lmargin at screen 0
    set rmargin at screen 1
    set tmargin at screen 1
    set bmargin at screen 0
    set xrange [0:{width}]
    set yrange [{height}:0]
    unset key
    unset tics
    unset border
    plot data index 0 using (text(0)):2:3 with labels left textcolor rgb '#000000' font ",16", \\
         data index 0 using (text(2)):2:3 with labels left textcolor rgb '#555555' font ",12"
"""
COMMANDS = """# Draws {name}.svg and {name}.png from {name}.dat. Once more: gnuplot {name}.gp
if (!exists("picture")) picture = "{name}"
data = "{name}.dat"
set encoding utf8
set datafile separator "\\t"
text(kind) = column(4) == kind ? column(1) : NaN
do for [format in "svg png"] {{
    if (format eq "svg") {{
        set terminal svg size {width},{height} fixed noenhanced background "#ffffff" \\
            font "DejaVu Sans,Verdana,sans-serif,12"
    }} else {{
        set terminal pngcairo size {large_width},{large_height} fontscale 1.125 linewidth 1.5 \\
            pointscale 1.5 noenhanced background "#ffffff" font "DejaVu Sans,12"
    }}
    set output picture.".".format
    set multiplot
{commands}    unset multiplot
    unset output
}}
"""


def draw(right, wrong, mistake, symptom, target):
    """Draws target.png and .svg, and writes target.dat and .gp, from right.dat, .gp and so on."""
    halves = in_one_frame(*in_one_scale(read_half(right), read_half(wrong)))
    (width, height), blocks, commands = compose(*halves, mistake, symptom)
    target.with_suffix(".dat").write_text(
        f"# The data of {target.name}.gp: the texts of the page, and the blocks of the two halves.\n"
        + "\n\n\n".join("\n".join("\t".join(row) for row in block) for block in blocks) + "\n",
        encoding="utf-8")
    target.with_suffix(".gp").write_text(
        COMMANDS.format(name=target.name, width=width, height=height, large_width=width * 3 // 2,
                        large_height=height * 3 // 2, commands=commands), encoding="utf-8")
    subprocess.run(["gnuplot", f"{target.name}.gp"], cwd=target.parent, check=True, capture_output=True)
