"""What an image brings from the machine that makes it."""

from pathlib import Path

from reconciler.setup.base_image import build_context, is_right
from reconciler.setup.carried import (
    Carried,
    Source,
    deb822_sources,
    debian_codename,
    debian_sources,
    one_line_sources,
    settings_from,
)

MIRROR = "http://mirror.example.org/debian"
DEB822 = f"""# a comment
Types: deb deb-src
URIs: {MIRROR}
Suites: trixie trixie-updates
Components: main
 contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://vendor.example.org
Suites: trixie
Components: main
Signed-By: /etc/apt/keyrings/vendor.gpg
"""


def _source(uri: str = MIRROR, suite: str = "bookworm") -> Source:
    return Source(uri=uri, suite=suite, components=("main",))


def test_debians_suites_are_kept_under_the_images_codename() -> None:
    kept = debian_sources(deb822_sources(DEB822), codename="trixie")
    assert kept == (_source(), _source(suite="bookworm-updates"))


def test_one_line_sources_are_read_with_their_options() -> None:
    found = one_line_sources(
        f"# deb {MIRROR} x main\ndeb [arch=amd64 signed-by=/k.gpg] {MIRROR} bookworm main contrib\n"
    )
    assert found == [Source(uri=MIRROR, suite="bookworm", components=("main", "contrib"), signed_by="/k.gpg")]


def test_a_mirror_with_a_password_is_left_out() -> None:
    secret = _source("http://me:secret@mirror.example.org/debian")
    assert debian_sources([secret], codename="bookworm") == ()


def test_another_distributions_mirrors_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "os-release").write_text('ID=ubuntu\nVERSION_CODENAME="noble"\n')
    assert debian_codename(tmp_path / "os-release") == ""
    assert debian_sources([_source(suite="noble")], codename="") == ()


def test_a_proxy_with_a_password_is_left_out() -> None:
    dump = 'Acquire::http::Proxy "http://me:secret@proxy:3128";\nAcquire::https::Proxy "http://proxy:3128";\n'
    assert settings_from(dump) == {"Acquire::https::Proxy": "http://proxy:3128"}


def test_the_digest_changes_with_a_certificate() -> None:
    assert Carried(certificates={"a.crt": b"1"}).digest != Carried(certificates={"a.crt": b"2"}).digest


def test_an_image_is_right_only_with_what_is_carried_now() -> None:
    carried = Carried(certificates={"a.crt": b"1"})
    assert is_right({"io.reconciler.base": carried.digest}, carried)
    assert not is_right({"io.reconciler.base": "old"}, carried)
    assert not is_right(None, carried)


def test_any_image_is_right_where_nothing_is_carried() -> None:
    assert is_right({}, Carried())


def test_certificates_are_copied_before_ca_certificates_is_installed() -> None:
    text = build_context(Carried(certificates={"a.crt": b"1"}), "debian:x").getvalue().decode()
    assert text.index("COPY files/ /") < text.index("install --yes --no-install-recommends ca-certificates")
