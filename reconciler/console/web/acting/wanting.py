"""A form's fields become a Wish: one reader for each kind.

Before: actions. After: changes, which proposes or carries out. Pure; whether a wish can be fulfilled is said there.
"""

from collections.abc import Callable, Mapping
from itertools import count

from reconciler.changes.wishes import (
    Delete,
    GoOn,
    NextGroup,
    Pause,
    Promote,
    Resize,
    Restart,
    Resume,
    Suspend,
    Traffic,
    Undo,
    Wish,
    Write,
)
from reconciler.console.web.acting.fields import Fields, FormError

_NO_NAME = "say which cluster is meant"


def wish_of(form: Mapping[str, str]) -> Wish:
    """What the form wishes. Raises FormError with a sentence for each field that is wrong."""
    kind = form.get("kind", "")
    reader = _READERS.get(kind)
    if reader is None:
        raise FormError({"kind": f"“{kind}” is nothing that this console can change"})
    fields = Fields(form)
    wish = reader(fields)
    fields.check()
    return wish


def cluster_of(form: Mapping[str, str]) -> str:
    """Whose page to go back to: a form's cluster, or that of its file; empty where it names none."""
    return form.get("name", "").strip() or form.get("file", "").strip().rsplit(".", 1)[0]


def _resize(fields: Fields) -> Wish:
    name = fields.needed("name", _NO_NAME)
    fields.needed("size", "say how many instances there should be")
    step = {"-1": -1, "1": 1}.get(fields.text("step"), 0)
    return Resize(name=name, size=max(0, (fields.whole("size") or 0) + step))


def _next_group(fields: Fields) -> Wish:
    image = fields.needed("image", "say which image the next group is made from")
    return NextGroup(
        name=fields.needed("name", _NO_NAME),
        image="" if image == fields.text("image-had") else image,
        environment=_environment(fields),
        strategy=_unless_same(fields, "strategy"),
    )


def _unless_same(fields: Fields, name: str) -> str:
    typed = fields.text(name)
    return "" if typed == fields.text(f"{name}-had") else typed


def _environment(fields: Fields) -> dict[str, str | None]:
    """What the rows change: `env-was-N` and `env-had-N` are name and value as the file has them, None removes one."""
    wanted: dict[str, str | None] = {}
    for row in rows_of(fields.form):
        name, was = fields.text(f"env-name-{row}"), fields.text(f"env-was-{row}")
        value = fields.form.get(f"env-value-{row}", "")
        if was and was != name:
            wanted.setdefault(was, None)
        if not name:
            if value and not was:
                fields.errors[f"env-name-{row}"] = "this value has no name"
        elif wanted.get(name) is not None:
            fields.errors[f"env-name-{row}"] = f"{name} is there twice"
        elif name != was or value != fields.form.get(f"env-had-{row}", ""):
            wanted[name] = value
    return wanted


def rows_of(form: Mapping[str, str]) -> list[int]:
    """The numbers of a form's rows of variables."""
    rows: list[int] = []
    for row in count():
        if f"env-name-{row}" not in form:
            return rows
        rows.append(row)
    return rows


def _traffic(fields: Fields) -> Wish:
    turned = fields.text("on")
    if turned not in ("yes", "no"):
        fields.errors["on"] = "say whether traffic should be on or off"
    return Traffic(name=fields.needed("name", _NO_NAME), on=turned == "yes")


def _write(fields: Fields) -> Wish:
    file = fields.needed("file", "name the file, as in webapp.yaml")
    return Write(file=file, text=plain_text(fields.form.get("text", "")))


def plain_text(typed: str) -> str:
    """A text area's text with a file's line ends: browsers send each line with CRLF."""
    return typed.replace("\r\n", "\n")


def _delete(fields: Fields) -> Wish:
    return Delete(names=(fields.needed("name", _NO_NAME),))


def _undo(fields: Fields) -> Wish:
    return Undo(name=fields.needed("name", _NO_NAME), to=fields.text("to"))


def _plain(kind: type[Suspend | Resume | Restart | Pause | GoOn | Promote]) -> Callable[[Fields], Wish]:
    return lambda fields: kind(name=fields.needed("name", _NO_NAME))


_READERS: Mapping[str, Callable[[Fields], Wish]] = {
    Resize.kind: _resize,
    NextGroup.kind: _next_group,
    Traffic.kind: _traffic,
    Write.kind: _write,
    Delete.kind: _delete,
    Undo.kind: _undo,
    **{kind.kind: _plain(kind) for kind in (Suspend, Resume, Restart, Pause, GoOn, Promote)},
}
