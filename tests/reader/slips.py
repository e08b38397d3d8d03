"""All small slips in a reference, made by rules: each is one function, one edit away from right.

When no named mistake does what a reader's file does, one of these may (Singh, Gulwani and Solar-Lezama 2013). A slip is
told in words: where it is, by what the function is for, what kind of slip it is, and what was done. No line of the
reference is ever shown.
"""

import collections
import copy
import re
import subprocess
import tempfile

from pycparser import c_ast, c_generator, c_parser

from reader import building, compiling
from reader.around import Around
from reader.variants import Schemata

# prior: which of several slips that do the same a reader has more probably made; a small one is likely.
# part: whether the function is static, and so a part of the one that was called.
Slip = collections.namedtuple("Slip", ("function", "kind", "words", "prior", "text", "part"))

PRELUDE = ("typedef unsigned long size_t; typedef int bool; typedef int FILE; typedef long intptr_t; typedef unsigned long "
           "uintptr_t; typedef unsigned char uint8_t; typedef unsigned short uint16_t; typedef unsigned uint32_t; "
           "typedef unsigned long uint64_t; typedef int int32_t; typedef long int64_t; typedef int va_list;\n")


def written(node):
    """A node as C. A generator keeps count of its indentation, so each thread needs its own."""
    return c_generator.CGenerator().visit(node)


# --- Reading --------------------------------------------------------------------------------------


def parsed(one):
    """The reference as a tree, with the headers it includes; macros stay as they are."""
    with tempfile.TemporaryDirectory() as empty:
        for name in {name for text in [one.right(), *map(building.read_text, headers(one))]
                     for name in re.findall(r"#\s*include\s*<(.*?)>", text)}:
            target = building.pathlib.Path(empty) / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text("")
        places = compiling.places_of_headers(one)
        command = [*compiling.CC, "-E", "-fdirectives-only", "-nostdinc", f"-I{empty}", *places, "-x", "c", "-"]
        result = subprocess.run(command, input=f'# 1 "{one.reference}"\n{one.right()}', capture_output=True, text=True)
    if result.returncode != 0:
        raise compiling.Unbuilt(f"{one.reference} cannot be preprocessed")
    text = re.sub(r"(?m)^[ \t]*#(?![ \t]*\d)(?:.*\\\n)*.*$", "", result.stdout)
    text = re.sub(r"/\*.*?\*/", lambda found: "\n" * found[0].count("\n"), text, flags=re.S)
    text = re.sub(r"//.*|\bMUST_USE\b|\bPRINTF_LIKE\([^)]*\)", "", text)
    return c_parser.CParser().parse(PRELUDE + text, "prelude")


def headers(one):
    return [path for folder in [*compiling.rooms("common"), *building.floors(one), one.extra.parent] for path in folder.glob("*.h")]


# --- Types ----------------------------------------------------------------------------------------


def type_of_declaration(declaration):
    """What a declaration declares, as text without the name."""
    kind = copy.deepcopy(declaration.type)
    inner = kind
    while not isinstance(inner, c_ast.TypeDecl):
        if isinstance(inner, c_ast.FuncDecl):
            return None
        inner = inner.type
    inner.declname = None
    return written(kind).replace("[]", "*")


class Types:
    """What the tree declares: members of structs by the struct's name, results and parameters of functions."""

    def __init__(self, tree, reference, header):
        self.members, self.results, self.enums = {}, {}, {}
        self.known = set(FUNCTIONS) | set(DROPPED)  # what a reader may call, too
        self.own, self.names = set(), set()  # structs of the reference's own; (name, type) of the header's parameters
        for node in tree.ext:
            is_shared = str(node.coord.file) != reference
            declaration = node.decl if isinstance(node, c_ast.FuncDef) else node
            if isinstance(declaration, c_ast.Typedef) and isinstance(declaration.type, c_ast.TypeDecl) and \
                    isinstance(declaration.type.type, c_ast.Struct) and declaration.type.type.decls:
                self.members[declaration.name] = {d.name: type_of_declaration(d) for d in declaration.type.type.decls if d.name}
                self.own |= set() if is_shared else {declaration.name}
            if isinstance(declaration, c_ast.Typedef) and isinstance(declaration.type, c_ast.TypeDecl) and \
                    isinstance(declaration.type.type, c_ast.Enum) and declaration.type.type.values and declaration.name != "Status":
                self.enums[declaration.name] = [one.name for one in declaration.type.type.values.enumerators]
            if isinstance(declaration, c_ast.Decl) and isinstance(declaration.type, c_ast.FuncDecl):
                parameters = declaration.type.args.params if declaration.type.args else []
                self.results[declaration.name] = [type_of_declaration(p) for p in parameters
                                                  if isinstance(p, (c_ast.Decl, c_ast.Typename)) and p.type]
                self.known |= {declaration.name} if is_shared else set()
                if str(node.coord.file) == header:
                    self.names |= {(p.name, type_of_declaration(p)) for p in parameters if isinstance(p, c_ast.Decl)}

    def of(self, node, scope):
        """The type of an expression; None where it does not matter."""
        if isinstance(node, c_ast.ID):
            return scope.get(node.name)
        if isinstance(node, c_ast.StructRef):
            return self.members.get(self.struct_of(node, scope), {}).get(node.field.name)
        if isinstance(node, c_ast.ArrayRef):
            kind = self.of(node.name, scope)
            return kind.replace("*", "", 1).strip() if kind and "*" in kind else None
        if isinstance(node, c_ast.UnaryOp) and node.op in ("-", "+"):
            return self.of(node.expr, scope)
        return None

    def struct_of(self, node, scope):
        """The name of the struct that a member is taken of."""
        kind = self.of(node.name, scope) or ""
        return re.sub(r"\b(const|struct|static)\b|\*|\[.*?\]", "", kind).strip()


# --- Rules ----------------------------------------------------------------------------------------

COMPARED = {"<": ("<=", ">", "!="), "<=": ("<", ">="), ">": (">=", "<"), ">=": (">", "<="), "==": ("!=",), "!=": ("==",)}
COUNTED = {"+": ("-",), "-": ("+",), "*": ("/", "+"), "/": ("*",), "%": ("/",)}
JOINED = {"&&": ("||",), "||": ("&&",)}
RESULTS = {"+": "a sum", "-": "a difference", "*": "a product", "/": "a quotient", "%": "a remainder"}
TAKEN_ON = {"+=": "added to", "-=": "subtracted from", "*=": "multiplied", "/=": "divided"}
DONE = {"+=": "added", "-=": "subtracted", "*=": "multiplied", "/=": "divided"}
FUNCTIONS = {"exp": ("exp2", "expm1"), "log": ("log2", "log10", "log1p"), "sin": ("cos",), "cos": ("sin",),
             "fmax": ("fmin",), "fmin": ("fmax",), "tanh": ("erf",), "fmaxf": ("fminf",), "expf": ("exp2f",),
             "floor": ("ceil",), "matrix_rows": ("matrix_columns",), "matrix_columns": ("matrix_rows",),
             "matrix_product": ("matrix_product_transposed",), "matrix_product_transposed": ("matrix_product",)}
DROPPED = ("sqrt", "exp", "log", "fabs", "sqrtf", "expf", "fabsf", "pow")
SOMETHING = "something else"  # in place of a name that a reader's file need not have
LOOP_INDEX = "the index of a loop"
INVERTED = "a condition is inverted: it holds when it must not"
ONE_VARIABLE = "one variable is used where another belongs"
INFINITIES = ("INFINITY", "-INFINITY")
WHOLE, REAL = ("size_t", "int"), ("float", "double")


class Slips:
    """All slips of one function."""

    def __init__(self, function, types, scope):
        self.function, self.types = function, types
        self.name = function.decl.name
        self.found, self.seen, self.is_checked = [], {self.text()}, False
        self.interface, self.indices, self.places = set(), set(), collections.defaultdict(list)
        self.rounds = []  # (condition, which rounds of the loop around a node it means)
        own = dict(scope)
        parameters = function.decl.type.args.params if function.decl.type.args else []
        for parameter in parameters:
            if getattr(parameter, "name", None):
                own[parameter.name] = type_of_declaration(parameter)
                if self.name in types.known or (parameter.name, own[parameter.name]) in types.names:
                    self.interface.add(parameter.name)
        self.block(function.body, own, None)
        self.everywhere()

    def text(self):
        return written(self.function)

    def add(self, kind, words, prior=5):
        text = self.text()
        if text not in self.seen:
            self.seen.add(text)
            self.found.append(Slip(self.name, kind, words, prior, text, "static" in self.function.decl.storage))

    def try_with(self, holder, slot, new, kind, words, prior=5):
        """Puts a node into a slot, takes down the slip, and puts back what was there."""
        old = get(holder, slot)
        self.places[kind, words, prior].append((holder, slot, old, new))
        put(holder, slot, new)
        self.add(kind, words, prior)
        put(holder, slot, old)

    def everywhere(self):
        """The same slip wherever it can be made: a reader's one line may be several of the reference's."""
        for (kind, words, prior), places in self.places.items():
            done = []
            for holder, slot, old, new in places:
                if get(holder, slot) is old:
                    put(holder, slot, new)
                    done.append((holder, slot, old))
            if len(done) > 1:
                self.add(kind, f"{words}, in several places", prior + 1)
            for holder, slot, old in reversed(done):
                put(holder, slot, old)

    # Statements.

    def block(self, node, scope, loop):
        scope, items = dict(scope), node.block_items or []
        for i, item in enumerate(items):
            self.statement_slips(node, i, loop)
            self.visit(node, ("block_items", i), item, scope, loop)
            for declaration in item.decls if isinstance(item, c_ast.DeclList) else [item]:
                if isinstance(declaration, c_ast.Decl) and declaration.name:
                    scope[declaration.name] = type_of_declaration(declaration)
        if loop is not None and items:
            node.block_items = [*items, c_ast.Break()]
            self.add("loop", "a loop ends after its first round", 4)
            node.block_items = items

    def statement_slips(self, block, i, loop):
        items = block.block_items
        item = items[i]
        if isinstance(item, (c_ast.Decl, c_ast.Return, c_ast.Label, c_ast.Goto)):
            if isinstance(item, c_ast.Return) and item.expr is not None:
                return
            if not isinstance(item, c_ast.Decl):
                return
        what = self.said_of(item)
        if not isinstance(item, c_ast.Decl):
            block.block_items = items[:i] + [c_ast.EmptyStatement()] + items[i + 1:]
            self.add("missing", f"{what} is missing", 2)
            if isinstance(item, (c_ast.UnaryOp, c_ast.FuncCall)) or isinstance(item, c_ast.Assignment) and item.op != "=":
                block.block_items = items[:i] + [item, item] + items[i + 1:]
                self.add("twice", f"{what} is done twice", 6)
            if isinstance(item, c_ast.For) or isinstance(item, c_ast.While):
                body = item.stmt
                self.begun_once(block, i, item)
                moved = last_of(body)
                if moved is not None and len(body.block_items) > 1:
                    body.block_items.pop()
                    block.block_items = items[:i + 1] + [moved] + items[i + 1:]
                    if not declared_within(body, moved) and not uses_loop_variable(item, moved):
                        self.add("loop", f"{self.said_of(moved)} is after the loop, but belongs inside it", 4)
                    body.block_items.append(moved)
        if i + 1 < len(items) and not isinstance(item, c_ast.Decl) and \
                not isinstance(items[i + 1], (c_ast.Decl, c_ast.Label, c_ast.Return)):
            block.block_items = items[:i] + [items[i + 1], item] + items[i + 2:]
            self.add("order", f"{what} comes one step too late", 5)
            following = items[i + 1]
            if do_the_same(item, following):
                both = c_ast.If(c_ast.BinaryOp("&&", item.cond, following.cond), item.iftrue, None)
                block.block_items = items[:i] + [both] + items[i + 2:]
                self.add("condition", "two conditions are joined by and, but one is enough", 2)
            if isinstance(following, (c_ast.For, c_ast.While)):
                inside = copy.deepcopy(following)
                body = inside.stmt if isinstance(inside.stmt, c_ast.Compound) else c_ast.Compound([inside.stmt])
                inside.stmt = c_ast.Compound([item, *(body.block_items or [])])
                block.block_items = items[:i] + [inside] + items[i + 2:]
                self.add("loop", f"{what} is inside the loop, but belongs before it", 4)
        block.block_items = items

    def begun_once(self, block, i, loop):
        """A sum that is set before the loop, and carried from round to round."""
        items, body = block.block_items, loop.stmt
        for item in (body.block_items or []) if isinstance(body, c_ast.Compound) else []:
            if isinstance(item, c_ast.Decl) and isinstance(item.init, c_ast.Constant):
                rest = copy.copy(loop)
                rest.stmt = c_ast.Compound([other for other in body.block_items if other is not item])
                block.block_items = items[:i] + [item, rest] + items[i + 1:]
                self.add("loop", "a sum is carried from round to round, but must start anew in each", 1)
        block.block_items = items

    def said_of(self, statement):
        """A statement in words."""
        if isinstance(statement, c_ast.FuncCall):
            call = statement
            while isinstance(call, c_ast.FuncCall) and called(call) == "TRY" and call.args:
                call = call.args.exprs[0]
            name = called(call) if isinstance(call, c_ast.FuncCall) else None
            return f"a call of {name}" if name in self.types.known else "a step"
        if isinstance(statement, c_ast.Assignment):
            root = root_of(statement.lvalue)
            return f"an assignment to {root}" if root in self.interface else "an assignment"
        if isinstance(statement, (c_ast.For, c_ast.While, c_ast.DoWhile)):
            return "a loop"
        if isinstance(statement, (c_ast.Case, c_ast.Default)):
            return "a case"
        if isinstance(statement, c_ast.If):
            return "a refusal" if refuses(statement.iftrue) else "a case"
        return "a step"

    # Everything else, slot by slot.

    def visit(self, holder, slot, node, scope, loop):
        if isinstance(node, c_ast.FuncCall) and called(node) == "fail":
            return  # what a message says is never compared
        if isinstance(node, c_ast.Compound):
            self.block(node, scope, loop)
            return
        if isinstance(node, c_ast.For):
            self.for_loop(node, scope)
            return
        if isinstance(node, (c_ast.While, c_ast.DoWhile)):
            self.visit(node, ("cond",), node.cond, scope, None)
            self.visit(node, ("stmt",), node.stmt, scope, node)
            return
        rule = getattr(self, "on_" + type(node).__name__, None)
        if rule is not None:
            rule(holder, slot, node, scope)
        was_checked = self.is_checked
        self.is_checked = was_checked or isinstance(node, c_ast.FuncCall) and "expect" in (called(node) or "")
        for child_slot, child in children(node):
            self.visit(node, child_slot, child, scope, loop if isinstance(node, c_ast.If) else None)
        self.is_checked = was_checked

    def for_loop(self, node, scope):
        scope = dict(scope)
        if isinstance(node.init, c_ast.DeclList):
            for declaration in node.init.decls:
                scope[declaration.name] = type_of_declaration(declaration)
                self.indices.add(declaration.name)
                if declaration.init is not None:
                    self.bounds(declaration, node)
        if node.init is not None:
            for slot, child in children(node.init):
                self.visit(node.init, slot, child, scope, None)
        if isinstance(node.cond, c_ast.BinaryOp):
            self.ends(node)
        if node.cond is not None:
            self.visit(node, ("cond",), node.cond, scope, None)
        outer, self.rounds = self.rounds, rounds_of(node)
        if isinstance(node.stmt, c_ast.Compound):
            self.block(node.stmt, scope, node)
        else:
            self.visit(node, ("stmt",), node.stmt, scope, node)
        self.rounds = outer
        if not isinstance(node.stmt, c_ast.Compound):
            once = node.stmt
            node.stmt = c_ast.Compound([once, c_ast.Break()])
            self.add("loop", "a loop ends after its first round", 4)
            node.stmt = once

    def bounds(self, declaration, loop):
        if isinstance(declaration.init, c_ast.Constant) and declaration.init.value == "0":
            self.try_with(declaration, ("init",), c_ast.Constant("int", "1"), "loop", "a loop starts at 1, but must start at 0", 1)
        elif isinstance(declaration.init, c_ast.Constant) and declaration.init.value == "1":
            self.try_with(declaration, ("init",), c_ast.Constant("int", "0"), "loop", "a loop starts at 0, but must start at 1", 2)

    def ends(self, loop):
        comparison = loop.cond
        while isinstance(comparison, c_ast.BinaryOp) and comparison.op in ("&&", "||"):
            comparison = comparison.right if isinstance(comparison.right, c_ast.BinaryOp) else comparison.left
        if not isinstance(comparison, c_ast.BinaryOp) or comparison.op not in ("<", "<=", "!="):
            return
        bound = comparison.right
        self.try_with(comparison, ("right",), c_ast.BinaryOp("-", bound, c_ast.Constant("int", "1")), "loop",
                      "the bound of a loop is one too small", 1)
        if comparison.op == "<":
            self.try_with(comparison, ("op",), "<=", "loop", "the bound of a loop is one too large", 1)

    def on_ID(self, holder, slot, node, scope):
        kind = scope.get(node.name)
        if kind is None or (isinstance(holder, c_ast.FuncCall) and slot == ("name",)):
            return
        for other, other_kind in scope.items():
            if other != node.name and other_kind == kind:
                self.try_with(holder, slot, c_ast.ID(other), "name", self.instead(other, node.name), 3)
        self.off_by_one(holder, slot, node, kind)
        self.other_values(holder, slot, node, kind, scope)

    def other_values(self, holder, slot, node, kind, scope):
        """A value of a struct's in place of another one, and one that is as good as ignored."""
        if isinstance(holder, (c_ast.UnaryOp, c_ast.StructRef, c_ast.Assignment)) or self.is_checked:
            return
        kind = (kind or "").replace("const ", "")
        said = self.said(node)
        for other in self.of_structs(kind, scope) if kind == "Matrix" else ():
            self.try_with(holder, slot, other, "name", ONE_VARIABLE if said == self.said(other) else
                          f"{self.said(other)} is used where {said} belongs", 3)
        for other, words in self.ignored(holder, node, kind, said):
            self.try_with(holder, slot, other, "ignored", words, 3)
            for condition, when in self.rounds if isinstance(holder, c_ast.ExprList) and kind not in WHOLE else ():
                self.try_with(holder, slot, c_ast.TernaryOp(c_ast.ID(condition), other, node), "ignored", f"{words}, {when}", 5)

    def of_structs(self, kind, scope):
        """The members of this type of all structs that are there."""
        for name, struct in scope.items():
            members = self.types.members.get(self.types.struct_of(c_ast.StructRef(c_ast.ID(name), ".", None), scope), {})
            for member, other in members.items():
                if other == kind and member != "stride" and "[" not in (struct or "["):
                    yield c_ast.StructRef(c_ast.ID(name), "->" if "*" in struct else ".", c_ast.ID(member))

    def ignored(self, holder, node, kind, said):
        """(what may stand in its place, what that means)"""
        is_counted = isinstance(node, c_ast.ID) and node.name in self.indices
        if kind in WHOLE + REAL and not is_counted:
            yield from ((c_ast.Constant("int", number + ".0" * (kind in REAL)), f"{number} is used in place of {said}") for number in "01")
        if kind in WHOLE and is_counted and isinstance(holder, c_ast.ExprList):
            yield c_ast.Constant("int", "0"), "the first one is taken in every round of a loop"
        if kind in REAL:
            yield c_ast.BinaryOp("*", node, node), f"{said} is squared, or applied twice"
            yield c_ast.BinaryOp("/", c_ast.Constant("double", "1.0"), node), f"{said} is upside down"
        if kind == "bool":
            yield from ((c_ast.Constant("int", "01"[way == "true"]), f"{way} is used in place of {said}") for way in ("true", "false"))
        for constant in self.types.enums.get(kind, ()):
            yield c_ast.ID(constant), f"{constant} is used in place of {said}"
        if kind == "Matrix" and isinstance(holder, c_ast.ExprList):
            yield c_ast.ID("NO_MATRIX"), f"NO_MATRIX is used in place of {said}"
        if kind == "AttentionMask *" and isinstance(holder, c_ast.ExprList):
            yield c_ast.ID("&NO_MASK"), f"NO_MASK is used in place of {said}"

    def said(self, node):
        """A value in words."""
        if isinstance(node, c_ast.StructRef) and node.field.name in ("rows", "cols"):
            of = root_of(node.name)
            return f"the number of {'rows' if node.field.name == 'rows' else 'columns'} of " + (of if of in self.interface | self.public() else "a matrix")
        name = root_of(node)
        return name if name in self.interface | self.public() else LOOP_INDEX if name in self.indices else SOMETHING

    def public(self):
        """The members of the structs that headers declare."""
        return {member for struct, members in self.types.members.items() if struct not in self.types.own for member in members}

    def off_by_one(self, holder, slot, node, kind):
        if (kind or "").replace("const ", "") == "size_t" and isinstance(holder, (c_ast.ExprList, c_ast.ArrayRef)):
            for op, way in (("+", "large"), ("-", "small")):
                self.try_with(holder, slot, c_ast.BinaryOp(op, node, c_ast.Constant("int", "1")), "constant",
                              f"a size or an index is one too {way}", 4)

    def instead(self, wrong, right):
        if wrong in self.indices and right in self.indices:
            return "the index of one loop is used where that of another belongs"
        names = [name if name in self.interface else LOOP_INDEX if name in self.indices else SOMETHING for name in (wrong, right)]
        if names == [SOMETHING, SOMETHING]:
            return ONE_VARIABLE
        return f"{names[0]} is used where {names[1]} belongs"

    def on_StructRef(self, holder, slot, node, scope):
        struct = self.types.struct_of(node, scope)
        members = self.types.members.get(struct, {})
        kind = members.get(node.field.name)
        self.off_by_one(holder, slot, node, kind)
        for other, other_kind in members.items():
            if other != node.field.name and kind is not None and other_kind == kind:
                new = c_ast.StructRef(node.name, node.type, c_ast.ID(other))
                what = ("name", ONE_VARIABLE) if struct in self.types.own else \
                    ("member", f"{other} is used where {node.field.name} belongs")
                self.try_with(holder, slot, new, *what, 2)
        self.other_values(holder, slot, node, kind, scope)

    def on_BinaryOp(self, holder, slot, node, scope):
        for other in COMPARED.get(node.op, ()):
            self.try_with(node, ("op",), other, "comparison", f"a comparison is {other}, but must be {node.op}", 4)
        for other in JOINED.get(node.op, ()):
            self.try_with(node, ("op",), other, "condition", "two conditions are joined by "
                          + ("or, but both must hold" if other == "||" else "and, but one is enough"), 2)
        for other in COUNTED.get(node.op, ()):
            self.try_with(node, ("op",), other, "operator", f"{RESULTS[other]} is used where {RESULTS[node.op]} belongs", 3)
        if node.op in JOINED:
            for side in (node.left, node.right):
                self.try_with(holder, slot, side, "condition", "a condition is missing", 1)
        elif node.op in COUNTED:
            part = {"*": "a factor", "/": "a division", "+": "a term", "-": "a term", "%": "a remainder"}[node.op]
            self.try_with(holder, slot, node.left, "part", self.missing(part, node.right), 1)
            if node.op not in ("/", "%"):
                self.try_with(holder, slot, node.right, "part", self.missing(part, node.left), 1)
            if node.op in ("-", "/"):
                self.try_with(holder, slot, c_ast.BinaryOp(node.op, node.right, node.left), "operator",
                              "the two sides of a " + ("difference" if node.op == "-" else "quotient")
                              + " are swapped", 3)
            if node.op in ("*", "/"):
                again = c_ast.BinaryOp(node.op, node, node.right)
                self.try_with(holder, slot, again, "part", "a factor is applied twice" if node.op == "*"
                              else "a division is done twice", 5)

    def missing(self, part, node):
        while isinstance(node, c_ast.Cast):
            node = node.expr
        name = called(node) if isinstance(node, c_ast.FuncCall) else root_of(node)
        if name == "matrix_row" or name not in self.types.known | self.interface:
            return f"{part} is missing"
        by = "by " if part in ("a division", "a remainder") else ""
        return f"{part} is missing: {by}{'a call of ' if isinstance(node, c_ast.FuncCall) else ''}{name}"

    def on_UnaryOp(self, holder, slot, node, scope):
        if node.op in ("-", "!"):
            what = ("sign", "a minus sign is missing") if node.op == "-" else ("condition", INVERTED)
            self.try_with(holder, slot, node.expr, *what, 2)
        if node.op == "p++" or node.op == "++":
            self.try_with(node, ("op",), node.op.replace("++", "--"), "operator", "something is counted down, but must go up", 6)

    def on_Constant(self, holder, slot, node, scope):
        if node.type == "string" or isinstance(holder, c_ast.Decl) and slot != ("init",):
            return
        for other in other_numbers(node):
            self.try_with(holder, slot, c_ast.Constant(node.type, other), "constant",
                          f"a constant is {other.rstrip('fF')}, but must be {node.value.rstrip('fF')}", 4)

    def on_FuncCall(self, holder, slot, node, scope):
        name, arguments = called(node), node.args.exprs if node.args else []
        for other in FUNCTIONS.get(name, ()):
            self.try_with(node, ("name",), c_ast.ID(other), "function", f"{other} is called where {name} belongs", 2)
        for other in INFINITIES if name == "isinf" else ():
            self.try_with(holder, slot, c_ast.BinaryOp("==", arguments[0], c_ast.ID(other)), "condition",
                          f"only {other} is looked for, but infinity has two signs", 1)
        if name in DROPPED and arguments:
            self.try_with(holder, slot, arguments[0], "function", f"a call of {name} is missing", 1)
        kinds = self.types.results.get(name, [])
        for i in range(len(arguments)):
            for j in range(i + 1, len(arguments)):
                if i < len(kinds) and j < len(kinds) and kinds[i] is not None and kinds[i] == kinds[j]:
                    swapped = list(arguments)
                    swapped[i], swapped[j] = swapped[j], swapped[i]
                    node.args.exprs = swapped
                    self.add("arguments", f"two arguments of {name} are swapped" if name in self.types.known
                             else "two arguments of a call are swapped", 2)
                    node.args.exprs = arguments

    def on_ArrayRef(self, holder, slot, node, scope):
        row = node.name
        if isinstance(row, c_ast.FuncCall) and called(row) == "matrix_row" and len(row.args.exprs) == 2:
            other = c_ast.ArrayRef(c_ast.FuncCall(row.name, c_ast.ExprList([row.args.exprs[0], node.subscript])),
                                   row.args.exprs[1])
            self.try_with(holder, slot, other, "transposed", f"in {root_of(row.args.exprs[0])}, row and column are swapped"
                          if root_of(row.args.exprs[0]) in self.interface else "in a matrix, row and column are swapped", 1)

    def on_Assignment(self, holder, slot, node, scope):
        if node.op in ("+=", "-=", "*=", "/="):
            self.try_with(node, ("op",), "=", "set", f"a value is replaced, but must be {TAKEN_ON[node.op]}", 1)
            opposite = {"+=": "-=", "-=": "+=", "*=": "/=", "/=": "*="}[node.op]
            self.try_with(node, ("op",), opposite, "operator", f"something is {DONE[opposite]}, but must be {DONE[node.op]}", 3)
        elif node.op == "=" and isinstance(node.lvalue, c_ast.ArrayRef) and \
                self.types.of(node.lvalue, scope) in (None, "float", "double", "size_t"):
            self.try_with(node, ("op",), "+=", "added", "a value is added to what was there, but must replace it", 2)

    def on_If(self, holder, slot, node, scope):
        self.try_with(node, ("cond",), c_ast.UnaryOp("!", node.cond), "condition", INVERTED, 3)
        if node.iffalse is None:
            self.try_with(holder, slot, node.iftrue, "condition", "it refuses in every case" if refuses(node.iftrue)
                          else "what belongs to one case is done in every case", 2)
        else:
            self.try_with(holder, slot, node.iffalse, "condition", "a case is missing", 2)

    def on_TernaryOp(self, holder, slot, node, scope):
        self.try_with(holder, slot, node.iftrue, "condition", "a case is missing", 2)
        self.try_with(holder, slot, node.iffalse, "condition", "a case is missing", 2)
        self.try_with(holder, slot, c_ast.TernaryOp(node.cond, node.iffalse, node.iftrue), "condition",
                      "two cases are swapped", 2)

    def on_Continue(self, holder, slot, node, scope):
        self.try_with(holder, slot, c_ast.Break(), "loop", "the loop breaks where it must continue", 1)

    def on_Break(self, holder, slot, node, scope):
        self.try_with(holder, slot, c_ast.Continue(), "loop", "the loop continues where it must break", 1)

    def on_Cast(self, holder, slot, node, scope):
        if written(node.to_type) in ("double", "float") and not isinstance(holder, c_ast.Cast):
            whole = c_ast.BinaryOp("+", c_ast.Cast(size_type(), node.expr), c_ast.Constant("double", "0.0"))
            self.try_with(holder, slot, whole, "type", "a number loses its fraction: it becomes a whole number", 4)

    def on_Decl(self, holder, slot, node, scope):
        if isinstance(node.type, c_ast.TypeDecl) and isinstance(node.type.type, c_ast.IdentifierType) and \
                node.type.type.names == ["double"]:
            node.type.type.names = ["float"]
            self.add("type", "a value is kept in float, but needs double", 3)
            node.type.type.names = ["size_t"]
            if not re.search(rf"\bis(?:nan|inf|finite)\({node.name}\)", self.text()):  # not C for a whole number
                self.add("type", "a value is kept as a whole number, but needs its fraction", 5)
            node.type.type.names = ["double"]


def refuses(statement):
    """Whether a statement does nothing but fail."""
    items = statement.block_items if isinstance(statement, c_ast.Compound) else [statement]
    return len(items or []) == 1 and isinstance(items[0], c_ast.Return) and isinstance(items[0].expr, c_ast.FuncCall) \
        and called(items[0].expr) == "fail"


def called(node):
    return node.name.name if isinstance(node.name, c_ast.ID) else None


def root_of(node):
    """The variable that an expression is about: out of matrix_row(out, r)[c]."""
    while True:
        if isinstance(node, c_ast.ArrayRef):
            node = node.name
        elif isinstance(node, c_ast.StructRef):
            return root_of(node.name) if isinstance(node.name, c_ast.StructRef) else node.field.name
        elif isinstance(node, c_ast.FuncCall) and node.args:
            node = node.args.exprs[0]
        elif isinstance(node, (c_ast.Cast, c_ast.UnaryOp)):
            node = node.expr
        else:
            return node.name if isinstance(node, c_ast.ID) else None


def last_of(body):
    if not isinstance(body, c_ast.Compound) or not body.block_items:
        return None
    last = body.block_items[-1]
    return last if isinstance(last, (c_ast.Assignment, c_ast.FuncCall)) else None


def do_the_same(one, other):
    """Whether two cases, one after the other, end in the same way."""
    return all(isinstance(each, c_ast.If) and each.iffalse is None for each in (one, other)) and \
        written(one.iftrue) == written(other.iftrue)


def rounds_of(loop):
    """[(condition, words)] of the first and the last rounds of a loop that counts up; none of others."""
    if not isinstance(loop.init, c_ast.DeclList) or not isinstance(loop.cond, c_ast.BinaryOp) or loop.cond.op != "<":
        return []
    index, bound = loop.init.decls[0].name, written(loop.cond.right)
    return [(f"({index} == 0)", "in the first round of a loop"), (f"({index} > 0)", "after the first round of a loop"),
            (f"({index} + 1 == {bound})", "in the last round of a loop"), (f"({index} + 1 < {bound})", "before the last round of a loop")]


def names_in(node):
    return set(re.findall(r"\b[A-Za-z_]\w*\b", written(node)))


def declared_within(body, statement):
    declared = {item.name for item in body.block_items if isinstance(item, c_ast.Decl)}
    return not declared.isdisjoint(names_in(statement))


def uses_loop_variable(loop, statement):
    declared = {d.name for d in loop.init.decls} if isinstance(getattr(loop, "init", None), c_ast.DeclList) else set()
    return not declared.isdisjoint(names_in(statement))


def size_type():
    return c_ast.Typename(None, [], None, c_ast.TypeDecl(None, [], None, c_ast.IdentifierType(["size_t"])))


def other_numbers(node):
    """Constants that somebody may have written instead."""
    value, suffix = re.fullmatch(r"([0-9.eE+-]+?)([fFuUlL]*)", node.value).groups() if \
        re.fullmatch(r"([0-9.eE+-]+?)([fFuUlL]*)", node.value) else ("", "")
    if node.type == "int" and value.isdigit():
        number = int(value)
        return [str(n) + suffix for n in {number - 1, number + 1, 0, 1, 2} - {number} if n >= 0]
    try:
        number = float(value)
    except ValueError:
        return []
    others = {0.0, 1.0, 2.0, number * 10, number / 10, number * 2, number / 2} - {number}
    return [repr(n) + suffix.lower() for n in sorted(others)]


def get(holder, slot):
    value = getattr(holder, slot[0])
    return value[slot[1]] if len(slot) > 1 else value


def put(holder, slot, new):
    if len(slot) > 1:
        getattr(holder, slot[0])[slot[1]] = new
    else:
        setattr(holder, slot[0], new)


def children(node):
    """(slot, child), also of those in lists."""
    for name in node.__slots__:
        if name in ("coord", "__weakref__") or isinstance(node, c_ast.NamedInitializer) and name == "name":
            continue
        value = getattr(node, name)
        if isinstance(value, list):
            yield from (((name, i), child) for i, child in enumerate(value) if isinstance(child, c_ast.Node))
        elif isinstance(value, c_ast.Node) and not (isinstance(node, c_ast.Decl) and name == "type") \
                and not (isinstance(node, c_ast.Cast) and name == "to_type") \
                and not (isinstance(node, c_ast.StructRef) and name == "field"):
            yield (name,), value


# --- All of them ----------------------------------------------------------------------------------


def slips_of(one, functions=None, function=None):
    """All slips of a chapter's reference, or of some of its functions; around that one, and around parts."""
    tree = parsed(one)
    types, scope, found = Types(tree, str(one.reference), str(one.header)), {}, []
    for node in tree.ext:
        if isinstance(node, c_ast.Decl) and node.name and not isinstance(node.type, (c_ast.FuncDecl, c_ast.Enum, c_ast.Struct)):
            scope[node.name] = type_of_declaration(node)
        if not isinstance(node, c_ast.FuncDef) or str(node.coord.file) != str(one.reference):
            continue
        name, is_part = node.decl.name, "static" in node.decl.storage
        if functions is None or name in functions:
            found += Slips(node, types, scope).found
        if functions is None or name == function or is_part and name in functions and "expect" not in name:
            found += [Slip(name, *each, is_part) for each in Around(node, types, type_of_declaration, written).all()]
    return found


def of_slips(one, slips):
    """The source of a chapter's reference with slips as variants; they are called by their numbers in the list."""
    schemata = Schemata(one.right())
    for number, slip in enumerate(slips):
        schemata.add_function(str(number), slip.function, slip.text)
    return schemata.source()
