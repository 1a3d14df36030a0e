"""Bytes and YAML that are no spec: one line says where, what, and what to do."""

import pytest

from tests.unit.spec.refusals import OK, ONE, assert_refused, lines_of

DELETE = "delete the file to remove the cluster"

WHOLE_FILE = {
    "an empty file": (b"", f"1:1: the file is empty; {DELETE}"),
    "white space": (b" \n\t\n\r\n", f"1:1: the file is empty; {DELETE}"),
    "a byte order mark alone": (b"\xef\xbb\xbf", f"1:1: the file is empty; {DELETE}"),
    "comments only": (b"# a\n\n  # b\n", f"1:1: the file holds only comments; {DELETE}"),
    "a document marker alone": (b"---\n# nothing\n", f"1:1: the file holds only comments; {DELETE}"),
    "two megabytes": (
        b"#" * 2_000_000,
        "1:1: 2000000 bytes; the limit is 64 KiB; a spec describes one cluster: split it",
    ),
    "one byte above the limit": (
        OK.encode() + b"#" * (65537 - len(OK)),
        "1:1: 65537 bytes; the limit is 64 KiB; a spec describes one cluster: split it",
    ),
    "a NUL": (
        b"image: a\x00b\nsize: 1\n",
        "1:9: a NUL byte at byte offset 8; remove it; is this a text file?",
    ),
    "a NUL behind wide characters": (
        "image: ä€\0\n".encode(),
        "1:10: a NUL byte at byte offset 12; remove it; is this a text file?",
    ),
    "Latin-1": (
        b"image: a\n# \xe4\nsize: 1\n",
        "2:3: not UTF-8: byte 0xe4 at byte offset 11; save the file as UTF-8",
    ),
    "a character cut in two": (
        b"image: a\nsize: 1 # \xe2\x82",
        "2:11: not UTF-8: byte 0xe2 at byte offset 19; save the file as UTF-8",
    ),
    "UTF-16": (OK.encode("utf-16"), "1:1: this is UTF-16; save the file as UTF-8"),
    "a control character": (
        b"image: a\x07\nsize: 1\n",
        "1:9: a control character (U+0007); remove it; is this a text file?",
    ),
}

YAML = {
    "a lone carriage return": (
        "image: a\rsize: 1\n",
        "1:9: a line end that isn't one everywhere (U+000D); end lines with LF",
    ),
    "a line separator in a comment": (
        "image: a # x\u2028size: 1\n",
        "1:13: a line end that isn't one everywhere (U+2028); end lines with LF",
    ),
    "a tab as a space": ("image:\ta\nsize: 1\n", "1:7: a tab where YAML wants spaces; use spaces"),
    "a tab as indentation": ("image: a\nstop:\n\tgrace: 1s\n", "3:1: a tab in the indentation; use spaces"),
    "a tab behind spaces": ("image: a\nstop:\n  \tgrace: 1s\n", "3:3: a tab in the indentation; use spaces"),
    "a truncated list": (
        "image: a\nzones: [a,",
        "2:8: incomplete: the list that begins here is never closed; close it with `]`",
    ),
    "a truncated mapping": (
        "image: a\nstop: {grace: 1s",
        "2:7: incomplete: the mapping that begins here is never closed; close it with `}`",
    ),
    "a truncated list in a mapping": (
        "{image: a, zones: [a",
        "1:19: incomplete: the list that begins here is never closed; close it with `]`",
    ),
    "an open quote": (
        'image: "a\nsize: 1\n',
        "1:8: incomplete: the quoted text that begins here is never closed; close the quote",
    ),
    "a bracket of the other kind": (
        "zones: [a}\n",
        "1:10: a comma or a closing bracket is missing here; separate the items with `, `",
    ),
    "a bare key": (
        "image: a\nsize\nzones: [a]\n",
        "2:1: a key without `:`; write `key: value`",
    ),
    "a colon inside a value": (
        "image: a: b\n",
        "1:9: a `:` that makes no sense here; check the indentation, or quote a value that holds `: `",
    ),
    "uneven indentation": (
        "image: a\nstop:\n   grace: 1s\n  drain: 1s\n",
        "4:3: this line does not fit the lines above it; give keys of one mapping the same indentation",
    ),
    "a reserved character": ("image: @a\n", "1:8: a value can't begin with `@`; quote the value"),
    "a backquote": ("image: `a`\n", "1:8: a value can't begin with ```; quote the value"),
    "an unknown escape": (
        'image: "a\\q"\n',
        "1:11: an escape that \"…\" does not know; use '…' quotes, or write \\\\ for a backslash",
    ),
    "a character beyond Unicode": (
        'image: "\\U00110000"\n',
        "1:1: this can't be read as YAML; look for unusual escapes in quoted text",
    ),
    "half a character": (
        f'{ONE}command: ["\\ud800"]\n',
        "3:11: command[0]: an escape makes a character that text can't hold; remove it",
    ),
    "an escaped NUL": (
        f'{ONE}environment: {{A: "\\0"}}\n',
        "3:18: environment.A: an escape makes a character that text can't hold; remove it",
    ),
    "a duplicate key": (
        "size: 1\nimage: a\nsize: 3\n",
        "3:1: size: given twice, in line 1 and in line 3; keep one of them",
    ),
    "a duplicate key, quoted": (
        'image: a\nsize: 1\n"size": 3\n',
        "3:1: size: given twice, in line 2 and in line 3; keep one of them",
    ),
    "a nested duplicate key": (
        f"{ONE}stop:\n  grace: 1s\n  grace: 2s\n",
        "5:3: stop.grace: given twice, in line 4 and in line 5; keep one of them",
    ),
    "an anchor": (
        f"{ONE}zones: &z [a]\n",
        "3:8: zones: the anchor `&z` is forbidden; remove it; write repeated values out",
    ),
    "an alias": (
        f"{ONE}zones: *z\n",
        "3:8: zones: the alias `*z` is forbidden; write the value out",
    ),
    "a merge key": (
        f"{ONE}stop:\n  <<: {{grace: 1s}}\n",
        "4:3: stop: the merge key `<<` is forbidden; write the keys out",
    ),
    "a Python object": (
        f"{ONE}command: !!python/object/apply:os.system [id]\n",
        ("3:10: command: the tag `!!python/object/apply:os.system` is forbidden; remove it; values are plain YAML"),
    ),
    "a local tag": (
        "image: !env IMAGE\nsize: 1\n",
        "1:8: image: the tag `!env` is forbidden; remove it; values are plain YAML",
    ),
    "even a harmless tag": (
        "image: a\nsize: !!int 3\n",
        "2:7: size: the tag `!!int` is forbidden; remove it; values are plain YAML",
    ),
    "two documents": (
        f"{ONE}---\n{ONE}",
        "3:1: a second document begins here; one file, one cluster: make it a file of its own",
    ),
    "a document behind the end": (
        f"{ONE}...\n{ONE}",
        "4:1: a second document begins here; one file, one cluster: make it a file of its own",
    ),
    "YAML 1.1": (
        f"%YAML 1.1\n---\n{ONE}",
        "1:1: YAML directives are not used here; remove this line; specs are YAML 1.2",
    ),
    "a tag directive": (
        f"# c\n%TAG ! tag:a,2000:\n---\n{ONE}",
        "2:1: YAML directives are not used here; remove this line; specs are YAML 1.2",
    ),
    "a list as a key": (f"{ONE}[a]: b\n", "3:1: a key must be a word; write `key: value`"),
    "nothing as a key": (f"{ONE}: b\n", "3:1: a key must be a word; write `key: value`"),
    "deep nesting": (
        f"{ONE}command: " + "[" * 100 + "]" * 100,
        "3:26: nested more than 16 levels deep; no spec needs that; see `reconciler schema`",
    ),
    "a list at the root": (
        "- image: a\n",
        ("1:1: a mapping is expected, not a list; write `key: value` lines, beginning with `image:` and `size:`"),
    ),
    "a word at the root": (
        "hello\n",
        (
            "1:1: a mapping is expected, not a single value; "
            "write `key: value` lines, beginning with `image:` and `size:`"
        ),
    ),
}


@pytest.mark.parametrize(("data", "line"), WHOLE_FILE.values(), ids=WHOLE_FILE)
def test_bytes_that_are_no_spec_are_refused(data: bytes, line: str) -> None:
    assert lines_of(data) == [f"specs/webapp.yaml:{line}"]


@pytest.mark.parametrize(("text", "line"), YAML.values(), ids=YAML)
def test_a_mistake_is_named_with_its_place_and_its_fix(text: str, line: str) -> None:
    assert_refused(text, line)
