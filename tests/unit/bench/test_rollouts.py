"""What the figures of rollouts are made with: the picture of a size that follows the load."""

from xml.etree import ElementTree as ET

from reconciler.spec.parse import parse_cluster
from reconciler.spec.policy import Policy
from tests.bench.rollouts.plot import Line, Mark, Panel, picture
from tests.bench.rollouts.site import another
from tests.support.loop_process import ROOT

SVG = "{http://www.w3.org/2000/svg}"


def test_the_picture_has_a_panel_for_each_measure_with_its_curves_in_proportion() -> None:
    steps = Line(name="wanted", colour="#000000", points=((0.0, 2.0), (5.0, 4.0), (10.0, 4.0)), steps=True)
    curve = Line(name="<mean>", colour="#111111", points=((0.0, 0.0), (10.0, 20.0)))
    panels = [Panel(title="instances", lines=(steps,)), Panel(title="requests", lines=(curve,))]
    drawn = ET.fromstring(picture(panels, [Mark(at=5.0, text="doubled")], title="a & b"))
    first, second = (line.attrib["points"].split() for line in drawn.iter(f"{SVG}polyline"))
    assert len(first) == 5  # a step is two corners
    assert len(second) == 2
    assert float(first[2].split(",")[1]) < float(first[1].split(",")[1])  # more is higher up
    assert [text.text for text in drawn.iter(f"{SVG}text") if text.text in ("6", "3", "0", "40", "20")] == [
        "0", "3", "6", "0", "20", "40",
    ]  # fmt: skip
    assert {"a & b", "doubled", "<mean>", "10 s"} <= {text.text for text in drawn.iter(f"{SVG}text")}


def test_a_push_of_the_web_tier_is_another_version_and_nothing_else() -> None:
    text = (ROOT / "examples" / "acmeair" / "web.yaml").read_text(encoding="utf-8")

    def read(text: str) -> str:
        return parse_cluster(text.encode(), file="web.yaml", policy=Policy()).spec_hash()

    pushed = [another(text, strategy, number) for strategy in ("rolling", "red-black") for number in (1, 2)]
    assert len({read(text), *map(read, pushed)}) == 5
