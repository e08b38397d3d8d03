#!/usr/bin/env python3
"""Tests of docs/book: what becomes of each piece of Markdown, and of a small course as a whole. And of docs/live/lines.py."""
import os
import pathlib
import re
import sys
import tempfile
import unittest

sys.path[:0] = [os.path.abspath("docs/book"), os.path.abspath("docs/live")]
sys.dont_write_bytecode = True
import calls  # noqa: E402  (the path is set above)
import finish  # noqa: E402
import formulas  # noqa: E402
import lines  # noqa: E402
import markdown  # noqa: E402
import pages  # noqa: E402
import search  # noqa: E402
import small_svg  # noqa: E402
import sources  # noqa: E402

FENCE = "```"


def converted(*lines):
    page = markdown.Page()
    page.convert("\n".join(lines))
    return page.pieces


def html(*lines):
    return "\n".join(content for kind, content in converted(*lines) if kind == "html")


class Inline(unittest.TestCase):
    def test_formulas_are_handed_to_mathjax(self):
        self.assertEqual(html("so $`A < B`$ holds"), r"<p>so \(A &lt; B\) holds</p>")

    def test_a_formula_stays_with_its_brackets_and_its_full_stop(self):
        self.assertEqual(html("is ($`A`$) or $`B`$."), r'<p>is <span class="joined">(\(A\))</span> or '
                         r'<span class="joined">\(B\).</span></p>')

    def test_a_product_of_numbers_stays_on_one_line(self):
        self.assertEqual(html("6 × 8, 2 · 3, a × b, `1 × 2`"), "<p>6\u00a0×\u00a08, 2\u00a0·\u00a03, a × b, <code>1 × 2</code></p>")

    def test_a_dollar_alone_is_a_dollar(self):
        self.assertEqual(html("5 $ and `$p`"), "<p>5 $ and <code>$p</code></p>")

    def test_code_keeps_quotes_stars_and_brackets(self):
        self.assertEqual(html("`a' *b* [c](d) <e>`"), "<p><code>a' *b* [c](d) &lt;e&gt;</code></p>")

    def test_short_words_with_dashes_stay_on_one_line(self):
        self.assertEqual(html("`make hint-03 - b`"), '<p><code>make <span class="joined">hint-03</span> - b</code></p>')

    def test_code_may_hold_backticks(self):
        self.assertEqual(html("``a `b` c``"), "<p><code>a `b` c</code></p>")

    def test_code_may_cross_lines(self):
        self.assertEqual(html("`a", "b`"), "<p><code>a b</code></p>")

    def test_strong_and_emphasis(self):
        self.assertEqual(html("**a `*` b** and *c*"),
                         "<p><strong>a <code>*</code> b</strong> and <em>c</em></p>")

    def test_a_product_is_no_emphasis(self):
        self.assertEqual(html("2 * 3 * 4 and a*b and snake_case_name"),
                         "<p>2 * 3 * 4 and a*b and snake_case_name</p>")

    def test_links_have_text_with_code_and_formulas(self):
        self.assertEqual(html("[the `x` of $`y`$](z.md)"),
                         r'<p><a href="z.md">the <code>x</code> of \(y\)</a></p>')

    def test_brackets_without_target_stay(self):
        self.assertEqual(html("(name [, more])"), "<p>(name [, more])</p>")

    def test_less_than_is_escaped_and_tags_stay(self):
        self.assertEqual(html("a < b<br>c"), "<p>a &lt; b<br>c</p>")

    def test_escapes(self):
        self.assertEqual(html(r"\*not\* emphasis"), "<p>*not* emphasis</p>")


class Blocks(unittest.TestCase):
    def test_headings_have_the_slugs_of_the_code_host(self):
        found = [piece.content for piece in converted("# 2. The `x`", "", "## See it", "", "## See it")]
        self.assertEqual(found, [(1, "2. The `x`", "2-the-x"), (2, "See it", "see-it"), (2, "See it", "see-it-1")])

    def test_listings_are_left_to_doxygen(self):
        self.assertEqual(converted(FENCE + "c", "  a();", FENCE), [("listing", ("c", ["  a();"]))])
        self.assertEqual(converted(FENCE + "python", "a()", FENCE), [("listing", ("py", ["a()"]))])

    def test_a_session_shows_its_commands(self):
        self.assertEqual(html(FENCE + "console", "$ a \\", "  b", "c <d>", FENCE),
                         '<pre class="fragment shell console"><span class="prompt">$ </span><b>a \\</b>\n'
                         "<b>  b</b>\nc &lt;d&gt;</pre>")

    def test_a_block_of_mathematics_is_displayed(self):
        self.assertIn(r"\[a &amp; b\]", html(FENCE + "math", "a & b", FENCE))

    def test_tables(self):
        text = html("| a | b |", "| --- | --- |", "| `x` | y \\| z |")
        self.assertIn('<th scope="col">a</th><th scope="col">b</th>', text)
        self.assertIn("<td><code>x</code></td><td>y | z</td>", text)

    def test_tables_may_have_no_head(self):
        self.assertNotIn("<th", html("| | |", "| --- | --- |", "| a | b |"))

    def test_tight_lists_have_no_paragraphs(self):
        self.assertEqual(html("- a", "  b", "- c").replace("\n", ""), "<ul><li>ab</li><li>c</li></ul>")

    def test_loose_lists_have_paragraphs(self):
        self.assertEqual(html("1. a", "", "2. b").replace("\n", ""), "<ol><li><p>a</p></li><li><p>b</p></li></ol>")

    def test_lists_hold_lists_and_blocks(self):
        text = html("- a", "  - b", "", "  " + FENCE + "sh", "  c", "  " + FENCE, "- d").replace("\n", "")
        self.assertEqual(text, '<ul><li><p>a</p><ul><li>b</li></ul><pre class="fragment shell sh">c</pre></li>'
                         "<li><p>d</p></li></ul>")

    def test_text_after_a_list_is_a_paragraph(self):
        self.assertEqual(html("- a", "", "b").replace("\n", ""), "<ul><li>a</li></ul><p>b</p>")

    def test_a_list_follows_a_paragraph_at_once(self):
        self.assertEqual(html("a:", "- b").replace("\n", ""), "<p>a:</p><ul><li>b</li></ul>")

    def test_a_number_at_the_start_of_a_line_is_no_list(self):
        self.assertEqual(html("in the year", "2017. Then"), "<p>in the year\n2017. Then</p>")

    def test_details_hold_markdown(self):
        text = html("<details>", "<summary>A & `b`</summary>", "", "*c*", "", "</details>").replace("\n", "")
        self.assertEqual(text, "<details><summary>A &amp; <code>b</code></summary><p><em>c</em></p></details>")

    def test_comments_vanish_and_live_parts_appear(self):
        self.assertEqual(html("a", "<!-- shows: b -->", "", "<!-- live: masks -->").replace("\n", ""),
                         '<p>a</p><div class="live" data-live="masks"></div>')
        self.assertEqual(html('![b](c.png)', "", "<!-- live instead: masks -->"),
                         '<div class="live" data-live="masks"><figure><img src="c.png" alt="b"></figure></div>')

    def test_a_picture_alone_is_a_figure(self):
        self.assertEqual(html('![a "b"](c.png)'), '<figure><img src="c.png" alt="a &quot;b&quot;"></figure>')


class Course(unittest.TestCase):
    """A course of two chapters, in a directory of its own."""

    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.directory.name)
        os.mkdir("images")
        self.write("README.md", "# Top", "## The chapters", "| | |", "| --- | --- |", "| 1 | old |")
        self.write("docs/glossary.md", "# Glossary", "", "**Row sum** (1). A sum.", "", "**Late** (2). Later.")
        self.write("docs/your-own.md", "# Own", "", "## A place", "", "text")
        self.lesson("01_first", "1. First", "[Contents](../../README.md) ·", "[Next: 2](../02_second/README.md)")
        self.lesson("02_second", "2. Second")
        self.write("chapters/01_first/quiz.txt", "# a comment", "? Which?", "- this", "  Not it.", "+ that", "  Yes.")
        self.write("chapters/01_first/hints.md", "# Hints", "", "## first", "", "1. Think.", "2. Write", "   `x`.")
        self.write("chapters/01_first/mistakes.toml", "[w_rong]", 'belief = "it is fine."', 'symptom = "it is not."',
                   'check = "a_check"', 'diagnosis = "wrong"', "place = 'lesson 2, \"Recap\"'", "[[w_rong.edit]]", 'replace = "x"', 'by = "y"')

    def write(self, path, *lines):
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")

    def lesson(self, name, title, *turn):
        self.write(f"chapters/{name}/README.md", f"# {title}", "", *turn, "",
                   "**Time** 5 minutes. **You need** C. **You build** `a.b`, at once.", "", "## The question", "",
                   "Row sums are Late. A row sum; [own](../../docs/your-own.md#a-place), [code](first.c),"
                   " [demo](demo.c).", "", "## Break it", "", "See `w_rong`.", "", "## Exercises", "", "Do.", "",
                   "## Quiz", "", "Old questions.", "", "## Recap", "", "So.", "", *turn)
        self.write(f"chapters/{name}/demo.c", "int main(void);")

    def page(self, label):
        book = pages.Book("plots")
        book.write("out", "images")
        with open(f"out/{label}.md", encoding="utf-8") as file:
            return file.read()

    def test_pages_come_in_the_order_of_the_course(self):
        names = [os.path.basename(path)[:-3] for path in pages.Book("plots").write("out", "images")]
        self.assertEqual(names, ["README", "chapter_01_first", "chapter_02_second", "mistakes", "glossary",
                                 "your_own", "other_sources"])

    def test_a_new_chapter_needs_no_edit(self):
        self.lesson("03_third", "3. Third")
        self.assertIn('rel="next" href="chapter_03_third.html"', self.page("chapter_02_second"))
        self.assertIn('<a href="chapter_03_third.html">', self.page("README"))

    def test_neighbours_are_linked_above_and_below(self):
        text = self.page("chapter_01_first")
        self.assertEqual(text.count('rel="next" href="chapter_02_second.html">2. Second →'), 2)
        self.assertNotIn("[Next", text)
        self.assertNotIn('rel="prev"', text)

    def test_links_lead_to_pages_headings_and_sources(self):
        text = self.page("chapter_01_first")
        self.assertIn('href="your_own.html#your_own-a-place"', text)
        self.assertIn('href="source:chapters/01_first/first.c"', text)
        self.assertIn('href="other_sources.html#source_chapters_01_first_demo_c"', text)
        self.assertIn("int main(void);", self.page("other_sources"))

    def test_headings_have_names_of_their_own(self):
        self.assertIn("## Break it {#chapter_02_second-break-it}", self.page("chapter_02_second"))

    def test_the_first_use_of_a_term_is_linked_from_its_chapter_on(self):
        first, second = self.page("chapter_01_first"), self.page("chapter_02_second")
        self.assertIn('<a class="term" href="glossary.html#term-row-sum">Row sums</a> are Late. A row sum', first)
        self.assertIn('<a class="term" href="glossary.html#term-late">Late</a>', second)
        self.assertIn('<p id="term-late">', self.page("glossary"))

    def test_a_term_in_a_title_or_in_another_sense_is_not_linked(self):
        self.write("docs/glossary.md", "# Glossary", "", "**Scale** (1). 1.", "", "**Row** (1). 2.", "")
        self.lesson("01_first", "1. First", 'The scale of "Row of Rows", in a row.')
        self.lesson("06_sixth", "6. Sixth", "Scale it.")
        first = self.page("chapter_01_first")
        self.assertIn('The <a class="term" href="glossary.html#term-scale">scale</a> of "Row of Rows", in a '
                      '<a class="term" href="glossary.html#term-row">row</a>.', first)
        self.assertIn("<p>Scale it.</p>", self.page("chapter_06_sixth"))

    def test_the_quiz_answers_each_option(self):
        text = self.page("chapter_01_first")
        self.assertIn('<details class="wrong"><summary>this</summary><p><strong>No.</strong> Not it.</p></details>', text)
        self.assertIn('<details class="right"><summary>that</summary><p><strong>Right.</strong> Yes.</p></details>', text)
        self.assertNotIn("Old questions", text)
        self.assertIn("Old questions", self.page("chapter_02_second"))  # it has no quiz.txt

    def test_mistakes_stand_in_their_lesson_and_in_the_index(self):
        text, index = self.page("chapter_01_first"), self.page("mistakes")
        self.assertIn('See <a href="mistakes.html#mistake-01-w_rong"><code>w_rong</code></a>.', text)
        self.assertIn("<dd>it is fine.</dd>", text)
        self.assertIn('<details class="mistake" id="mistake-01-w_rong"><summary><code>w_rong</code> <span>it is fine.</span></summary>', index)
        again = '<dt>Read again</dt><dd><a href="chapter_02_second.html#chapter_02_second-recap">lesson 2, "Recap"</a></dd>'
        self.assertTrue(again in text and again in index, index)
        self.assertIn("## Chapter 1: First", index)

    def test_hints_are_folded_away(self):
        self.assertIn("<details><summary>Hint 2</summary><p>Write\n<code>x</code>.</p></details>",
                      self.page("chapter_01_first"))

    def test_the_map_tells_what_each_chapter_adds(self):
        text = self.page("README")
        self.assertIn("<strong>Adds</strong> <code>a.b</code>, at once.</p>", text)
        self.assertNotIn("old", text)

    def test_the_first_page_shows_the_layer_at_work_before_the_chapters(self):
        self.write("docs/pictures/a.png", "kept")
        self.write("README.md", "# Top", "", "![a](docs/pictures/a.png)", "", "Said of it.", "", "## Else", "", "Else.", "",
                   "## The chapters", "", "Hours.")
        text = self.page("README")
        order = ['<div class="live" data-live="bank"><figure>', "</figure></div>", "Said of it.", 'data-live="layer"',
                 'href="chapter_01_first.html">Start', "Hours.", "Else."]
        self.assertEqual(sorted(order, key=text.index), order)

    def test_citations_lead_to_the_list_of_works(self):
        self.write("docs/further-reading.md", "# Further reading", "", "- **Old and New 1999.** A. Old, B. New, \"Title\".",
                   "- **Other 2001.** C. Other.")
        self.write("docs/glossary.md", "# Glossary")
        self.write("common/x.h", "/* Other 2001 */")
        self.lesson("01_first", "1. First", "See Old and", "New 1999, §1.")
        self.assertIn('<a class="term" href="further_reading.html#work-old-and-new-1999">Old and\nNew 1999</a>',
                      self.page("chapter_01_first"))
        listed = self.page("further_reading")
        self.assertIn('<span id="work-old-and-new-1999">', listed)
        self.assertIn('Cited in chapter <a href="chapter_01_first.html">1</a>.', listed)
        self.assertIn("C. Other.</span> Cited in the sources.", listed)

    def test_the_pages_stand_in_three_groups(self):
        groups = dict(pages.Book("plots").groups())
        self.assertEqual(groups["Chapters"], [("chapter_01_first.html", "1. First"), ("chapter_02_second.html", "2. Second")])
        self.assertEqual([title for _, title in groups["Appendices"]], ["Named mistakes", "Glossary", "Own"])
        self.assertEqual(groups["Reference"][0], ("files.html", "Headers and sources"))

    def test_calls_are_found_down_to_the_chapters_below(self):
        self.write("chapters/01_first/first.c", "static int help(void)", "{", "    return 1;", "}", "",
                   "float low(int n)", "{", "    return n * help() + idle; /* not high */", "}")
        self.write("chapters/02_second/second.c", "static int help(void)", "{", '    return 0 * low(1) + puts("top");', "}",
                   "", "int left_out_expect(void)", "{", "    return 1;", "}", "", "Status top(int a,", "           int b)", "{",
                   "    left_out_expect();", "    return help() + mid() + a.out + b->out;", "}", "", "int mid(void)", "{", "    return low(2);",
                   "}", "", "int out(void)", "{", "    return 0;", "}", "", "int idle(void)", "{", "    return 0;", "}")
        found = calls.Calls(["chapters/01_first", "chapters/02_second"])
        top = found.main_function("chapters/02_second")
        self.assertEqual([name for _, name in found.reached(top)], ["top", "help", "mid", "low"])
        self.assertEqual([name for _, name in found.reached(top, "none")], ["top"])
        self.assertEqual([name for _, name in found.reached(top, brief=True)], ["top", "mid", "low"])
        self.assertIsNone(found.drawing("chapters/02_second", str))  # too small to teach
        self.assertIsNone(found.drawing("chapters/01_first", str))

    def test_drawn_pictures_come_before_kept_ones(self):
        self.write("docs/pictures/01_x.png", "kept")
        self.write("plots/01_x.svg", '<svg width="30" height="20">', "<g shape-rendering='crispEdges'>")
        self.write("docs/your-own.md", "# Own", "", "![a](pictures/01_x.png)")
        self.assertIn('<img src="01_x.svg" alt="a" width="30" height="20">', self.page("your_own"))
        with open("images/01_x.svg", encoding="utf-8") as file:
            self.assertIn("<g>", file.read())


class LastTouch(unittest.TestCase):
    class Names:
        addresses = {"softmax": "softmax_8h.html#a1"}

    def test_the_first_use_of_a_name_is_linked(self):
        self.assertEqual(finish.link_names("<code>softmax</code> <code>softmax()</code>", self.Names, "x.html"),
                         '<a class="name" href="softmax_8h.html#a1"><code>softmax</code></a> <code>softmax()</code>')

    def test_the_name_of_another_library_is_not_linked(self):
        for text in ("PyTorch's <code>softmax</code>", "<td>oneDNN</td><td>its <code>softmax</code>"):
            self.assertEqual(finish.link_names(text, self.Names, "x.html"), text)

    def test_nothing_is_linked_inside_a_link_or_a_heading(self):
        for text in ("<a href='x'><code>softmax</code></a>", "<h2><code>softmax</code></h2>"):
            self.assertEqual(finish.link_names(text, self.Names, "x.html"), text)

    def test_options_keep_their_dashes(self):
        self.assertEqual(finish.mend_words("the text of &ndash;help, 1 &ndash; 2"), "the text of --help, 1 &ndash; 2")

    def test_sources_in_the_list_of_files_are_linked(self):
        self.assertEqual(finish.link_files('<b>a.c</b></td>', {"common/a.c": "a_8c_source.html"}),
                         '<a href="a_8c_source.html">a.c</a></td>')

    def test_titles_are_the_first_heading(self):
        text = '<title>Headwise: 2. A</title><div class="title"><ol type="1"><li>A</li></ol>\n</div>' \
               '<h1><a class="anchor" id="b"></a>B</h1>'
        self.assertIn('<h1 class="title">2. A</h1><h2><a class="anchor" id="b"></a>B</h2>', finish.order_headings(text))

    def test_a_page_of_the_reference_is_called_by_its_file(self):
        self.assertEqual(finish.mend_reference('<title>Headwise: common/a.h File Reference</title>'
                                               '<div class="title">a.h File Reference</div>'),
                         '<title>Headwise: a.h</title><div class="title">a.h</div>')

    def test_the_search_has_sections_terms_and_mistakes(self):
        text = '<main><h1 class="title">2. A</h1><nav>no</nav><p>Begin \\(\\sqrt{d_k}\\)</p>' \
               '<h2><a class="anchor" id="s"></a>See</h2><ul><li>it</li><li>well</li></ul><pre>no</pre>' \
               '<details class="mistake" id="mistake-01-m"><summary><code>m</code></summary><dl><dd>so</dd></dl></details></main>'
        with tempfile.TemporaryDirectory() as directory:
            def entries(page):
                with open(f"{directory}/{page}", "w", encoding="utf-8") as file:
                    file.write(text)
                return list(search.sections(f"{directory}/{page}"))
            lesson = [["lesson", "chapter_02_a.html", "A", "", "Begin √d_k"],
                      ["lesson", "chapter_02_a.html#s", "See", "2. A", "it well"]]
            self.assertEqual(entries("chapter_02_a.html"), lesson)
            self.assertEqual(entries("mistakes.html")[2:], [["mistake", "mistakes.html#mistake-01-m", "m", "2. A", "so"]])

    def test_a_page_links_one_style_sheet(self):
        text = '<head>\n<link href="a.css" rel="stylesheet"/>\n<link href="b.css" rel="stylesheet" type="text/css"/>\n' \
               '<link rel="icon" href="i.svg"/></head>'
        self.assertEqual(finish.link_sheet(text), '<head>\n<link href="style.css" rel="stylesheet"/>\n<link rel="icon" href="i.svg"/></head>')

    def test_a_page_says_what_it_is(self):
        text = '<title>Headwise: A</title><div class="contents"><p>Short.</p><h2>The question</h2><p>What is <b>long</b> &amp; ' \
               + "more " * 40 + "</p>"
        said = finish.frame.description(text)
        self.assertTrue(said.startswith("What is long & more") and said.endswith("more …") and len(said) <= 202, said)

    def test_sizes_of_pictures(self):
        with tempfile.NamedTemporaryFile(suffix=".svg") as file:
            file.write(b'<svg width="75pt" height="30pt"\n viewBox="0 0 75 30">')
            file.flush()
            self.assertEqual(sources.picture_size(file.name), (100, 40))


class Formulas(unittest.TestCase):
    """Those of headers, of quizzes and of what programs print."""

    def shown(self, text):
        return re.sub(r'<span class="formula">(.*?)</span>(?!</span>)', r"\1", formulas.typeset(text))

    def test_shapes(self):
        self.assertEqual(self.shown("q is T_q x d_k, n x m."), "q is <i>T</i><sub>q</sub> × <i>d</i><sub>k</sub>, <i>n</i> × <i>m</i>.")
        self.assertEqual(self.shown("T_k x (heads d_v)"), "<i>T</i><sub>k</sub> × (heads <i>d</i><sub>v</sub>)")
        self.assertEqual(self.shown("(heads, T, d_v), (T, heads d_v)"),
                         "(heads, <i>T</i>, <i>d</i><sub>v</sub>), (<i>T</i>, heads <i>d</i><sub>v</sub>)")

    def test_products_powers_and_roots(self):
        self.assertEqual(self.shown("the product Q K^T and grad_out^T A"),
                         "the product <i>Q</i> <i>K</i><sup>T</sup> and grad_out<sup>T</sup> <i>A</i>")
        self.assertEqual(self.shown("10000^(-2i / d_model)"), "10000<sup>-2i / <i>d</i><sub>model</sub></sup>")
        self.assertEqual(self.shown("1 / sqrt(d_k)"), '1 / √<span class="root"><i>d</i><sub>k</sub></span>')

    def test_words_names_and_code_are_left_alone(self):
        for text in ("softmax for x itself, d_keys, example_d_k, at_T_q(1), scale_of(d_k)", "<code>T_q x d_k</code>", '<td class="paramname">d_k</td>',
                     '<div class="fragment"><div>d_k</div></div><!-- fragment -->', '<a href="d_k x d_k">d_k</a>', r"\(d_k\)"):
            self.assertEqual(self.shown(text), text)


class Drawings(unittest.TestCase):
    """What gnuplot draws, in fewer letters."""

    @staticmethod
    def cell(fill, left, top):
        return f"\t<polygon fill = 'rgb({fill})' points = '{left}.50,{top + 10}.00 {left + 10}.00,{top + 10}.00 " \
            f"{left + 10}.00,{top}.00 {left}.50,{top}.00 '/>\n"

    def test_cells_of_one_colour_are_one_path(self):
        drawn = "<g>\n" + self.cell("  1,  2,255", 0, 0) + self.cell("  9,  9,  9", 10, 0) + self.cell("  1,  2,255", 20, 0) + "</g>"
        self.assertEqual(small_svg.smaller(drawn), '<g><path fill="#0102ff" d="M0.5 0H10V10H0.5zM20.5 0H30V10H20.5z"/>'
                         '<path fill="#090909" d="M10.5 0H20V10H10.5z"/></g>')

    def test_what_is_drawn_between_cells_stays_between_them(self):
        cell = self.cell("1,2,3", 0, 0)
        self.assertRegex(small_svg.smaller(cell + "<path d='M1'/>\n" + cell), "z\"/><path d='M1'/><path fill=.#010203")

    def test_a_cell_that_goes_on_below_in_the_same_colour_is_one_cell(self):
        drawn = self.cell("1,2,3", 0, 0) + self.cell("1,2,3", 0, 9) + self.cell("1,2,3", 0, 20) + self.cell("1,2,3", 9, 20)
        self.assertEqual(small_svg.smaller(drawn), '<path fill="#010203" d="M0.5 0H10V19H0.5zM0.5 20H10V30H0.5zM9.5 20H19V30H9.5z"/>\n')

    def test_what_nothing_uses_is_left_out(self):
        drawn = "<svg><title>table index k</title><defs><circle id='p'/></defs><g><g>\n</g></g>{}</svg>"
        self.assertEqual(small_svg.smaller(drawn.format("<path d='M1.00,2.50'/>")), f"<svg{small_svg.FACE}><path d='M1,2.5'/></svg>")
        self.assertIn("<circle", small_svg.smaller(drawn.format("<use xlink:href='#p'/>")))

    def test_another_polygon_is_left_alone(self):
        drawn = "<polygon fill = 'rgb(1,2,3)' points = '0,0 1,0 1,2 '/>"
        self.assertEqual(small_svg.smaller(drawn), "<polygon fill = '#010203' points = '0,0 1,0 1,2 '/>")

    def test_a_label_says_only_what_is_its_own(self):
        drawn = '<svg width="9">\n<g transform="translate(1.00,-2.50)" stroke="none" fill="black"' + small_svg.FACE + \
            ' font-size="12.00"  text-anchor="start">\n\t<text>a <tspan>b</tspan></text>\n</g>'
        self.assertEqual(small_svg.smaller(drawn), f'<svg{small_svg.FACE} width="9"><text x="1" y="-2.5" stroke="none" fill="black" '
                         'font-size="12">a <tspan>b</tspan></text>')


class LinesOfC(unittest.TestCase):
    """The statements that the first page of the book shows."""

    def found(self, function, part):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory, "a.c")
            path.write_text("int sum(int a);\n\nint sum(int a)\n{\n    a =\n        a + 1;  /* more */\n    return a;\n}\n\n"
                            "void other(void)\n{\n    a = 2;\n}\n", encoding="utf-8")
            return lines.statement(path, function, part)

    def test_a_statement_is_found_by_its_function_and_a_part(self):
        self.assertEqual(self.found("sum", "a ="), "a = a + 1; /* more */")
        self.assertEqual(self.found("other", "a ="), "a = 2;")

    def test_one_that_is_gone_or_not_the_only_one_ends_the_build(self):
        for function, part, count in (("sum", "a - 1", 0), ("sum", "a", 3), ("gone", "a", 0)):
            with self.assertRaisesRegex(SystemExit, rf"{function}\(\) has {count} lines with '{part}'"):
                self.found(function, part)


if __name__ == "__main__":
    unittest.main()
