#!/usr/bin/env python3
"""Records the layer at work on the first page of the book: docs/animation.webp, which the README shows.

    docs/book/animation.py [--check] DIRECTORY

DIRECTORY is the book, made by `make docs`. What each frame says is kept in docs/animation.txt, and --check compares that with
the page of today.
"""
import base64
import io
import pathlib
import sys
import time

from PIL import Image

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests" / "book"))
sys.dont_write_bytecode = True
from browser import Browser, By  # noqa: E402

PICTURE, TEXT = pathlib.Path("docs/animation.webp"), pathlib.Path("docs/animation.txt")
WIDTH, HEIGHT, MOST_BYTES = 1180, 4000, 1_000_000  # of the window: nothing is below it
FRAME, LAST = 1600, 4000  # milliseconds
EDGE, GAP = 16, 20  # pixels
# What a stage is about, beside each other: all matrices of the part would be too small to read.
SHOWN = ("x", "x w_q q", "q k scores", "scores scaled", "scores scaled", "scaled weights", "weights v head", "head concat",
         "w_o out", "out near")
SENTENCES = ("she sat on the river bank", "he put money in the bank")


def button(part, name):
    return next(one for one in part.find_elements(By.TAG_NAME, "button") if name in one.get_attribute("textContent"))


def frames(browser):
    """Steps through the layer with each sentence; after each step, the part and what it says."""
    browser.size(WIDTH, HEIGHT)
    browser.scheme("light")
    browser.open("index.html")
    part = browser.find("[data-live=layer] > .layer")
    for sentence in SENTENCES:
        button(part, sentence).click()
        while button(part, "Back").is_enabled():
            button(part, "Back").click()
        yield part
        while button(part, "Forward").is_enabled():
            button(part, "Forward").click()
            yield part


def said(part):
    """The sentence, the stage, and how the cell that is shown came about."""
    field = part.find_element(By.ID, "layer-text").get_attribute("value")
    told = (part.find_element(By.CSS_SELECTOR, f".layer-{name}").text for name in ("stage", "title", "sum"))
    return " | ".join([field, *(" ".join(text.split()) for text in told)])


def check(browser):
    kept, now = TEXT.read_text(encoding="utf-8").splitlines(), [said(part) for part in frames(browser)]
    if kept != now:
        other = next((pair for pair in zip(kept, now) if pair[0] != pair[1]), (f"{len(kept)} frames", f"{len(now)}"))
        sys.exit(f"{PICTURE}: says \"{other[0]}\", the page says \"{other[1]}\": make animation")


def picture_of(part, selector):
    """An element on the screen, with the line around it."""
    box = part.find_element(By.CSS_SELECTOR, selector).rect
    clip = {"x": box["x"] - 1, "y": box["y"] - 1, "width": box["width"] + 2, "height": box["height"] + 2, "scale": 1}
    png = part.parent.execute_cdp_cmd("Page.captureScreenshot", {"format": "png", "clip": clip, "captureBeyondViewport": True})
    return Image.open(io.BytesIO(base64.b64decode(png["data"]))).convert("RGB")


def sheet_of(part, stage):
    """The arcs of the sentence, the stage, its matrices, and how the cell that tells most was made: a list of rows."""
    matrices = [picture_of(part, f".layer-{name}") for name in SHOWN[stage].split()]
    return [[picture_of(part, ".layer-looks")], [picture_of(part, ".layer-stage")], matrices, [picture_of(part, ".layer-said")]]


def height_of(row):
    return max(picture.height for picture in row)


def joined(rows, size):
    """The rows below each other on a sheet of this size; the last one at its end."""
    sheet, y = Image.new("RGB", size, "white"), EDGE
    for row in rows:
        x, bottom = EDGE, (size[1] - EDGE if row is rows[-1] else y + height_of(row))
        for picture in row:
            sheet.paste(picture, (x, bottom - picture.height))
            x += picture.width + GAP
        y = bottom + GAP
    return sheet


def record(browser):
    sheets, texts = [], []
    for number, part in enumerate(frames(browser)):
        time.sleep(0.3)  # until what moves has come to rest
        sheets.append(sheet_of(part, number % len(SHOWN)))
        texts.append(said(part))
    size = (max(sum(picture.width + GAP for picture in row) for sheet in sheets for row in sheet) - GAP + 2 * EDGE,
            max(sum(height_of(row) + GAP for row in sheet) for sheet in sheets) - GAP + 2 * EDGE)
    pictures = [joined(sheet, size) for sheet in sheets]
    pictures[0].save(PICTURE, save_all=True, append_images=pictures[1:], lossless=True, method=6, loop=0,
                     duration=[LAST if (i + 1) % len(SHOWN) == 0 else FRAME for i in range(len(pictures))])
    if PICTURE.stat().st_size > MOST_BYTES:
        sys.exit(f"{PICTURE}: {PICTURE.stat().st_size} bytes, at most {MOST_BYTES}")
    TEXT.write_text("\n".join(texts) + "\n", encoding="utf-8")


def main():
    checking, directory = sys.argv[1] == "--check", sys.argv[-1]
    browser = Browser(directory)
    try:
        (check if checking else record)(browser)
    finally:
        browser.close()


if __name__ == "__main__":
    main()
