"""DWARF as types: what each kind of entry becomes, however it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from dwarf_dies import Die, Unit, die, dwarf
from prettify import layout as layouts
from prettify import model
from prettify.detached import detach
from prettify.errors import TypeInfoError
from prettify.sources.dwarf import constants as dw
from prettify.sources.dwarf.languages import Languages, language_codes
from prettify.sources.dwarf.opening import open_dwarf
from prettify.sources.elf_image import ElfImage
from prettify.sources.search import Sources, find, listed

if TYPE_CHECKING:
    from prettify.layout import Node
    from prettify.sources.dwarf.graph import Dwarf

VERSIONS = (2, 3, 4, 5)


def graph_of(*entries: Die | Unit, languages: Languages | None = None, **how: Any) -> Dwarf:
    image = ElfImage(memoryview(dwarf(*entries, **how)), "made")
    graph = open_dwarf(image, languages)
    assert graph is not None
    return graph


def number(name: str = "int", size: int = 4, encoding: int = dw.DW_ATE_signed, **more: Any) -> Die:
    return die("base_type", name=name, byte_size=size, encoding=encoding, **more)


def struct(name: str, size: int, *members: Die, tag: str = "structure_type", **more: Any) -> Die:
    return die(tag, *members, name=name, byte_size=size, **more)


def member(name: str | None, of: Die, at: Any = None, **more: Any) -> Die:
    return die("member", name=name, type=of, data_member_location=at, **more)


def only(graph: Dwarf, name: str) -> model.Type:
    [type_id] = graph.ids(name)
    return graph.by_id(type_id)


def places(node: Node) -> list[tuple[str, int, int]]:
    """(name, offset, size) of the members, in bits."""
    return [(child.name, child.bit_offset, child.bit_size) for child in node.children]


def layout_of(graph: Dwarf, name: str) -> Node:
    return layouts.resolve(only(graph, name)).root


# Base types.

BASES = [
    ("int", 4, dw.DW_ATE_signed, {"signed": True}),
    ("unsigned int", 4, dw.DW_ATE_unsigned, {"signed": False}),
    ("char", 1, dw.DW_ATE_signed_char, {"signed": True, "character": True}),
    ("unsigned char", 1, dw.DW_ATE_unsigned_char, {"signed": False, "character": True}),
    ("_Bool", 1, dw.DW_ATE_boolean, {"boolean": True, "signed": False}),
    ("char32_t", 4, dw.DW_ATE_UTF, {"signed": False, "character": True}),
    ("__int128", 16, dw.DW_ATE_signed, {"signed": True, "bits": 128}),
]


@pytest.mark.parametrize(("name", "size", "encoding", "expected"), BASES, ids=lambda x: str(x))
def test_integers(name: str, size: int, encoding: int, expected: dict[str, Any]) -> None:
    type_ = only(graph_of(number(name, size, encoding)), name)
    assert isinstance(type_, model.Integer)
    assert type_.size == size
    assert {key: getattr(type_, key) for key in expected} == expected


@pytest.mark.parametrize("size", [2, 4, 8, 12, 16])
def test_floats(size: int) -> None:
    graph = graph_of(number("float", size, dw.DW_ATE_float))
    type_ = only(graph, "float")
    assert type_.kind == model.FLOAT
    assert model.size_of(type_) == size
    assert [t.kind for t in listed_of(graph)] == [model.FLOAT]


def listed_of(graph: Dwarf) -> Any:
    sources = Sources(["made"])
    sources._graphs["made"] = graph
    return listed(sources)


def test_a_complex_number_is_a_pair() -> None:
    node = layout_of(
        graph_of(number("complex double", 16, dw.DW_ATE_complex_float)), "complex double"
    )
    assert places(node) == [("real", 0, 64), ("imaginary", 64, 64)]


@pytest.mark.parametrize(
    ("encoding", "size"), [(dw.DW_ATE_decimal_float, 8), (dw.DW_ATE_unsigned, 32)]
)
def test_what_is_no_number_here_is_bytes(encoding: int, size: int) -> None:
    node = layout_of(graph_of(number("odd", size, encoding)), "odd")
    assert (node.kind, node.count, node.size) == (model.ARRAY, size, size)


def test_nothing_has_no_bytes() -> None:
    node = layout_of(graph_of(number("()", 0, dw.DW_ATE_unsigned)), "()")
    assert (node.kind, node.size) == (model.STRUCT, 0)


@pytest.mark.parametrize("endian", ["little", "big"])
def test_an_integer_of_fewer_bits_than_its_bytes_have(endian: Any) -> None:
    graph = graph_of(number("_BitInt(17)", 4, bit_size=17), endian=endian)
    type_ = only(graph, "_BitInt(17)")
    assert isinstance(type_, model.Integer)
    assert (type_.bits, type_.bit_offset) == (17, 15 if endian == "big" else 0)


# Members.


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "place",
    [
        4,
        ("udata", 4),
        ("sdata", 4),
        ("data8", 4),
        ("implicit_const", 4),
        ("block1", b"\x23\x04"),
        ("exprloc", b"\x23\x04"),
        ("exprloc", b"\x10\x04\x22"),
        ("exprloc", b"\x34\x22"),
        ("exprloc", b"\x08\x03\x31\x22\x22"),
    ],
    ids=repr,
)
def test_where_a_member_is(version: int, place: Any) -> None:
    graph = graph_of(
        i := number(), struct("s", 8, member("a", i), member("b", i, place)), version=version
    )
    assert places(layout_of(graph, "s")) == [("a", 0, 32), ("b", 32, 32)]


def test_a_member_that_only_the_program_can_find() -> None:
    graph = graph_of(i := number(), struct("s", 8, member("a", i, b"\x12\x06\x22")))
    with pytest.raises(
        TypeInfoError, match=r"made\(.debug_info\): member a is where only the .* \(at"
    ):
        only(graph, "s")


# (storage unit, bits, what the DWARF says, where it is): little-endian, then big-endian.
OLD_BITFIELDS = [
    (4, 3, {"byte_size": 4, "bit_offset": 29}, 0, 29),
    (4, 5, {"byte_size": 4, "bit_offset": 24}, 3, 24),
    (4, 5, {"bit_offset": 24}, 3, 24),
    (4, 6, {"byte_size": 4, "bit_offset": ("data1", -2)}, 28, -2),
    (4, 6, {"byte_size": 4, "bit_offset": ("data4", -2)}, 28, -2),
    (4, 6, {"byte_size": 4, "bit_offset": ("sdata", -2)}, 28, -2),
    (4, 6, {"byte_size": 4, "bit_offset": ("udata", (1 << 64) - 2)}, 28, -2),
]


@pytest.mark.parametrize(("unit", "bits", "said", "little", "big"), OLD_BITFIELDS)
@pytest.mark.parametrize("endian", ["little", "big"])
def test_bitfields_counted_from_the_most_significant_bit(
    unit: int, bits: int, said: dict[str, Any], little: int, big: int, endian: Any
) -> None:
    i = number("unsigned int", unit, dw.DW_ATE_unsigned)
    graph = graph_of(
        i, struct("s", 16, member("f", i, 4, bit_size=bits, **said)), version=3, endian=endian
    )
    [field] = layout_of(graph, "s").children
    assert field.bitfield
    assert (field.bit_offset, field.bit_size) == (32 + (big if endian == "big" else little), bits)


@pytest.mark.parametrize("place", [35, ("data1", 200), ("udata", 35), ("implicit_const", 35)])
def test_bitfields_counted_from_the_start(place: Any) -> None:
    i = number("unsigned int", 4, dw.DW_ATE_unsigned)
    graph = graph_of(i, struct("s", 32, member("f", i, bit_size=5, data_bit_offset=place)))
    assert places(layout_of(graph, "s")) == [("f", place[1] if isinstance(place, tuple) else 35, 5)]


def test_static_members_are_no_part_of_an_object() -> None:
    i = number()
    graph = graph_of(
        i,
        struct(
            "s",
            4,
            member("old", i, external=True, declaration=True),
            die("variable", name="new", type=i, external=True, declaration=True),
            member("x", i, 0),
        ),
    )
    assert places(layout_of(graph, "s")) == [("x", 0, 32)]


def test_members_without_a_name() -> None:
    i = number()
    inner = struct("", 4, member("x", i), member("y", i), tag="union_type")
    graph = graph_of(i, inner, struct("s", 8, member(None, inner, 4)))
    node = layout_of(graph, "s")
    assert [child.name for _, child in layouts.named_members(node)] == ["x", "y"]
    assert places(node) == [("", 32, 32)]


def test_a_size_that_only_the_program_knows() -> None:
    graph = graph_of(die("structure_type", name="s", byte_size=b"\x12\x06"))
    with pytest.raises(TypeInfoError, match="s has a size that only the program knows"):
        only(graph, "s")


# Arrays.


def array(of: Die, *dimensions: dict[str, Any], **more: Any) -> Die:
    return die("array_type", *(die("subrange_type", **d) for d in dimensions), type=of, **more)


@pytest.mark.parametrize(
    ("dimension", "count"),
    [
        ({"count": 3}, 3),
        ({"upper_bound": 2}, 3),
        ({"upper_bound": ("data1", 255)}, 256),
        ({"lower_bound": -1, "upper_bound": 1}, 3),
        ({"lower_bound": 1, "upper_bound": 3}, 3),
        ({}, 0),
        ({"upper_bound": -1}, 0),
        ({"upper_bound": ("data4", -1)}, 0),
        ({"upper_bound": ("data8", -1)}, 0),
        ({"count": 0}, 0),
        ({"count": -1}, 0),
        ({"upper_bound": b"\x91\x00\x06"}, 0),
    ],
    ids=repr,
)
def test_how_many_elements_an_array_has(dimension: dict[str, Any], count: int) -> None:
    i = number()
    graph = graph_of(i, a := array(i, dimension), die("typedef", name="t", type=a))
    assert layout_of(graph, "t").count == count


def test_a_bound_that_is_a_variable() -> None:
    i = number()
    n = die("variable", name="n", type=i)
    graph = graph_of(i, n, a := array(i, {"upper_bound": n}), die("typedef", name="t", type=a))
    assert layout_of(graph, "t").count == 0


def test_several_dimensions_in_order() -> None:
    i = number()
    a = array(i, {"count": 2}, {"upper_bound": 2}, {"count": 4})
    graph = graph_of(i, a, die("typedef", name="t", type=a))
    node = layout_of(graph, "t")
    counts = []
    while node.element is not None:
        counts.append(node.count)
        node = node.element
    assert counts == [2, 3, 4]
    # Their ids are found whatever is asked for first.
    inner = graph.by_id(only(graph, "t").target.element_id)  # type: ignore[attr-defined]
    fresh = graph_of(i, a, die("typedef", name="t", type=a))
    assert model.size_of(fresh.by_id(inner.id)) == 48


def test_arrays_of_other_languages_begin_at_one() -> None:
    i = number()
    a = array(i, {"upper_bound": 3})
    unit = Unit(i, a, die("typedef", name="t", type=a), language=dw.DW_LANG_Fortran90)
    assert layout_of(graph_of(unit), "t").count == 3


def test_strides() -> None:
    i = number()
    a, b = array(i, {"count": 3}, byte_stride=4), array(i, {"count": 3, "byte_stride": 8})
    t, u = die("typedef", name="t", type=a), die("typedef", name="u", type=b)
    graph = graph_of(i, a, b, t, u)
    assert layout_of(graph, "t").count == 3
    with pytest.raises(TypeInfoError, match="elements are 64 bits apart"):
        layout_of(graph, "u")


# Enumerations.


def enum(name: str, size: int | None, *values: Any, **more: Any) -> Die:
    children = [die("enumerator", name=f"E{i}", const_value=v) for i, v in enumerate(values)]
    return die("enumeration_type", *children, name=name, byte_size=size, **more)


@pytest.mark.parametrize(
    ("size", "values", "signed", "expected"),
    [
        (4, (0, 1, 0xFFFFFFFF), False, [0, 1, 0xFFFFFFFF]),
        (4, (-1, 1), True, [-1, 1]),
        (1, (200,), False, [200]),
        (8, (-5, 0x7FFFFFFF00), True, [-5, 0x7FFFFFFF00]),
        (8, (1 << 63,), False, [1 << 63]),
    ],
)
def test_enumerations(size: int, values: Any, signed: bool, expected: list[int]) -> None:
    type_ = only(graph_of(enum("e", size, *values)), "e")
    assert isinstance(type_, model.Enum)
    assert (type_.signed, [e.value for e in type_.enumerators]) == (signed, expected)


def test_the_underlying_type_gives_sign_and_size() -> None:
    byte = number("signed char", 1, dw.DW_ATE_signed_char)
    type_ = only(graph_of(byte, enum("e", None, ("data1", 0xFF), 1, type=byte)), "e")
    assert isinstance(type_, model.Enum)
    assert (type_.size, type_.signed, [e.value for e in type_.enumerators]) == (1, True, [-1, 1])


# What is about another type.


def test_modifiers() -> None:
    i = number()
    tags = "const_type", "volatile_type", "restrict_type", "atomic_type", "typedef"
    chain = [i]
    for tag in tags:
        chain.append(die(tag, type=chain[-1], name="t" if tag == "typedef" else None))
    graph = graph_of(*chain)
    top = only(graph, "t")
    kinds = []
    while isinstance(top, model.Reference):
        kinds.append(top.kind)
        top = top.target
    assert kinds == [model.TYPEDEF, model.RESTRICT, model.VOLATILE, model.CONST]


def test_a_type_that_is_defined_as_itself() -> None:
    atomic = die("atomic_type")
    atomic.values["type"] = atomic
    loop = die("typedef", name="loop")
    loop.values["type"] = loop
    graph = graph_of(atomic, loop, die("typedef", name="t", type=atomic))
    for name in ("t", "loop"):
        with pytest.raises(TypeInfoError, match="defined as itself"):
            layout_of(graph, name)


@pytest.mark.parametrize("tag", ["pointer_type", "reference_type", "rvalue_reference_type"])
@pytest.mark.parametrize("bits", [32, 64])
def test_pointers(tag: str, bits: int) -> None:
    i = number()
    pointer = die(tag, type=i)
    graph = graph_of(i, pointer, die("typedef", name="p", type=pointer), bits=bits)
    node = layout_of(graph, "p")
    assert (node.kind, node.bit_size) == (model.POINTER, bits)


def test_pointers_to_members() -> None:
    i = number()
    s = struct("s", 4, member("x", i))
    data = die("ptr_to_member_type", type=i, containing_type=s)
    f = die("subroutine_type")
    function = die("ptr_to_member_type", type=f, containing_type=s)
    holder = struct("h", 24, member("d", data, 0), member("f", function, 8))
    graph = graph_of(i, s, data, f, function, holder)
    d, pair = layout_of(graph, "h").children
    assert (d.kind, d.size, pair.size) == (model.INT, 8, 16)


def test_type_tags_of_llvm_and_gnu() -> None:
    i = number()
    llvm = die(
        "pointer_type",
        die("LLVM_annotation", name="btf_type_tag", const_value="user"),
        die("LLVM_annotation", name="btf_type_tag", const_value="rcu"),
        type=i,
    )
    tag = die("GNU_annotation", name="btf_type_tag", const_value="user")
    chained = die("GNU_annotation", name="btf_type_tag", const_value="rcu", GNU_annotation=tag)
    gnu = die("pointer_type", type=i, GNU_annotation=chained)
    graph = graph_of(
        i,
        llvm,
        tag,
        chained,
        gnu,
        die("typedef", name="a", type=llvm),
        die("typedef", name="b", type=gnu),
    )
    for name in ("a", "b"):
        pointer = model.strip(only(graph, name))
        assert isinstance(pointer, model.Pointer)
        outer = pointer.target
        assert isinstance(outer, model.TypeTag)
        inner = outer.target
        assert {outer.name, inner.name} == {"user", "rcu"}
        assert model.strip(outer).name == "int"


def test_declaration_tags() -> None:
    i = number()
    tag = die("LLVM_annotation", name="btf_decl_tag", const_value="counted")
    graph = graph_of(i, struct("s", 4, member("x", i), die("member", tag, name="y", type=i)))
    of = only(graph, "s")
    [made] = [t for t in graph.cache.values() if isinstance(t, model.DeclTag)]
    assert (made.name, made.target, made.component) == ("counted", of, 1)


# Declarations, units, scopes.


def test_a_declaration_is_what_another_unit_defines() -> None:
    i = number()
    declared = die("structure_type", name="s", declaration=True)
    user = struct("u", 4, member("m", declared, 0))
    one = Unit(declared, user, die("typedef", name="s_t", type=declared))
    two = Unit(i, struct("s", 4, member("x", i)))
    graph = graph_of(one, two)
    assert layout_of(graph, "s_t").size == 4
    assert places(layout_of(graph, "u").children[0]) == [("x", 0, 32)]
    assert [
        child.name
        for child in layouts.resolve(detach(only(graph, "u")).by_id(only(graph, "u").id))
        .root.children[0]
        .children
    ] == ["x"]
    assert [(t.kind, t.name) for t in listed_of(graph)] == [
        ("int", "int"),
        ("struct", "s"),
        ("typedef", "s_t"),
        ("struct", "u"),
    ]


def test_what_is_only_declared() -> None:
    graph = graph_of(
        d := die("structure_type", name="s", declaration=True), die("typedef", name="t", type=d)
    )
    assert only(graph, "s").kind == model.FORWARD
    assert model.size_of(only(graph, "t")) == -1


@pytest.mark.parametrize("version", [4, 5])
def test_types_in_units_of_their_own(version: int) -> None:
    i = number()
    s = struct("s", 4, member("x", i))
    skeleton = die("structure_type", name="s", declaration=True, signature=("ref_sig8", 77))
    direct = die("typedef", name="t", type=("ref_sig8", 77))
    graph = graph_of(
        Unit(skeleton, direct, die("typedef", name="u", type=skeleton)),
        Unit(i, s, signature=77, of=s),
        version=version,
    )
    for name in ("t", "u"):
        assert places(layout_of(graph, name)) == [("x", 0, 32)]


def test_a_signature_that_no_unit_has() -> None:
    graph = graph_of(die("typedef", name="t", type=("ref_sig8", 78)))
    with pytest.raises(TypeInfoError, match="no type unit has signature 0x000000000000004e"):
        only(graph, "t")


def scoped() -> Unit:
    i = number()
    inner = struct("P", 4, member("x", i))
    other = struct("P", 8, member("y", i, 4))
    return Unit(
        i,
        die("namespace", die("namespace", inner, name="b"), name="a"),
        struct("C", 4, other, member("z", i)),
        die("namespace", die("typedef", name="hidden", type=i)),
        language=dw.DW_LANG_C_plus_plus_14,
    )


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("P", ["a::b::P", "C::P"]),
        ("a::b::P", ["a::b::P"]),
        ("b::P", ["a::b::P"]),
        ("C::P", ["C::P"]),
        ("x::P", []),
        ("hidden", ["hidden"]),
    ],
)
def test_names_in_scopes(name: str, found: list[str]) -> None:
    graph = graph_of(scoped())
    assert [graph.by_id(type_id).name for type_id in graph.ids(name)] == found


def test_a_base_is_a_member_by_its_name() -> None:
    i = number()
    base = struct("Base", 4, member("b", i))
    empty = struct("Empty", 1)
    virtual = struct("Virtual", 4, member("v", i))
    derived = struct(
        "D",
        8,
        die("inheritance", type=base, data_member_location=0),
        die("inheritance", type=empty, data_member_location=0),
        die("inheritance", type=virtual, virtuality=1, data_member_location=b"\x12\x06\x22"),
        member("d", i, 4),
        tag="class_type",
    )
    unit = Unit(i, base, empty, virtual, derived, language=dw.DW_LANG_C_plus_plus_11)
    assert places(layout_of(graph_of(unit), "D")) == [("Base", 0, 32), ("d", 32, 32)]


def test_a_rust_enum_is_a_union_of_its_variants() -> None:
    i = number("u32", 4, dw.DW_ATE_unsigned)
    one, two = struct("A", 8, member("__0", i, 4)), struct("B", 8)
    tag = member(None, i, 0, artificial=True)
    part = die(
        "variant_part",
        tag,
        die("variant", member("A", one, 0), discr_value=0),
        die("variant", member("B", two, 0), discr_value=1),
        discr=tag,
    )
    unit = Unit(i, one, two, struct("E", 8, part), language=dw.DW_LANG_Rust)
    [union] = layout_of(graph_of(unit), "E").children
    assert union.kind == model.UNION
    assert places(union) == [("__discriminant", 0, 32), ("A", 0, 64), ("B", 0, 64)]


def test_rust_members_are_in_the_order_of_memory() -> None:
    i = number("u32", 4, dw.DW_ATE_unsigned)
    unit = Unit(
        i, struct("S", 8, member("late", i, 4), member("early", i, 0)), language=dw.DW_LANG_Rust
    )
    assert places(layout_of(graph_of(unit), "S")) == [("early", 0, 32), ("late", 32, 32)]


# Languages.


def test_languages_choose_units() -> None:
    c = Unit(struct("a", 4), struct("both", 4), language=dw.DW_LANG_C11)
    rust = Unit(struct("b", 4), struct("both", 8), language=dw.DW_LANG_Rust)
    only_c = Languages(language_codes("--lang", "C11"), frozenset())
    no_c = Languages(None, language_codes("--lang-exclude", "c"))
    assert [t.name for t in listed_of(graph_of(c, rust, languages=only_c))] == ["a", "both"]
    assert [t.name for t in listed_of(graph_of(c, rust, languages=no_c))] == ["b", "both"]
    assert model.size_of(only(graph_of(c, rust, languages=no_c), "both")) == 8


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("c11", {dw.DW_LANG_C11}),
        ("C++14", {dw.DW_LANG_C_plus_plus_14}),
        ("C_plus_plus_14", {dw.DW_LANG_C_plus_plus_14}),
        ("DW_LANG_Rust", {dw.DW_LANG_Rust}),
        ("ada83", {dw.DW_LANG_Ada83}),
        ("fortran90", {dw.DW_LANG_Fortran90}),
        ("asm", {0x31, dw.DW_LANG_Mips_Assembler, 0x9001}),
        ("C++98", {dw.DW_LANG_C_plus_plus}),
    ],
)
def test_names_of_languages(name: str, codes: set[int]) -> None:
    assert language_codes("--lang", name) == codes


# Ids.


def test_ids_are_offsets() -> None:
    i = number()
    a = array(i, {"count": 3})
    graph = graph_of(i, a, struct("s", 12, member("x", a)))
    sources = Sources(["made"])
    sources._graphs["made"] = graph
    known = graph.all_ids()
    assert i.position in known
    assert a.position in known
    assert a.position + 1 not in known
    assert 10**9 not in known
    assert find(sources, f"#{a.position}").kind == model.ARRAY
    assert [graph.summary(type_id)[1] for type_id in known] == ["int", "s"]
    assert [graph.size(type_id) for type_id in known] == [4, 12]


def test_what_is_no_type() -> None:
    graph = graph_of(i := number(), sub := die("subprogram", name="f", type=i))
    with pytest.raises(TypeInfoError, match="an entry of tag 0x2e is no type"):
        graph.by_id(sub.position)
    with pytest.raises(TypeInfoError, match="no entry is there"):
        graph.by_id(1)
