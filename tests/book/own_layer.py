"""Operates the reader's own layer on the first page: files that are dropped or chosen, their pages, and what is refused.

That every number is the programs' own, and every refusal, is for tests/whole/live_own_test.c; here the page must show what
the programs print for files that go through the browser.
"""
import base64
import os
import random
import struct
import subprocess
import tempfile

from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

from first_page import WIDTHS, cell, expect_sizes, hit, hit_cell, layer_of, numbers, press_button, said, shown
from live_parts import BUILD, RIVER, find_all, press, same, table, texts

PAGE, NARROW_PAGE = 32, 8
LARGEST = 2 ** 32 - 1  # a size that the page can count to
HEADS, SHAPES = 8, {"x": (70, 40), "wq": (40, 24), "wk": (40, 24), "wv": (40, 48), "wo": (48, 36), "bq": (24,), "bo": (1, 36)}

DROP = """
const files = new DataTransfer();
for (const [name, text] of arguments[1])
    files.items.add(new File([Uint8Array.from(atob(text), letter => letter.charCodeAt(0))], name));
for (const type of ['dragover', 'drop'])
    arguments[0].dispatchEvent(new DragEvent(type, {dataTransfer: files, bubbles: true, cancelable: true}));
"""


# --- Files ---------------------------------------------------------------------------------------

def npy(shape, values, descr="<f8"):
    """An array as numpy.save() writes it."""
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + struct.pack(f"<{len(values)}d", *values)


def write_layer(directory):
    """The files of a layer whose sizes all differ: their paths."""
    numbers_of = random.Random(7)
    paths = []
    for name, shape in SHAPES.items():
        size = shape[0] * (shape[1] if len(shape) > 1 else 1)
        paths.append(os.path.join(directory, f"{name}.npy"))
        with open(paths[-1], "wb") as file:
            file.write(npy(shape, [numbers_of.gauss(0, 0.4) for _ in range(size)]))
    return paths


def program(name, paths, *arguments):
    """What a program says of files; arguments may name others."""
    options = [word for path in paths for word in ("--" + os.path.basename(path).partition(".")[0], path)]
    return subprocess.run([f"{BUILD}/bin/{name}", *options, *arguments], capture_output=True, text=True, check=False)


def printed(name, paths, *arguments):
    """The rows of numbers that a program writes."""
    result = program(name, paths, "--heads", str(HEADS), *arguments)
    assert not result.returncode, result.stderr
    return [[float(text) for text in line.split()] for line in result.stdout.split("\n") if line and line[0] != "#"]


# --- The page ------------------------------------------------------------------------------------

def choose_files(part, paths):
    find_all(part, "#own-files")[0].send_keys("\n".join(paths))


def drop(browser, part, **files):
    """Drops files of these names, with _ for the dot, on the page."""
    browser.script(DROP, part, [(name.replace("_", "."), base64.b64encode(data).decode()) for name, data in files.items()])


def refused(browser, part, text):
    browser.wait(lambda: said(part, "refusal") == text, f"the page to say {text!r}, not {said(part, 'refusal')!r}")


def is_shown(part):
    return any(grid.is_displayed() for grid in find_all(part, ".layer-flow"))


def at_once(part, selector):
    """The texts of elements that may be replaced meanwhile."""
    return part.parent.execute_script("return Array.from(arguments[0].querySelectorAll(arguments[1]), one => one.textContent)",
                                      part, selector)


def near_to(part, name, rows, what):
    """A matrix on the page is the rows that a program printed, as far as two decimals tell."""
    cells = numbers([[text.replace("−", "-") for text in row] for row in shown(part, name)])
    assert len(cells) == len(rows) and len(cells[0]) == len(rows[0]), f"{what}: {len(cells)} x {len(cells[0])}"
    gap = max(abs(a - b) for one, other in zip(cells, rows) for a, b in zip(one, other))
    assert gap < 0.00501, f"{what}: {gap} from what the program prints"


def corner(rows, row, column, size=PAGE):
    return [line[column:column + size] for line in rows[row:row + size]]


def pager(part, axis, button):
    return find_all(part, f"[data-axis={axis}] button")[button]


# --- What is checked -----------------------------------------------------------------------------

def check_example(browser, part):
    """One press brings the files of the example, and shows what the program prints for it."""
    assert not is_shown(part) and said(part, "refusal") == "", "something is shown before there are files"
    press_button(part, "Try the example")
    browser.wait(lambda: is_shown(part), "the example to be shown")
    lines, count = layer_of(RIVER), len(RIVER)
    same(numbers(shown(part, "out")), numbers(table(lines, "concat W_O", count, 8)), "out")
    same(texts(part, ".layer-weights tbody th"), RIVER, "the words of the file")
    same(find_all(part, "[data-axis]"), [], "pages of what is small")
    same(texts(part, ".own-given .own-here")[0], "x (6, 8)", "the shape of a file")


def check_files(browser, part, paths):
    """Files that are chosen are asked for the number of heads, and then shown in pages."""
    press_button(part, "Forget them")
    assert not is_shown(part), "what was forgotten is shown"
    choose_files(part, paths[1:])
    refused(browser, part, "Still missing: x.")
    choose_files(part, paths[:1])
    refused(browser, part, "How many heads has it?")
    find_all(part, "#own-heads")[0].send_keys(str(HEADS), Keys.ENTER)
    browser.wait(lambda: is_shown(part), "the layer to be shown")
    near_to(part, "out", corner(printed("05_multi_head_attention", paths, "--out", "-"), 0, 0), "out")
    weights = printed("05_multi_head_attention", paths, "--weights-out", "-")
    for head in (0, HEADS - 1):
        Select(find_all(part, "#own-head")[0]).select_by_value(str(head))
        near_to(part, "weights", corner(weights[head * 70:head * 70 + 70], 0, 0), f"weights of head {head}")
    hit(part, find_all(part, "input[type=checkbox]")[0])
    near_to(part, "out", corner(printed("07_masking", paths, "--causal", "--out", "-"), 0, 0), "out under the mask")
    same(len(find_all(part, ".layer-weights td.layer-shut")), PAGE * (PAGE - 1) // 2, "blocked cells")
    hit(part, find_all(part, "input[type=checkbox]")[0])


def check_pages(browser, part, paths):
    """Pages turn by a press and by the keys of a matrix; only what is on the page is in the document."""
    out = printed("05_multi_head_attention", paths, "--out", "-")
    assert len(find_all(part, "td[role]")) <= 14 * PAGE * PAGE
    same(texts(part, "[data-axis] span"), ["Rows: tokens 0–31 of 70", "Columns: tokens 0–31 of 70", "d_model 0–31 of 40",
                                           "Heads side by side 0–31 of 48", "d_out 0–31 of 36"], "pages")
    pager(part, "words", 1).send_keys(Keys.ENTER)
    near_to(part, "out", corner(out, 32, 0), "the second page of rows")
    pager(part, "words", 1).send_keys(Keys.ENTER)
    near_to(part, "out", corner(out, 64, 0), "the last page of rows")
    assert not pager(part, "words", 1).is_enabled(), "there is a page after the last one"
    pager(part, "words", 0).send_keys(Keys.ENTER)
    hit_cell(part, "out", 0, 31)
    press(browser, Keys.ARROW_RIGHT)
    near_to(part, "out", corner(out, 32, 32), "the page at the right")
    same(said(part, "title"), "Out · 32, 32", "the cell that was reached")
    press(browser, Keys.PAGE_UP, Keys.HOME)
    near_to(part, "out", corner(out, 0, 0), "the first page")
    assert said(part, "sum").endswith(f"≈ {float(f'{out[0][0]:.3g}'):g}") and "(bias)" in said(part, "sum"), said(part, "sum")
    press_button(part, "Back")
    assert said(part, "stage").startswith("8 of 9"), said(part, "stage")


def check_refusals(browser, part, paths):
    """What the program says of a bad file, the page says; what is no array is told the names."""
    drop(browser, part, notes_txt=b"1 2\n")
    refused(browser, part, "notes.txt: a file is known by its name: x, wq, wk, wv, wo, bq, bk, bv, bo and words, with .npy or .txt.")
    for bad in (npy((70, 40), [0] * 11), npy((70, 40), [0] * 700, "<f2"), npy((2 ** 63, 2), []), b"", npy((3, 40), [0] * 120, ">f8")):
        with tempfile.TemporaryDirectory() as directory:
            with open(os.path.join(directory, "x.npy"), "wb") as file:
                file.write(bad)
            told = program("05_multi_head_attention", [file.name, *paths[1:]], "--heads", str(HEADS), "--out", "-").stderr
        drop(browser, part, x_npy=bad)
        told = told.replace(directory + "/", "").partition(": ")[2].strip().replace(str(2 ** 63), str(LARGEST))
        refused(browser, part, told + ".")
        assert not is_shown(part), "something is shown beside a refusal"
    drop(browser, part, x_npy=npy((3, 39), [0] * 117))
    refused(browser, part, "multi_head_attention: w_q is 40x24, but x is 3x39 and needs 39 rows.")
    drop(browser, part, x_npy=npy((2, 3, 40), [0.1] * 240), words_txt="ein\nzwei\ndrei\nvier".encode())
    refused(browser, part, "words.txt has 4 words, but x has 3 tokens.")
    assert is_shown(part) and find_all(part, "#own-sequence")[0].is_displayed(), "the second sequence cannot be chosen"
    drop(browser, part, words_txt="eins\nzwei\ndrei\n".encode())
    browser.wait(lambda: at_once(part, ".layer-x tbody th") == ["eins", "zwei", "drei"], "the words")
    drop(browser, part, x_npy=npy((3, 40), [float("nan")] + [0] * 119))
    browser.wait(lambda: shown(part, "x")[0][0] == shown(part, "concat")[0][0] == "NaN", "NaN to be shown")


def check_sizes(browser, part, paths):
    """Wide and narrow, nothing scrolls the page or is too small, and matrices stand below each other where they must."""
    choose_files(part, paths)
    browser.wait(lambda: at_once(part, ".layer-x small") == [" 70 × 40"], "the files to be shown")
    for width in WIDTHS:
        browser.size(width)
        browser.wait(lambda width=width: len(shown(part, "x")) == (NARROW_PAGE if width == 375 else PAGE), "the pages to fit")
        expect_sizes(browser, part, width)
        hidden = browser.script("""
            return Array.from(arguments[0].querySelectorAll('.live-box')).filter(one => one.scrollWidth > one.clientWidth + 1)
                .map(one => one.parentElement.className);""", part)
        assert width == 768 or not hidden, f"{width}: columns are off the screen: {hidden}"
    browser.size(1440)
    hit(part, cell(part, "out", 0, 0))


def check_own(browser, part):
    count = "return performance.getEntriesByType('resource').length"
    before = browser.script(count)
    with tempfile.TemporaryDirectory() as directory:
        paths = write_layer(directory)
        check_example(browser, part)
        check_files(browser, part, paths)
        check_pages(browser, part, paths)
        check_refusals(browser, part, paths)
        check_sizes(browser, part, paths)
    same(browser.script(count), before, "requests")
    same(browser.strangers(), [], "requests to other hosts")


CHECKS = {"own": check_own}
