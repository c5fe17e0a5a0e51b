import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from lockage.config.document import Document, dotted, parse


def problems(document: Document) -> list[tuple[int, str]]:
    return [(mistake.line, mistake.problem) for mistake in document.mistakes]


def test_data_and_lines() -> None:
    document = parse(b"a:\n  b: [1, x]\n  c:\n  - d: true\n  - ~\n")
    assert document.data == {"a": {"b": [1, "x"], "c": [{"d": True}, None]}}
    assert [document.line(path) for path in (("a",), ("a", "c", 0, "d"), ("a", "c", 1), ("a", "nothing"))] == [
        1,
        4,
        5,
        1,
    ]


CLEAR: dict[str, object] = {
    "1": 1,
    "-3": -3,
    "1.5": 1.5,
    "2e3": 2000.0,
    "true": True,
    "false": False,
    "null": None,
    "": None,
    "'1'": "1",
    '"true"': "true",
    "1.2.3": "1.2.3",
    "a b": "a b",
    "sha256:00": "sha256:00",
}

UNCLEAR = (
    *("yes", "No", "on", "OFF", "y", "True", "FALSE", "Null"),
    *("010", "0x1F", "0o17", "1_000", "12:30", ".5", "5.", ".inf"),
    *("2026-01-31", "2026-01-31 10:00:00"),
)


@pytest.mark.parametrize(("text", "value"), CLEAR.items())
def test_bare_words_mean_what_yaml_1_2_says(text: str, value: object) -> None:
    document = parse(f"key: {text}".encode())
    assert not document.mistakes
    assert document.data == {"key": value}
    assert type(document.data["key"]) is type(value)


@pytest.mark.parametrize("text", UNCLEAR)
def test_bare_words_that_readers_dispute_are_mistakes(text: str) -> None:
    (problem,) = problems(parse(f"\nkey: {text}".encode()))
    assert problem == (2, f"a bare {text} means different things to different readers; write it in quotes")
    assert not parse(f"key: '{text}'".encode()).mistakes


@pytest.mark.parametrize(
    ("content", "line", "part"),
    [
        (b"", 0, "the file is empty"),
        (b"# only a comment\n", 0, "the file is empty"),
        (b"a: 1\nb: \xff\n", 2, "not UTF-8 text: byte 0xff"),
        (b"a: 1\nb: 2\na: 3\n", 3, "the key 'a' is here twice; first in line 1"),
        (b"a: [1\nb: 2\n", 2, "not YAML: did not find expected"),
        (b"a: 1\n b: 2\n", 2, "not YAML: mapping values are not allowed"),
        (b"a: 1\nb: 'x\n\n", 2, "not YAML: found unexpected end of stream"),
        (b"a: \x07\n", 1, "not YAML: control characters are not allowed"),
        (b"a: *x\n", 1, "*x has no &x that is complete before it"),
        (b"a: &x\n  b: *x\n", 2, "*x has no &x that is complete before it"),
        (b"a: 1\n---\nb: 2\n", 2, "a second YAML document"),
        (b"a: !env HOME\n", 1, "a YAML tag, '!env'"),
        (b"a: !!python/object/apply:os.system [id]\n", 1, "a YAML tag, 'tag:yaml.org,2002:python/object"),
        (b"? [a]\n: b\n", 1, "a key must be text"),
        (b"x: &a k\n*a : v\n", 2, "a key must be written out"),
        (b"a:\n  <<: 3\n", 2, "<< merges mappings only"),
    ],
)
def test_mistakes_of_the_text(content: bytes, line: int, part: str) -> None:
    assert any(at == line and part in problem for at, problem in problems(parse(content))), problems(parse(content))


def test_every_tab_is_named() -> None:
    found = problems(parse(b"a:\n\tb: 1\n  \tc: 2\n"))
    assert found == [(line, "a tab in the indentation; YAML allows only spaces there") for line in (2, 3)]


def test_anchors_aliases_and_merges() -> None:
    document = parse(
        b"base: &b {p: 1, q: 2}\nname: &n text\nuse: {<<: *b, q: 3}\nlist: [*b, *n]\nmany: {<<: [*b, {r: 4, q: 9}]}\n"
    )
    assert not document.mistakes
    assert document.data["use"] == {"p": 1, "q": 3}
    assert document.data["list"] == [{"p": 1, "q": 2}, "text"]
    assert document.data["many"] == {"p": 1, "q": 2, "r": 4}


def test_depth_is_limited() -> None:
    assert not parse(b"- " * 40 + b"x").mistakes
    assert problems(parse(b"\n" + b"[" * 100_000)) == [(2, "nested more than 50 levels deep")]


def test_a_byte_order_mark_is_no_content() -> None:
    assert parse(b"\xef\xbb\xbfa: 1").data == {"a": 1}


def test_paths_as_people_write_them() -> None:
    assert dotted(("functions", "scorer", "grants", 0, "to")) == "functions.scorer.grants[0].to"
    assert dotted(()) == ""


@given(st.binary(max_size=200) | st.text(alphabet="a-b: \n\t[]{}&*!|>'\"#%~<?,.0", max_size=80).map(str.encode))
def test_no_bytes_give_a_traceback(content: bytes) -> None:
    document = parse(content)
    assert document.mistakes or document.data is None or isinstance(document.data, str | int | float | list | dict)


data = st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12)


@given(data)
def test_quoted_text_is_read_back(value: object) -> None:
    text = yaml.safe_dump({"value": value}, allow_unicode=True, default_style='"')
    assert parse(text.encode()).data == {"value": value}
