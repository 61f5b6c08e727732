"""Writes every change into the code, behind a switch: `if crate::mutant(7) { … changed … } else { … as it was … }`.

Only one switch is on at a time, so what stands in a changed branch is the plain text, and the code grows by little.
"""

from collections import defaultdict
from dataclasses import dataclass, field

import tree_sitter_rust
from tree_sitter import Language, Node, Parser

from listing import Mutant

PARSER = Parser(Language(tree_sitter_rust.language()))


@dataclass
class Switched:
    """A file with its switches."""

    text: bytes
    # Where each change stands in it, and where each function.
    places: dict[int, tuple[int, int]] = field(default_factory=dict)
    functions: list[tuple[int, int, list[int]]] = field(default_factory=list)
    # What could not be written as a switch.
    impossible: list[int] = field(default_factory=list)
    # What no compiler takes, and why.
    hopeless: dict[int, str] = field(default_factory=dict)


def offsets(source: bytes):
    """A function from line and column, as cargo-mutants counts them, to bytes."""
    lines = source.split(b"\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)

    def offset(place: tuple[int, int]) -> int:
        line, column = place
        return starts[line - 1] + len(lines[line - 1].decode()[: column - 1].encode())

    return offset


def climb(node: Node, *types: str) -> Node | None:
    while node is not None and node.type not in types:
        node = node.parent
    return node


class Writer:
    def __init__(self, source: bytes, mutants: list[Mutant]):
        self.source = source
        self.offset = offsets(source)
        # Held, as the identity of nodes lasts as long as their tree.
        self.tree = PARSER.parse(source)
        self.at: dict[int, list[Mutant]] = defaultdict(list)
        self.busy: set[int] = set()
        self.out = bytearray()
        self.done = Switched(b"")
        for mutant in mutants:
            node = self.node_of(mutant)
            if node is None:
                if mutant.number not in self.done.hopeless:
                    self.done.impossible.append(mutant.number)
                continue
            self.at[node.id].append(mutant)
            while node is not None and node.id not in self.busy:
                self.busy.add(node.id)
                node = node.parent
        self.node(self.tree.root_node)
        self.done.text = bytes(self.out)

    def node_of(self, mutant: Mutant) -> Node | None:
        """The node that is doubled, or gets a condition, for this change."""
        start, end = self.offset(mutant.start), self.offset(mutant.end)
        inner = self.tree.root_node.descendant_for_byte_range(start, end)
        around = climb(inner, "function_item", "const_item", "static_item")
        if around is None or around.type != "function_item" or b"const fn " in self.source[around.start_byte : around.child_by_field_name("name").start_byte]:
            # A constant is made before any switch is read.
            return None
        match mutant.genre:
            case "FnValue":
                return around
            case "BinaryOperator":
                node = climb(inner, "binary_expression", "compound_assignment_expr", "let_chain")
                if node is not None and node.type == "let_chain":
                    self.done.hopeless[mutant.number] = f"`{mutant.replacement}` cannot join a `let`"
                    return None
                # The text of `a && b || c` is read anew once an operator in it is another: the whole chain is doubled.
                while node is not None and node.type == "binary_expression" and node.parent.type == "binary_expression":
                    node = node.parent
                return node
            case "UnaryOperator":
                return climb(inner, "unary_expression")
            case "MatchArm":
                return climb(inner, "match_arm")
            case "MatchArmGuard":
                pattern = climb(inner, "match_pattern")
                return pattern and pattern.child_by_field_name("condition")
            case "StructField":
                return climb(inner, "struct_expression")
        return None

    def raw(self, start: int, end: int) -> None:
        self.out += self.source[start:end]

    def node(self, node: Node) -> None:
        if node.id not in self.busy:
            return self.raw(node.start_byte, node.end_byte)
        mutants = self.at.get(node.id, [])
        begin = len(self.out)
        if node.type == "function_item":
            self.function(node, mutants)
            self.done.functions.append((begin, len(self.out), [m.number for m in mutants]))
        elif node.type == "match_arm" and mutants:
            self.arm(node, mutants[0])
        elif mutants:
            self.doubled(node, mutants)
        else:
            self.children(node)

    def children(self, node: Node, instead: dict | None = None) -> None:
        position = node.start_byte
        for child in node.children:
            self.raw(position, child.start_byte)
            (instead or {}).get(child.id, self.node)(child)
            position = child.end_byte
        self.raw(position, node.end_byte)

    def branch(self, mutant: Mutant, text: bytes) -> None:
        begin = len(self.out)
        self.out += text
        self.done.places[mutant.number] = (begin, len(self.out))

    def function(self, node: Node, mutants: list[Mutant]) -> None:
        def body(block: Node) -> None:
            self.out += b"{"
            for mutant in mutants:
                self.branch(mutant, f" if crate::mutant({mutant.number}) {{ return {mutant.replacement}; }}".encode())
            brace = block.children[0]
            self.children(block, {brace.id: lambda brace: None})

        block = node.child_by_field_name("body")
        self.children(node, {block.id: body} if mutants else None)

    def arm(self, node: Node, mutant: Mutant) -> None:
        pattern = node.child_by_field_name("pattern")
        condition = pattern.child_by_field_name("condition")

        def guarded(pattern: Node) -> None:
            if condition is None:
                self.node(pattern)
                self.branch(mutant, f" if !crate::mutant({mutant.number})".encode())
                return
            lets = condition.type in ("let_condition", "let_chain")

            def both(condition: Node) -> None:
                self.branch(mutant, f"!crate::mutant({mutant.number}) && ".encode())
                self.out += b"" if lets else b"("
                self.node(condition)
                self.out += b"" if lets else b")"

            self.children(pattern, {condition.id: both})

        self.children(node, {pattern.id: guarded})

    def doubled(self, node: Node, mutants: list[Mutant]) -> None:
        self.out += b"("
        for mutant in mutants:
            self.branch(mutant, f"if crate::mutant({mutant.number}) {{ ".encode() + self.changed(node, mutant) + b" } else ")
        self.out += b"{ "
        self.children(node)
        self.out += b" })"

    def changed(self, node: Node, mutant: Mutant) -> bytes:
        start, end = self.offset(mutant.start), self.offset(mutant.end)
        before, after = self.source[node.start_byte : start], self.source[end : node.end_byte]
        if mutant.genre == "StructField":
            after = after.lstrip().removeprefix(b",")
        return before + mutant.replacement.encode() + after


def switched(source: bytes, mutants: list[Mutant]) -> Switched:
    """The source with a switch for each of these mutants of it."""
    return Writer(source, mutants).done
