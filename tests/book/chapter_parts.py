"""Operates the parts of the book that draw what a chapter is about, as live_parts.py does with the others."""
import re
import tempfile

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from live_parts import behind, choose, find_all, keeps_its_height, press, program, said, same, table, texts

SMALLEST = 24  # pixels of what is touched


def check_targets(browser, part):
    """On a phone everything that is operated can be hit, and nothing leads sideways."""
    browser.size(375)
    for one in find_all(part, "button, input, select, [tabindex]"):
        width, height = browser.script("const box = arguments[0].getBoundingClientRect(); return [box.width, box.height];", one)
        assert min(width, height) >= SMALLEST - 0.5 or one.get_attribute("type") in ("radio", "checkbox"), \
            f"{one.get_attribute('outerHTML')[:90]}: {width:.1f} x {height:.1f} pixels"
    wide = browser.script("return document.documentElement.scrollWidth")
    assert wide <= 375, f"the page is {wide} pixels wide"
    browser.size(1440)


def click(part, text):
    next(button for button in find_all(part, "button") if button.text == text).click()


def product_of(a, b):
    """The product that chapter 1's program makes of a row and a column."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as left, tempfile.NamedTemporaryFile("w", suffix=".txt") as right:
        left.write(" ".join(map(str, a)) + "\n")
        right.write("\n".join(map(str, b)) + "\n")
        left.flush()
        right.flush()
        return float(program("01_dot_products", "--a", left.name, "--b", right.name, "--out", "-")[0])


def check_arrows(browser, part):
    handles = find_all(part, ".arrows-handle")

    def ends():
        return [[float(x) for x in re.findall(r"-?[\d.]+", handle.get_attribute("aria-valuetext"))] for handle in handles]

    def as_printed():
        a, b = ends()
        dot, lengths, cosine, angle = texts(part, "dd b")[0], texts(part, "dd b")[1:3], *texts(part, "dd b")[3:]
        assert float(dot) == product_of(a, b), (dot, a, b)
        for shown, arrow in zip(lengths, (a, b)):
            assert abs(float(shown) ** 2 - product_of(arrow, arrow)) < 0.03, (shown, arrow)
        if cosine != "–":
            assert abs(float(cosine) * float(lengths[0]) * float(lengths[1]) - float(dot)) < 0.2, (cosine, lengths, dot)
        for handle, (x, y) in zip(handles, (a, b)):
            box, plane = handle.rect, find_all(part, "svg")[0].rect
            right = (box["x"] + box["width"] / 2 - plane["x"] - plane["width"] / 2) * 372 / plane["width"] / 40
            above = (plane["y"] + plane["height"] / 2 - box["y"] - box["height"] / 2) * 372 / plane["height"] / 40
            assert abs(right - x) < 0.05 and abs(above - y) < 0.05, (right, above, x, y)
        return [a, b], float(dot), angle
    river = [line.split() for line in behind(program("01_dot_products"), "X (6 x 8)") if line.split()[:1] == ["river"]][0]
    bank = [line.split() for line in behind(program("01_dot_products"), "X (6 x 8)") if line.split()[:1] == ["bank"]][0]
    start = [[float(row[3]), float(row[5])] for row in (river, bank)]  # place and water
    assert as_printed() == (start, 5, "45.00°"), as_printed()
    assert "are alike" in said(part), said(part)
    browser.script("arguments[0].scrollIntoView({block: 'center'})", handles[0])
    ActionChains(browser.driver).click_and_hold(handles[0]).move_by_offset(-40, 40).release().perform()
    assert as_printed()[0][0] == [0, 2], as_printed()
    browser.script("arguments[0].focus()", handles[1])
    press(browser, Keys.ARROW_LEFT, Keys.ARROW_DOWN, Keys.ARROW_DOWN)
    assert as_printed()[:2] == ([[0, 2], [1.5, 0]], 0) and "right angle" in said(part), said(part)
    press(browser, *[Keys.ARROW_UP] * 12)
    assert as_printed()[0][1] == [1.5, 4], "an arrow leaves the plane"
    click(part, "twice as long")
    assert as_printed()[1:] == (10, "45.00°")
    click(part, "opposite")
    assert as_printed()[1:] == (-10, "180.00°") and "point apart" in said(part)
    click(part, "at a right angle")
    assert as_printed()[1:] == (0, "90.00°")
    browser.script("arguments[0].focus()", handles[0])
    press(browser, *[Keys.ARROW_DOWN] * 6, *[Keys.ARROW_LEFT] * 2)
    assert as_printed()[2] == "–" and "nowhere" in said(part), said(part)
    click(part, "river and bank")
    assert as_printed()[0] == start
    check_targets(browser, part)


def chosen_cell(part, name):
    """Which cell of a part is marked, as a list of (row, column)."""
    return [(r, c) for r, row in enumerate(find_all(part, f".{name}-grid tbody tr, .{name}-table tbody tr"))
            for c, cell in enumerate(find_all(row, "td[role]")) if f"{name}-chosen" in cell.get_attribute("class")]


@keeps_its_height
def check_memory(browser, part):
    lines = program("04_head_splitting")
    same(texts(part, ".memory-grid td[role]"), sum(table(lines, "Q = X W_Q (6 x 8)", 6, 8), []), "Q")
    order = "\n".join(" ".join(str(8 * t + c) for c in range(8)) for t in range(6))
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(order + "\n")
        file.flush()
        printed = program("04_head_splitting", "--x", file.name, "--heads", "2", "--out", "-")
    copied = [int(float(x)) for line in printed if not line.startswith("#") for x in line.split()]

    def lit(strip):
        return [i for i, one in enumerate(find_all(find_all(part, ".memory-strip")[strip], "i")) if "memory-lit" in one.get_attribute("class")]

    def as_printed(head, float_):
        same(lit(0), sorted(copied[24 * head:24 * head + 24]), f"head {head} in memory")
        same(lit(1), list(range(24 * head, 24 * head + 24)), f"head {head} in the copy")
        same(texts(part, ".memory-at"), [str(float_), str(copied.index(float_))], "where it lies")
        same(chosen_cell(part, "memory"), [divmod(float_, 8)], "the cell")
        assert f"= float {float_}; in the copy float {copied.index(float_)}" in texts(part, ".memory-sum")[0]
    as_printed(1, 12)
    cells = find_all(part, ".memory-grid td[role]")
    cells[0].click()
    as_printed(0, 0)
    press(browser, Keys.ARROW_DOWN, Keys.END)
    as_printed(1, 15)
    choose(part, "Head", 0)
    as_printed(0, 8)
    choose(part, "Cut by", 1)
    same(lit(0), list(range(24)), "the first half")
    assert "Wrong:" in said(part) and "she, sat, on, and nothing" in said(part), said(part)
    choose(part, "Head", 1)
    same(lit(0), list(range(24, 48)), "the second half")
    choose(part, "Cut by", 0)
    cells[45].click()
    press(browser, Keys.ARROW_RIGHT)
    as_printed(1, 46)
    assert len(find_all(part, ".memory-grid td[tabindex='0']")) == 1, "the table is more than one stop of the tabulator"
    check_targets(browser, part)


def steps_of(part):
    back, play, forward = find_all(part, ".live-steps button")
    return back, play, forward, lambda: said(part).split(" of ")[0]


@keeps_its_height
def check_block(browser, part):
    lines = program("08_transformer_block")
    whole = behind(lines, "5. The whole block")
    back, play, forward, now = steps_of(part)

    def shown(row):
        cells = find_all(find_all(part, ".block-table tbody tr")[row], "td[role]")
        return [cell.get_attribute("aria-label").split(": ")[-1] for cell in cells]

    def shares(row):
        cells = find_all(find_all(part, ".block-table tbody tr")[row], "td[role]")
        return [float(browser.script("return arguments[0].style.getPropertyValue('--share')", cell)) for cell in cells]
    first = table(lines, "bank (3 x 8)", 3, 8)
    for row in range(3):
        same(shown(row), first[row], "bank, step 1")
    same(shown(3), table(lines, "bank (5 x 8)", 5, 8)[4], "bank, normalised")
    same(shown(4), table(lines, "what the rules say", 6, 8)[5], "what the rules say")
    same(shown(6), table(whole, "bank (3 x 8)", 3, 8)[1], "bank, post-norm")
    for value, share in zip(first[2], shares(2)):
        assert abs(min(1, abs(float(value)) / 4) - share) < 0.002, "a bar is too long or too short"
    assert "of place 2, 0.74 is left" in said(part), said(part)
    assert (now(), forward.get_attribute("disabled")) == ("7", "true")
    for _ in range(4):
        back.click()
    assert now() == "3" and "place 2 becomes 2.16" in said(part), said(part)
    assert shown(3) == ["not yet computed"] * 8
    same(texts(part, ".block-sum"), ["water: 1 + 2.15 = 3.15"], "the sum")
    find_all(part, ".block-table tbody tr")[5].find_elements("css selector", "td[role]")[2].click()
    assert now() == "6", "a cell that is not yet computed is not shown"
    press(browser, Keys.ARROW_UP, Keys.ARROW_UP, Keys.ARROW_UP, Keys.ARROW_UP, Keys.HOME, *[Keys.ARROW_RIGHT] * 6)
    assert chosen_cell(part, "block") == [(1, 6)], chosen_cell(part, "block")
    choose(part, "Norms", 1)
    for _ in range(2):
        forward.send_keys(Keys.ENTER) if forward.is_enabled() else None
    same(shown(6), table(whole, "bank (3 x 8)", 3, 8)[2], "bank, pre-norm")
    choose(part, "Word", 0)
    assert "she" in said(part), said(part)
    play.send_keys(Keys.ENTER)
    assert int(now()) < 7 and play.text == "Pause", said(part)
    play.send_keys(Keys.ENTER)
    check_targets(browser, part)


@keeps_its_height
def check_writing(browser, part):
    lines = program("09_encoder_decoder")
    steps = [re.fullmatch(r"(.*) -> (\S+) \((\S+)\)", line) for line in behind(lines, "2. Word by word") if " -> " in line]
    heads = [table(lines, title, 10, 10) for title in ("block 0, the word before", "block 1, what stood behind")]
    back, play, forward, now = steps_of(part)
    words = [cell for cell in find_all(part, ".writing-word")]

    def text():
        return [cell.get_attribute("aria-label").split(", ") for cell in words if "," in cell.get_attribute("aria-label")]

    def note(strip, row):
        """The column of a strip in which a row has its mark."""
        cells = find_all(find_all(part, ".writing-table tbody tr")[row], ".writing-cell")[7 * strip:7 * strip + 7]
        return [c for c, cell in enumerate(cells) if float(browser.script("return arguments[0].style.getPropertyValue('--share') || 0", cell)) > 0.5]
    names = texts(part, ".writing-table thead tr:last-child th")[:7]
    assert now() == "2" and "Only its row is computed; 10 rows are kept." in said(part), said(part)
    back.click()
    for number, step in enumerate(steps[:4]):
        assert now() == str(number + 1), said(part)
        written = step.group(1).split()
        same([word for word, _ in text()], written, "the text")
        same([kind for _, kind in text()].count("computed now"), len(written) if number == 0 else 1, "rows that are computed")
        following = words[len(written)]
        same(following.text.split(), [step.group(2), step.group(3)], "the next word")
        assert f"Next: {step.group(2)}." in said(part), said(part)
        for row in range(1, len(written)):
            same([names[c] for c in note(0, row)], [written[row - 1]], f"the key of row {row}")
            same([names[c] for c in note(1, row)], [written[row]], f"the value of row {row}")
        forward.click()
    assert now() == "5" and not forward.is_enabled() and len(text()) == 14
    for _ in range(4):
        back.click()
    for t in (9, 8, 5, 0):
        words[t].click()
        found = heads[1][t].index("1")
        same([i for i, cell in enumerate(words) if "writing-found" in cell.get_attribute("class")], [] if found == t else [found],
             f"where word {t} looks")
        arcs = find_all(part, ".writing-head-0")
        assert len(arcs) == sum(row.index("1") != i for i, row in enumerate(heads[0])), "an arc for each word before"
    press(browser, Keys.ARROW_DOWN, Keys.ARROW_DOWN)
    assert "asks: behind which word" in texts(part, ".writing-said")[0] and "sat" in texts(part, ".writing-said")[0]
    play.send_keys(Keys.ENTER)
    assert int(now()) > 1 and play.text == "Pause", said(part)
    play.send_keys(Keys.SPACE)
    check_targets(browser, part)


@keeps_its_height
def check_tiles(browser, part):
    lines = program("10_fast_attention")
    printed = [line.split() for line in behind(lines, "bank, two keys at a time")[1:5]]
    scores = table(lines, "scores in the head sense", 1, 6)[0]
    back, play, forward, now = steps_of(part)

    def state(row):
        return texts(find_all(part, ".tiles-state tbody tr")[row], "td")[1:]

    def tile():
        return [(r, c) for r, row in enumerate(find_all(part, ".tiles-scores tbody tr"))
                for c, cell in enumerate(find_all(row, "td")) if "tiles-now" in cell.get_attribute("class")]
    assert now() == "9"
    for k in (2, 1, 0):
        same(state(5), printed[k][-7:], f"bank after {k + 1} blocks")
        same(tile(), [(r, c) for r in (4, 5) for c in (2 * k, 2 * k + 1)], "the block")
        cells = texts(find_all(part, ".tiles-scores tbody tr")[5], "td")
        same([f"{float(x):.2f}" for x in cells if x], scores[2 * k:2 * k + 2], "the scores that are there")
        assert f"≈ {printed[k][-5]}" in texts(part, ".tiles-sum")[0], texts(part, ".tiles-sum")
        back.click()
    same(state(5), [""] * 7, "bank before its block")
    find_all(part, ".tiles-query")[0].click()
    assert texts(part, ".tiles-sum")[0].startswith("she: finished"), texts(part, ".tiles-sum")
    press(browser, Keys.ARROW_DOWN, Keys.END, Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ARROW_DOWN)
    assert texts(part, ".tiles-sum")[0].startswith("bank: none"), texts(part, ".tiles-sum")
    causal = find_all(part, "input[type=checkbox]")[0]
    causal.click()
    assert now() == "6" and len(find_all(part, ".tiles-skipped")) == 12, "a causal mask spares three of nine blocks"
    assert len(find_all(part, ".tiles-shut")) == 1
    choose(part, "Queries and keys in a block", 0)
    assert now() == "21" and "1 is in memory" in said(part), said(part)
    for _ in range(20):
        back.send_keys(Keys.ENTER) if back.is_enabled() else None
    assert now() == "1" and state(0)[1:3] == ["0.00", "1.00"], state(0)
    causal.click()
    choose(part, "Queries and keys in a block", 2)
    assert now() == "4" and len(tile()) == 9
    choose(part, "Queries and keys in a block", 1)
    play.send_keys(Keys.ENTER)
    assert int(now()) < 9 and play.text == "Pause", said(part)
    play.send_keys(Keys.ENTER)
    check_targets(browser, part)


CHECKS = {"arrows": check_arrows, "memory": check_memory, "block": check_block, "writing": check_writing, "tiles": check_tiles}
