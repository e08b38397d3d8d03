"""Typesets the formulas of what is no Markdown of a lesson: a header, a quiz and a program have `T_q x d_k` and `Q K^T`."""
import re

SYMBOL = r"(?:d_(?:model|in|out|ff|k|v)|T_[qk]|W_[OQKV])"
FACTOR = rf"(?:\(heads {SYMBOL}\)|{SYMBOL}|[TSVRdhkmn]|rows|cols|classes|\d+)"
SIZE = rf"(?:{FACTOR}|batch|heads)"
FORMULA = re.compile(rf"(?<![\w./-])(?:(?P<shape>{FACTOR}(?: x {FACTOR})+|\({SIZE}(?:,? {SIZE})*, {SIZE}(?: {SIZE})?\))|sqrt\((?P<root>{SYMBOL}|[a-z])\)"
                     r"|(?P<product>(?:[A-Z](?:\^T)? )?(?:[A-Za-z]|grad_out)\^T(?: (?:[A-Z]|grad_out))?)"
                     rf"|(?P<power>(?:e|\d+)\^(?:\([^()]*\)|\w+))|(?P<symbol>{SYMBOL}))(?![\w^]|\()")
# What is no text: names, types, code, calls, formulas for MathJax.
OTHER = re.compile(r"<(pre|code|a|em|script|h1|h2)\b.*?</\1>|<td class=\"(?:mem|param)(?:name|type|key|ItemLeft|ItemRight)\".*?</td>"
                   r'|<div class="fragment">.*?<!-- fragment -->|<[^>]*>|\\\(.*?\\\)|\b[a-z]+_\w+\([^()]*\)', re.S)


def symbol(text):
    """A letter is slanted, and what stands below it is small."""
    name, _, below = text.partition("_")
    shown = f"<i>{name}</i>" if len(name) == 1 else name
    return shown + (f"<sub>{below}</sub>" if below else "")


def symbols(text):
    return re.sub(rf"\b(?:{SYMBOL}|[A-Za-z])\b", lambda found: symbol(found.group()), text)


def transposed(text):
    name, mark, _ = text.partition("^T")
    return symbols(name) + ("<sup>T</sup>" if mark else "")


def formula(found):
    kind, text = found.lastgroup, found.group(found.lastgroup)
    if kind == "root":
        shown = f'√<span class="root">{symbols(text)}</span>'
    elif kind == "power":
        base, power = text.split("^")
        shown = f"{symbols(base)}<sup>{symbols(power.strip('()'))}</sup>"
    elif kind == "product":
        shown = " ".join(map(transposed, text.split()))
    else:
        shown = symbols(text.replace(" x ", " × "))
    return f'<span class="formula">{shown}</span>'


def typeset(text):
    """HTML, with the formulas of its text."""
    parts, end = [], 0
    for other in OTHER.finditer(text):
        parts += [FORMULA.sub(formula, text[end:other.start()]), other.group()]
        end = other.end()
    return "".join(parts) + FORMULA.sub(formula, text[end:])
