"""Of files that contradict each other, those in force stay, and whoever is refused is refused for a reason."""

from random import Random

from reconciler.spec.agreement import refusals
from reconciler.spec.parse import Parsed, parse
from reconciler.spec.policy import Policy
from reconciler.spec.world import clashes


def specs(**texts: str) -> dict[str, Parsed]:
    return {
        name: parse(f"image: a\nsize: 1\n{text}\n".encode(), file=f"{name}.yaml", policy=Policy())
        for name, text in texts.items()
    }


def refused(standing: dict[str, Parsed], fresh: dict[str, Parsed]) -> dict[str, list[str]]:
    return {name: [str(problem) for problem in found] for name, found in refusals(standing, fresh).items()}


def test_a_newcomer_that_takes_a_running_clusters_name_is_refused_though_its_file_sorts_first() -> None:
    assert refused(specs(web=""), specs(aweb="dns: web")) == {
        "aweb": [
            "aweb.yaml:3:6: dns: the DNS label `web` is also taken by web.yaml:1:1; give one of them another `dns`"
        ]
    }


def test_a_newcomer_that_takes_a_host_port_in_use_is_refused_though_its_file_sorts_first() -> None:
    ports = "ports: ['29000:80']"
    assert refused(specs(pp=ports), specs(ap=ports)) == {
        "ap": ["ap.yaml:3:9: ports[0]: host port 29000 is also taken by pp.yaml:3:9; choose another host port"]
    }


def test_the_edit_that_closes_a_circle_is_refused_not_the_untouched_file() -> None:
    standing = specs(pp="", qq="depends_on: [pp]")
    assert refused(standing, specs(pp="depends_on: [qq]")) == {
        "pp": [
            (
                "pp.yaml:3:14: depends_on[0]: a dependency cycle: qq → pp → qq "
                "(at qq.yaml:3:14, pp.yaml:3:14); remove one of these dependencies"
            )
        ]
    }


def test_a_circle_of_three_is_laid_to_each_one_that_closes_it() -> None:
    texts = {"a": "depends_on: [b]", "b": "depends_on: [c]", "c": "depends_on: [a]"}
    for name, text in texts.items():
        found = refused(specs(**{**texts, name: ""}), specs(**{name: text}))
        assert [*found] == [name]
        assert all(f"{other}.yaml:3:14" in found[name][0] for other in texts)


def test_of_two_fresh_ones_the_later_in_the_alphabet_is_refused() -> None:
    assert [*refused({}, specs(b="dns: x", a="dns: x"))] == ["b"]
    assert [*refused({}, specs(a="depends_on: [b]", b="depends_on: [a]"))] == ["b"]


def test_of_two_fresh_ones_that_which_says_what_stands_already_stays() -> None:
    assert [*refused(specs(b="dns: x"), specs(b="dns: x", a="dns: x"))] == ["a"]


def test_two_that_swap_their_ports_at_once_both_come_in() -> None:
    one, two = "ports: ['81:80']", "ports: ['82:80']"
    assert refused(specs(a=one, b=two), specs(a=two, b=one)) == {}
    assert [*refused(specs(a=one, b=two), specs(a=two))] == ["a"]


def test_who_contradicts_only_a_refused_one_comes_in() -> None:
    assert [*refused({}, specs(a="ports: ['81:80']", b="ports: ['81:80', '82:80']", c="ports: ['82:80']"))] == ["b"]


def test_a_chain_falls_back_together_when_its_end_does_not_give_way() -> None:
    """c keeps 83, so b can't have it and keeps 82, so a can't have that."""
    ports = [f"ports: ['{number}:80']" for number in (81, 82, 83)]
    standing = specs(a=ports[0], b=ports[1], c=ports[2])
    found = refused(standing, specs(a=ports[1], b=ports[2]))
    assert sorted(found) == ["a", "b"]
    assert "b.yaml" in found["a"][0]
    assert "c.yaml" in found["b"][0]
    assert refused(specs(a=ports[0], b=ports[1]), specs(a=ports[1], b=ports[2])) == {}


def test_a_refusal_ends_with_its_cause() -> None:
    """y can't have 90 and keeps 81, so b can't come in with 81 and 82; then nothing stands against d's 82."""
    standing = specs(u="ports: ['90:80']", y="ports: ['81:80']")
    fresh = specs(y="ports: ['90:80']", b="ports: ['81:80', '82:80']", d="ports: ['82:80']")
    assert sorted(refused(standing, fresh)) == ["b", "y"]


def test_many_that_want_the_same_are_refused_at_once() -> None:
    assert len(refused({}, specs(**{f"c{n}": "ports: ['81:80']" for n in range(60)}))) == 59


def test_what_stands_and_is_at_odds_already_stays_and_is_told() -> None:
    both = specs(a="dns: x", b="dns: x")
    assert [*refused(both, both)] == ["b"]
    assert refused(both, specs(c="")) == {}


def drawn(random: Random, number: int) -> Parsed:
    name = f"c{number}"
    needs = ", ".join(f"c{other}" for other in range(7) if other != number and random.random() < 0.2)
    port, label = random.randint(80, 87), random.choice("abcdefghij")
    return specs(**{name: f"ports: ['{port}:80']\ndns: {label}\ndepends_on: [{needs}]"})[name]


def at_odds(those: dict[str, Parsed]) -> bool:
    return bool(clashes({parsed.file: parsed for parsed in those.values()}))


def test_whatever_is_saved_what_comes_in_agrees_and_nobody_is_refused_for_nothing() -> None:
    random = Random(9)
    for _ in range(75):
        standing: dict[str, Parsed] = {}
        for number in range(7):
            more = {**standing, f"c{number}": drawn(random, number)}
            standing = standing if at_odds(more) else more
        fresh = {f"c{number}": drawn(random, number) for number in range(7) if random.random() < 0.5}
        found = refusals(standing, fresh)
        end = {**standing, **{name: new for name, new in fresh.items() if name not in found}}
        assert not at_odds(end)
        assert all(at_odds({**end, name: fresh[name]}) for name in found)
        assert all(problem.file == f"{name}.yaml" for name, problems in found.items() for problem in problems)
