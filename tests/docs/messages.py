"""The messages that the code has for users, read from its source: text, with `…` for what differs from case to case.

Nothing is run: what an exception is raised with is followed through constants, variables, helpers that make texts, and
parameters, whose values stand at the calls.
"""

from __future__ import annotations

import ast
import functools
import itertools
import re
from collections import defaultdict
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

HOLE = "…"
_DEEPEST = 5
_MOST = 24

Function = ast.FunctionDef | ast.AsyncFunctionDef
Bound = Mapping[str, frozenset[str]]


@dataclass
class Sink:
    """A call with which a message begins its way to the user, and the arguments that it is put together from."""

    form: str = "{0}"
    #: Positions of the arguments that the form has fields for.
    arguments: tuple[int, ...] = (0,)


@dataclass(frozen=True)
class Message:
    text: str
    #: Where it comes from, for whoever has to find it.
    where: str


def _makes_text(function: Function) -> bool:
    return isinstance(function.returns, ast.Name) and function.returns.id == "str"


@dataclass
class Package:
    """The source of a package, and of what reads files for it."""

    root: Path
    skip: tuple[str, ...] = ()
    readers: Path | None = None
    constants: dict[str, list[tuple[Path, ast.expr]]] = field(default_factory=lambda: defaultdict(list))
    functions: dict[str, list[Function]] = field(default_factory=lambda: defaultdict(list))
    homes: dict[Function, Path] = field(default_factory=dict)
    #: Every call by the name of what is called, with the function around it.
    calls: dict[str, list[tuple[ast.Call, Function | None, Path]]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for root in filter(None, (self.root, self.readers)):
            for file in sorted(root.rglob("*.py")):
                if not any(part in file.relative_to(root).as_posix() for part in self.skip):
                    self._read(ast.parse(file.read_text(encoding="utf-8")), None, file)

    def _read(self, node: ast.AST, around: Function | None, file: Path) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, Function):
                self.functions[child.name].append(child)
                self.homes[child] = file
            elif isinstance(child, ast.Assign | ast.AnnAssign) and around is None and child.value is not None:
                targets = child.targets if isinstance(child, ast.Assign) else [child.target]
                for target in targets:
                    if isinstance(target, ast.Name):
                        self.constants[target.id].append((file, child.value))
            elif isinstance(child, ast.Call):
                self.calls[called(child)].append((child, around, file))
            self._read(child, child if isinstance(child, Function) else around, file)

    def messages(self, sinks: Mapping[str, Sink]) -> Iterator[Message]:
        """What is said through *sinks*, by the name of what is called."""
        for name, sink in sinks.items():
            for call, around, file in self.calls[name]:
                if len(call.args) <= max(sink.arguments) or (around is not None and around.name in sinks):
                    continue
                parts = [call.args[index] for index in sink.arguments]
                for bound in self._bindings(parts, around, 0):
                    texts = [self.texts(part, around, bound) for part in parts]
                    for combination in itertools.islice(itertools.product(*texts), _MOST):
                        if any(map(_has_words, combination)):
                            yield Message(_shortened(sink.form.format(*combination)), f"{file.name}:{call.lineno}")

    def returned(self, names: Container[str]) -> Iterator[Message]:
        """What the functions of these names return, yield or collect, which are the problems that they have found."""
        for function in itertools.chain.from_iterable(self.functions[name] for name in list(self.functions)):
            for node in ast.walk(function) if function.name in names else ():
                found: list[ast.expr] = []
                if isinstance(node, ast.Return | ast.Yield) and not _is_none(node.value):
                    assert node.value is not None
                    found = node.value.elts if isinstance(node.value, ast.List) else [node.value]
                elif isinstance(node, ast.Call) and called(node) == "append":
                    found = node.args
                for text in itertools.chain.from_iterable(self.texts(one, function, {}) for one in found):
                    if _has_words(text):
                        yield Message(_shortened(text), f"{self.homes[function].name}:{node.lineno}")

    def _bindings(self, parts: list[ast.expr | None], around: Function | None, depth: int) -> Iterator[Bound]:
        """The values that the parameters of *around* can have, as far as *parts* depend on them."""
        wanted = _parameters(around) & {
            node.id
            for part in parts
            if part is not None
            for node in self._reach(part, around)
            if isinstance(node, ast.Name)
        }
        calls = [one for one in self._calls(around) if one[1] is not around] if around is not None else []
        if not wanted or not calls or depth > 2:
            yield {}
            return
        for call, outer, _ in calls:
            given = {name: value for name, value in _arguments(around, call).items() if name in wanted}
            for bound in self._bindings(list(given.values()), outer, depth + 1):
                yield {name: self.texts(value, outer, bound) for name, value in given.items()}

    def _calls(self, function: Function) -> list[tuple[ast.Call, Function | None, Path]]:
        """The calls of a function; what begins with an underscore is called in its own module."""
        private = function.name.startswith("_") and not function.name.startswith("__")
        return [one for one in self.calls[function.name] if not private or one[2] == self.homes[function]]

    def _reach(self, part: ast.expr, around: Function | None) -> Iterator[ast.AST]:
        """The nodes of an expression, and of what is assigned to the variables in it."""
        for node in ast.walk(part):
            yield node
            if isinstance(node, ast.Name):
                for value in _assigned(around, node.id):
                    if value is not part:
                        yield from ast.walk(value)

    def texts(self, node: ast.expr | None, around: Function | None, bound: Bound, depth: int = 0) -> frozenset[str]:
        """What an expression can be."""
        found = list(itertools.islice(self._texts(node, around, bound, depth), _MOST))
        return frozenset(found) or frozenset({HOLE})

    def _texts(self, node: ast.expr | None, around: Function | None, bound: Bound, depth: int) -> Iterator[str]:
        follow = functools.partial(self.texts, around=around, bound=bound, depth=depth + 1)
        if depth > _DEEPEST or node is None:
            yield HOLE
        elif isinstance(node, ast.Constant):
            yield str(node.value)
        elif isinstance(node, ast.JoinedStr):
            for pieces in itertools.product(*map(follow, node.values)):
                yield "".join(pieces)
        elif isinstance(node, ast.FormattedValue):
            yield from follow(node.value) if node.conversion != ord("r") else (HOLE,)
        elif isinstance(node, ast.IfExp):
            yield from follow(node.body) | follow(node.orelse)
        elif isinstance(node, ast.BoolOp):
            for value in node.values:
                yield from follow(value)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            for pieces in itertools.product(follow(node.left), follow(node.right)):
                yield "".join(pieces)
        elif isinstance(node, ast.Name):
            yield from self._named(node.id, around, bound, depth)
        elif isinstance(node, ast.Call):
            yield from self._returned(node, around, bound, depth)
        else:
            yield HOLE

    def _named(self, name: str, around: Function | None, bound: Bound, depth: int) -> Iterator[str]:
        values = _assigned(around, name)
        if name in bound:
            yield from bound[name]
        elif values:
            for value in values:
                yield from self.texts(value, around, bound, depth + 1)
        elif name not in _parameters(around):
            found = self.constants[name]
            near = [value for file, value in found if around is not None and file == self.homes[around]]
            yield from self.texts((near or [value for _, value in found] or [None])[0], None, {}, depth + 1)
        else:
            yield HOLE

    def _returned(self, call: ast.Call, around: Function | None, bound: Bound, depth: int) -> Iterator[str]:
        name = called(call)
        if name in ("str", "Quoted") and len(call.args) == 1:
            yield from self.texts(call.args[0], around, bound, depth + 1)
            return
        functions = [one for one in self.functions[name] if _makes_text(one) and one is not around]
        if not 1 <= len(functions) <= 4:
            yield HOLE
            return
        for function in functions:
            given = {
                parameter: self.texts(value, around, bound, depth + 1)
                for parameter, value in _arguments(function, call).items()
            }
            for node in ast.walk(function):
                if isinstance(node, ast.Return) and node.value is not None:
                    yield from self.texts(node.value, function, given, depth + 1)


def _shortened(text: str) -> str:
    """*text* with one gap where several follow one another, or where a quotation was cut."""
    return re.sub(r"…[… ]*…", HOLE, text.replace("…... (… characters)", HOLE))


def _is_none(node: ast.expr | None) -> bool:
    return node is None or (isinstance(node, ast.Constant) and node.value is None)


def _has_words(text: str) -> bool:
    """Whether there is more in a text than what differs from case to case: that is others' words."""
    return re.search(r"[A-Za-z]{3}", text) is not None


def called(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _parameters(function: Function | None) -> set[str]:
    if function is None:
        return set()
    given = function.args
    return {one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs)} - {"self", "cls"}


def _arguments(function: Function | None, call: ast.Call) -> dict[str, ast.expr]:
    """The arguments of *call*, by the names of the parameters of *function*."""
    assert function is not None
    names = [one.arg for one in (*function.args.posonlyargs, *function.args.args) if one.arg not in ("self", "cls")]
    given = dict(zip(names, itertools.takewhile(lambda one: not isinstance(one, ast.Starred), call.args), strict=False))
    return given | {one.arg: one.value for one in call.keywords if one.arg is not None}


@functools.cache
def _assigned(function: Function | None, name: str) -> list[ast.expr]:
    """What is assigned to a local variable, also in turn by a loop over what is written out."""
    found: list[ast.expr] = []
    for node in ast.walk(function) if function is not None else ():
        if isinstance(node, ast.Assign):
            for target in node.targets:
                found += _unpacked(target, node.value, name)
        elif isinstance(node, ast.For | ast.comprehension) and isinstance(node.iter, ast.Tuple | ast.List):
            for value in node.iter.elts:
                found += _unpacked(node.target, value, name)
        elif isinstance(node, ast.NamedExpr) and node.target.id == name:
            found.append(node.value)
    return found


def _unpacked(target: ast.expr, value: ast.expr, name: str) -> Iterator[ast.expr]:
    if isinstance(target, ast.Name) and target.id == name:
        yield value
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for each, part in zip(target.elts, value.elts, strict=False):
            yield from _unpacked(each, part, name)
    elif isinstance(target, ast.Tuple) and any(isinstance(each, ast.Name) and each.id == name for each in target.elts):
        yield ast.Call(ast.Name("unknown"), [], [])
