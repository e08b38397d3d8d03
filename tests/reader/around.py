"""Slips around a function: something else goes in, something else is made of what comes out, or more is refused.

The slips of slips.py need a reader who writes as the reference does. These do not: the reference is called as it is, by a
function that changes what it is given, or what it gives (see variants.h).
"""

import itertools
import re

from pycparser import c_ast

OUTPUTS = re.compile(r"(out|weights|stacked|scores|probabilities|logits|result|input|middle|heard|hidden|to|row|w|velocity|grad\w*)$")
ADDED_TO = re.compile(r"grad")
NUMBERS, IGNORED = ("float", "double"), ("0", "false", "NO_MATRIX")

# What may be made of each number y of a result.
MADE = (("-y", "the sign of {} is wrong"), ("fabs(y)", "{} loses its sign"), ("sqrt(y)", "a root is taken of {}"),
        ("y * y", "{} is squared"), ("1 - y", "{} is subtracted from 1"), ("1 / y", "{} is upside down"),
        ("log(y)", "the logarithm is taken of {}"), ("log1p(y)", "the logarithm of 1 + {} is taken"), ("exp(y)", "e is raised to {}"),
        ("2 * y", "{} is twice as large"), ("y / 2", "{} is half as large"), ("fmax(0, y)", "{} is cut off at 0"),
        ("(float)(int)y", "{} loses its fraction"), ("y / log(2)", "{} is divided by the logarithm of 2"), ("y * log(2)", "{} is multiplied by the logarithm of 2"))
WHOLE = (("y + 1", "{} is one too large"), ("y - 1", "{} is one too small"))
SCALED = (("y / (double)({n})", "{} is divided by {said}"), ("y * (double)({n})", "{} is multiplied by {said}"),
          ("y / sqrt((double)({n}))", "{} is divided by the root of {said}"),
          ("y * sqrt((double)({n}))", "{} is multiplied by the root of {said}"))
# The same, where `made_` is the result and `before_` what stood there before the call.
MOVED = (("matrix_row(made_, 0)[c]", "every row of {} is its first one"), ("matrix_row(made_, r)[0]", "every column of {} is its first one"),
         ("matrix_row(r + 1 == made_.rows ? before_ : made_, r)[c]", "the last row of {} is not written"),
         ("matrix_row(r == 0 ? before_ : made_, r)[c]", "the first row of {} is not written"),
         ("matrix_row(r > 0 ? before_ : made_, r)[c]", "only the first row of {} is written"),
         ("matrix_row(c + 1 == made_.cols ? before_ : made_, r)[c]", "the last column of {} is not written"),
         ("matrix_row(c == 0 ? before_ : made_, r)[c]", "the first column of {} is not written"),
         ("matrix_row(c > 0 ? before_ : made_, r)[c]", "only the first column of {} is written"),
         ("matrix_row(made_, made_.rows - 1 - r)[c]", "the rows of {} stand in reverse order"),
         ("matrix_row(made_, r)[made_.cols - 1 - c]", "the columns of {} stand in reverse order"),
         ("y / variant_sum(made_, r)", "each row of {} is divided by its sum"),
         ("y / (double)made_.rows", "{} is divided by its number of rows"))
# What may be returned where there is nothing.
NOTHING = ("0", "1", "NAN", "-INFINITY", "INFINITY")


class Around:
    """All slips around one function: (kind, words, prior, text)."""

    def __init__(self, function, types, type_of, written):
        self.types, self.written = types, written
        self.name, self.head = function.decl.name, written(function.decl)
        self.is_part = "static" in function.decl.storage
        parameters = function.decl.type.args.params if function.decl.type.args else []
        self.parameters = [(p.name, type_of(p).replace(" *", "*")) for p in parameters if getattr(p, "name", None)]
        self.result = re.sub(r"^(?:static |inline )*", "", self.head.partition(self.name + "(")[0]).strip()
        self.sizes = [each for each in self.values() if each[1] == "size_t"]

    def values(self):
        """(expression, type, words) of all that goes in by value or may only be read, and of its members."""
        for name, kind in self.parameters:
            kind = kind.replace("const ", "", 0)
            struct = re.sub(r"\bconst\b|\*", "", kind).strip()
            if "*" in kind and (not kind.startswith("const") or struct not in self.types.members or kind.count("*") > 1):
                continue
            yield from self.members(f"{name}_in", struct, name, 0)

    def members(self, expression, kind, said, depth):
        kind = kind.replace("const ", "")
        yield expression, kind, said
        if kind == "Matrix":
            yield f"{expression}.rows", "size", f"the number of rows of {said}"
            yield f"{expression}.cols", "size", f"the number of columns of {said}"
        elif depth < 3:
            for member, other in self.types.members.get(kind, {}).items():
                if other and "*" not in other and "[" not in other:
                    yield from self.members(f"{expression}.{member}", other, member, depth + 1)

    def call(self, before="", after="", guard=""):
        """The function's text with something before and something after the call of the reference."""
        copies, passed = "", []
        for name, kind in self.parameters:
            struct = re.sub(r"\bconst\b|\*", "", kind).strip()
            is_read = kind.startswith("const") and kind.count("*") == 1 and struct in self.types.members
            if is_read:
                copies += f"if ({name} == NULL) return {self.nothing()};\n{struct} {name}_in = *{name};\n"
            elif "*" not in kind and "[" not in kind:
                copies += f"{kind.replace('const ', '')} {name}_in = {name};\n"
            passed.append(f"&{name}_in" if is_read else f"{name}_in" if "*" not in kind and "[" not in kind else name)
        call = f"{self.name}__0({', '.join(passed)});\n"
        if self.result == "void":
            return f"{self.head}\n{{\n{copies}{before}{call}{after}}}\n"
        if "first_" in before:  # which has written
            call += "".join(f"if (back_ != STATUS_OK) matrix_clear({name});\n" for name, kind in self.parameters
                            if kind == "Matrix" and OUTPUTS.match(name))
        good = "if (back_ == STATUS_OK) " if self.result == "Status" else ""
        after = f"{good}{{\n{after}}}\n" if after else ""
        return f"{self.head}\n{{\n{copies}{before}{self.result} back_ = {call}{after}return back_;\n}}\n"

    @property
    def is_repeatable(self):
        """Whether a second call gives what the first one did."""
        return self.result == "Status" and not any(ADDED_TO.match(name) or "*" in kind and not kind.startswith("const")
                                                   for name, kind in self.parameters)

    def checked(self):
        """Refuses first what the reference refuses."""
        if not self.is_repeatable:
            return ""
        return f"Status first_ = {self.name}__0({', '.join(name for name, _ in self.parameters)});\nif (first_ != STATUS_OK) return first_;\n"

    def nothing(self):
        return "" if self.result == "void" else f"({self.result}){{0}}"

    def all(self):
        yield from self.other_inputs()
        yield from self.other_results()
        yield from self.refusals()

    # What goes in.

    def other_inputs(self):
        values = list(self.values())
        ignored = []
        for expression, kind, said in values:
            for new, words, prior in self.instead_of(expression, kind, said):
                ignored.append((expression, new, words))
                yield "ignored", words, prior, self.call(f"{expression} = {new};\n")
                if self.is_repeatable and new in IGNORED:
                    yield "ignored", words, prior, self.call(f"{self.checked()}{expression} = {new};\n")
        for condition, when in self.conditions(values) if not self.is_part else ():
            for expression, new, words in ignored:
                if expression.partition(".")[0] != condition.partition(".")[0] and new in IGNORED:
                    yield "ignored", f"{words}, {when}", 6, self.call(f"{self.checked()}if ({condition}) {expression} = {new};\n")
        for (one, kind, said), (other, other_kind, other_said) in itertools.permutations(values, 2):
            if kind == other_kind and kind not in ("size", "Matrix") and said != other_said:
                yield "name", f"{other_said} is used where {said} belongs", 3, self.call(f"{one} = {other};\n")
                if one < other:
                    yield "name", f"{said} and {other_said} are swapped", 2, \
                        self.call(f"{kind} kept_ = {one};\n{one} = {other};\n{other} = kept_;\n")

    def instead_of(self, expression, kind, said):
        """(what stands there instead, what that means, how probable it is)"""
        if kind == "size_t":
            yield "0", f"0 is used in place of {said}", 2
            yield "1", f"1 is used in place of {said}", 4
            yield f"{expression} + 1", f"{said} is taken for one more", 4
            yield f"{expression} - ({expression} > 0)", f"{said} is taken for one less", 4
            yield from ((f"{expression} - {expression} % {n}", f"only whole {many} of {said} are taken: what is left over is lost", 3)
                        for n, many in ((2, "twos"), (4, "fours"), (8, "eights")))
        if kind in NUMBERS:
            yield from ((number, f"{number} is used in place of {said}", 3) for number in ("0", "1", "1e-5", "1e-8"))
            yield f"-{expression}", f"the sign of {said} is wrong", 3
            yield f"{expression} * {expression}", f"{said} is squared, or applied twice", 3
            yield f"1 / {expression}", f"{said} is upside down", 3
            yield f"isnan({expression}) ? 0 : {expression}", f"a NaN in {said} is taken for 0", 4
            yield f"isnan({expression}) ? -INFINITY : {expression}", f"a NaN in {said} is taken for minus infinity", 4
        if kind == "bool":
            yield from ((way, f"{way} is used in place of {said}", 2) for way in ("true", "false"))
            yield f"!{expression}", f"{said} means its opposite", 2
        if kind == "Matrix":
            yield "NO_MATRIX", f"NO_MATRIX is used in place of {said}", 2
        yield from ((constant, f"{constant} is used in place of {said}", 2) for constant in self.types.enums.get(kind, ()))

    @staticmethod
    def conditions(values):
        for expression, kind, said in values:
            if kind == "Matrix" and "." not in expression:
                yield f"{expression}.data != NULL", f"when {said} is there"
                yield f"{expression}.data == NULL", f"when {said} is not there"
            if kind == "bool":
                yield expression, f"when {said} is set"

    # What comes out.

    def other_results(self):
        if self.result in NUMBERS:
            for form, words in self.forms():
                yield "result", words.format("the result"), 4, self.call(after=f"double y = back_;\nback_ = ({self.result})({form});\n")
            for (expression, kind, said), value in itertools.product(self.values(), NOTHING):
                if kind in ("size_t", "size"):
                    yield "condition", f"where {said} is 0 it returns {value}", 4, \
                        self.call(f"if ({expression} == 0) return {value};\n")
        if self.result == "bool":
            for condition, words, _ in self.cases():
                yield "condition", f"it is false, too, where {words}", 4, self.call(after=f"back_ = back_ && !({condition});\n")
                yield "condition", f"it is true, too, where {words}", 4, self.call(after=f"back_ = back_ || ({condition});\n")
            for one, other, words in self.pairs():
                yield "condition", f"it is false, too, where {words}", 6, self.call(after=f"back_ = back_ && !(({one}) && ({other}));\n")
                yield "condition", f"it is true, too, where {words}", 6, self.call(after=f"back_ = back_ || (({one}) && ({other}));\n")
        for part, said in self.counts():
            for form, words in [*WHOLE, *self.forms()]:
                yield "result", words.format(said), 4, self.call(after=f"double y = (double)back_{part};\nback_{part} = {form};\n")
        for name, kind in self.parameters:
            out = {"Matrix": name, "Matrix*": f"(*{name})", "float*": self.as_matrix(name)}.get(kind)
            if out is None or not OUTPUTS.match(name):
                continue
            before = f"Matrix before_ = variant_copy({out if kind != 'Matrix*' else 'NO_MATRIX'});\n"
            made = f"Matrix made_ = variant_copy({out});\n"
            for form, words in self.forms():
                if ADDED_TO.match(name):  # of what was added
                    form = "matrix_row(before_, r)[c] + " + re.sub(r"\by\b", "(y - matrix_row(before_, r)[c])", form)
                yield "result", words.format(name), 4, self.call(before, f"REMADE({out}, {form});\n")
            for form, words in MOVED if kind != "Matrix*" else MOVED[:2]:
                yield "result", words.format(name), 3, self.call(before, f"{made}REMADE({out}, {form});\n")
            if kind == "Matrix":
                yield "result", f"{name} is cleared before all has been read: it may be an input, too", 4, self.call(f"matrix_clear({name});\n")
                yield from self.with_inputs(name)

    def counts(self):
        """(how to get it, words) of the results that count something."""
        if self.result == "size_t":
            yield "", "the result"
        for member, kind in self.types.members.get(self.result, {}).items():
            if self.result != "Matrix" and kind in NUMBERS + ("size_t",):
                yield f".{member}", member

    def with_inputs(self, name):
        for expression, kind, said in self.values():
            if kind == "Matrix" and said != name and "." not in expression:
                number = f"(variant_alike({expression}, {name}) ? matrix_row({expression}, r)[c] : 0)"
                for form, words in (("y + {}", "{said} is added to {name}"), ("y - {}", "{said} is subtracted from {name}"),
                                    ("y * {}", "{name} is multiplied by {said}"), ("0 * y + {}", "{name} is a copy of {said}")):
                    yield "result", words.format(name=name, said=said), 4, self.call(after=f"REMADE({name}, {form.format(number)});\n")

    def forms(self):
        yield from MADE
        for expression, kind, said in self.values():
            if kind in ("size_t", "size") and expression.count(".") < 2:
                yield from ((form.replace("{n}", expression), words.replace("{said}", said)) for form, words in SCALED)

    def as_matrix(self, name):
        sizes = [each[0] for each in self.values() if each[1] in ("size_t", "size") and "rows" not in each[0]]
        count = sizes[0] if len(sizes) == 1 else "n_in" if "n_in" in sizes else None
        return count and f"matrix_view({name}, 1, {count})"

    # What is refused.

    def refusals(self):
        if self.result != "Status" or self.is_part:
            return
        for condition, words, prior in self.cases():
            yield "refused", f"it refuses whenever {words}", prior, \
                self.call(f"if ({condition}) return fail(STATUS_VALUE, \"{self.name}: refused\");\n")
            yield "refused", f"it accepts what must be refused where {words}", prior, self.accepting(condition)
        yield "refused", "it refuses nothing", 1, self.accepting("true")
        for status, what in (("SHAPE", "shapes"), ("VALUE", "values")):
            yield "refused", f"it does not refuse {what} that do not fit", 1, self.accepting(f"back_ == STATUS_{status}")

    def accepting(self, condition):
        return self.call().replace("return back_;\n", f"return {condition} && back_ != STATUS_NO_MEMORY ? STATUS_OK : back_;\n")

    def cases(self):
        """(condition, words, how probable it is) of all that may be so with what goes in."""
        sizes = [each for each in self.values() if each[1] in ("size", "size_t") and each[0].count(".") < 3]
        yield from ((f"{expression} == {number}", f"{said} is {number}", 3 + 2 * number) for expression, kind, said in sizes for number in (0, 1))
        for one, other in itertools.permutations([each for each in sizes if each[0].count(".") < 2], 2):
            yield f"{one[0]} > {other[0]}", f"{one[2]} is more than {other[2]}", 6
            if one < other:
                yield f"{one[0]} != {other[0]}", f"{one[2]} differs from {other[2]}", 4
                yield f"{one[0]} == {other[0]}", f"{one[2]} equals {other[2]}", 5
        for expression, kind, said in self.values():
            if kind in NUMBERS:
                yield from ((f"{expression} {sign}", f"{said} is {words}", 3) for sign, words in
                            (("== 0", "0"), ("< 0", "below 0"), ("> 1", "above 1"), ("== 1", "1"), ("== INFINITY", "infinite")))
                yield f"isnan({expression})", f"{said} is NaN", 3
            if kind == "bool":
                yield from ((expression, f"{said} is set", 3), (f"!{expression}", f"{said} is not set", 3))
            if kind == "Matrix" and not OUTPUTS.match(said):
                yield from ((f"{expression}.data == NULL", f"{said} is not there", 3), (f"{expression}.data != NULL", f"{said} is there", 3))

    def pairs(self):
        """(condition, condition, words) of what may be so at once: something is set or there, and sizes compare so."""
        cases = [(condition, words) for condition, words, _ in self.cases()]
        states = [each for each in cases if not re.search(r" [<>]=? | != | == \w+_in", each[0]) and "out_" not in each[0]]
        sizes = [each for each in cases if re.search(r" [<>] \w+_in", each[0])]
        return [(one, other, f"{words} and {more}") for one, words in states for other, more in sizes]
