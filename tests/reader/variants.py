"""Writes a reference with all of its variants as one source, each behind a switch (see tests/checks/variants.h).

A variant is the reference edited: one of the ways of a named mistake. Its functions that differ from the reference's
stand in the source a second time, as f__17; f itself checks which variant runs. A definition that is not a function,
say a constant, cannot check: then a function that uses it, or one whose parameters changed, counts as changed too.
"""

import re

from reader.mistakes import applied, variants

# A function as clang-format writes it: it begins in column 0, and its closing brace stands there.
FUNCTION = re.compile(r"^(?!typedef|struct|enum|union|#|//|/\*|extern)(?P<head>[A-Za-z_][^;{}=]*?\b(?P<name>\w+)"
                      r"\((?P<parameters>(?:[^()]|\([^()]*\))*)\))\n?\s*(?P<body>\{\n(?:.*\n)*?\}\n)", re.M)


class Unreadable(Exception):
    """A reference, or a variant of it, that this cannot take apart."""


class Function:
    def __init__(self, found):
        self.head, self.name, self.body = " ".join(found["head"].split()), found["name"], found["body"]
        self.parameters = parameter_names(found["parameters"])
        self.text = f"{self.head}\n{self.body}"

    def renamed(self, names):
        """Its text with other names for some functions and constants, but what it says of itself stays."""
        text = self.text.replace("__func__", f'"{self.name}"')
        return re.sub(r'"(?:[^"\\\n]|\\.)*"|\b\w+\b', lambda word: names.get(word[0], word[0]), text)

    def dispatcher(self, clones):
        """The function under its own name: it calls the clone that belongs to the variant."""
        kind = re.sub(r"\b(static|inline)\b", "", self.head.partition(self.name + "(")[0]).strip()
        way = "{}; break" if kind == "void" else "return {}"
        marks = "".join(f"            reached[{number}] = true;\n" for number, _ in clones)
        mark = f"    static bool known;\n    if (reached != NULL && !known) {{\n            known = true;\n{marks}    }}\n"
        lines = [(f"case {number}", name) for number, name in clones] + [("default", f"{self.name}__0")]
        cases = "".join(f"    {case}: {way.format(name + '(' + ', '.join(self.parameters) + ')')};\n" for case, name in lines)
        return f"{self.head}\n{{\n{mark}    switch (variant) {{\n{cases}    }}\n}}\n"


def called_by(text, function):
    """The names that a function calls, itself or through others of the same text."""
    bodies = {found["name"]: found["body"] for found in FUNCTION.finditer(text)}
    found, waiting = set(), [function]
    for name in waiting:
        new = set(re.findall(r"\b(\w+)\(", bodies.get(name, ""))) - found
        found |= new
        waiting += new
    return found


def parameter_names(text):
    text = " ".join(text.split())
    if text in ("", "void"):
        return []
    if "..." in text:
        raise Unreadable(f"no fixed number of parameters: {text}")
    parts = re.split(r",\s*(?![^()]*\))", text)
    return [(re.search(r"\(\s*\*\s*(\w+)", part) or re.search(r"(\w+)\s*(?:\[[^\]]*\]\s*)*$", part))[1] for part in parts]


def taken_apart(source):
    """([other text], {name: Function}), both in order; the text before function i is other[i]."""
    others, functions, end = [], {}, 0
    for found in FUNCTION.finditer(source):
        others.append(source[end:found.start()])
        functions[found["name"]] = Function(found)
        end = found.end()
    return [*others, source[end:]], functions


def declared_in(piece):
    """The names that a piece of text outside functions declares."""
    if found := re.match(r"#\s*define\s+(\w+)", piece):
        return {found[1]}
    names = set(re.findall(r"(?:^|[{,])\s*([A-Za-z_]\w*)\s*(?=[=,}])", piece)) if piece.startswith("enum") else set()
    outside = re.sub(r"\{.*\}|=[^,;]*", "", piece, flags=re.S)
    names |= set(re.findall(r"(\w+)\s*(?:\[[^\]]*\]\s*)*[,;]", outside))
    return names - {"enum", "struct"}


def declarations(others):
    """The pieces of the text outside functions, each ending with a semicolon or a directive's line."""
    text = re.sub(r"/\*.*?\*/|//[^\n]*", "", "".join(others), flags=re.S)
    return [piece.strip() for piece in re.findall(r"#(?:.*\\\n)*.*\n|[^;{#]*(?:\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}[^;]*)?;", text)
            if piece.strip()]


def is_prototype(piece):
    return re.search(r"\w\([^=]*\);$", piece) and not piece.startswith("typedef")


def uses(function, names):
    return not names.isdisjoint(re.findall(r"\b\w+\b", function.text))


class Schemata:
    """The source, growing variant by variant."""

    def __init__(self, reference):
        self.others, self.functions = taken_apart(reference)
        self.declarations = declarations(self.others)
        self.clones = {name: [] for name in self.functions}
        self.texts, self.names, self.prototypes = [], [""], []

    def add(self, name, source):
        """Adds a variant, the whole reference with an edit in it."""
        number = len(self.names)
        others, functions = taken_apart(source)
        new = [piece for piece in declarations(others) if piece not in self.declarations and not is_prototype(piece)]
        renamed = set().union(*map(declared_in, new)) - set(functions)
        changed = {one for one, function in functions.items()
                   if one not in self.functions or function.text != self.functions[one].text}
        # One that cannot stand behind a switch takes its callers along.
        fixed = {one for one in changed if one not in self.functions or functions[one].head != self.functions[one].head}
        while True:
            callers = {one for one, function in functions.items() if uses(function, (fixed | renamed) - {one})}
            if callers <= changed:
                break
            changed |= callers
        names = {one: f"{one}__{number}" for one in changed | renamed}
        pieces = [re.sub(r"\b\w+\b", lambda word: names.get(word[0], word[0]), piece) + "\n" for piece in new
                  if not re.match(r"#\s*include|#\s*(?:if|endif|else|ifdef|ifndef)", piece)]
        heads = "".join(without_linkage(functions[one].renamed(names).partition("\n{")[0]) + ";\n" for one in changed)
        bodies = "".join(without_linkage(functions[one].renamed(names)) for one in functions if one in changed)
        self.texts.append(f"\n/* {name} */\n{''.join(pieces)}{heads}{bodies}")
        for one in changed:
            if one in self.functions and one not in fixed:
                self.clones[one].append((number, names[one]))
        self.names.append(name)

    def add_function(self, name, function, text):
        """Adds a variant in which one function has another text."""
        number, clone = len(self.names), f"{function}__{len(self.names)}"
        text = re.sub(rf"\b{function}\b", clone, text.replace("__func__", f'"{function}"'), count=1)
        self.texts.append(f"\n{without_linkage(text)}")
        self.clones[function].append((number, clone))
        self.names.append(name)

    def source(self):
        """The whole."""
        made = ['#include "variants.h"\n']
        for other, function in zip(self.others, self.functions.values()):
            clones = self.clones[function.name]
            made.append(other)
            if clones:
                made.append(f"{function.head};\n" + without_linkage(function.renamed({function.name: f"{function.name}__0"})
                                                                     .partition("\n{")[0]) + ";\n")
                self.prototypes.append(function)
            else:
                made.append(function.text)
        made.append(self.others[-1])
        # The references of the functions that have clones, below everything they may use.
        for function in self.prototypes:
            made.append(without_linkage(function.text.replace(f"{function.name}(", f"{function.name}__0(", 1)
                                        .replace("__func__", f'"{function.name}"')))
        made += self.texts
        for function in self.prototypes:
            made.append("\n" + function.dispatcher(self.clones[function.name]))
        listed = ", ".join(f'"{name}"' for name in self.names)
        made.append(f"\nconst char *const VARIANTS[] = {{{listed}}};\nconst size_t VARIANT_COUNT = {len(self.names)};\n")
        return "".join(made)


def without_linkage(text):
    """A clone is this source's own affair."""
    return "static " + re.sub(r"^(?:static |inline )+", "", text)


def of_mistakes(reference, mistakes):
    """The source of a chapter's named mistakes, each in all its ways."""
    schemata = Schemata(reference)
    for label, (name, way) in variants(mistakes).items():
        schemata.add(label, applied(name, way.edits, reference))
    return schemata.source()
