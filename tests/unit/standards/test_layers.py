from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.standards.errors import StandardError
from callcenter.standards.layers import chain, standard_names


def written(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        (folder / f"{name}.toml").write_text(text, "utf-8")


def test_five_ship() -> None:
    assert standard_names() == ["gaowei", "handbook", "service-centre", "sunac", "vanke"]


def test_the_deepest_comes_first(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    written(tmp_path / "deep", a='extends = "b.toml"', b='extends = "../c.toml"')
    written(tmp_path, c='extends = "vanke"')
    layers = chain(str(tmp_path / "deep" / "a.toml"))
    assert [Path(layer.where).name for layer in layers] == [
        "handbook.toml", "vanke.toml", "c.toml", "b.toml", "a.toml",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({"a": 'extends = "a.toml"'}, "extends: goes in a circle: .*a.toml -> .*a.toml"),
        ({"a": 'extends = "b.toml"', "b": 'extends = "./../x/a.toml"'}, "circle: .*a.* -> .*b.* -> .*a"),
        ({"a": 'extends = "vnake"'}, "a.toml: extends: there is no standard 'vnake'.*did you mean 'vanke'"),
        ({"a": 'extends = "b.toml"'}, "a.toml: extends: .*b.toml: file: cannot be read: No such file"),
        ({"a": "extends = 3"}, "a.toml: extends: must be the name of a standard"),
        ({"a": "extends = "}, "a.toml: file: is not valid TOML: "),
    ],
)  # fmt: skip
def test_what_cannot_be_extended(tmp_path: Path, texts: dict[str, str], message: str) -> None:
    folder = tmp_path / "x"
    folder.mkdir()
    written(folder, **texts)
    with pytest.raises(StandardError, match=message):
        chain(str(folder / "a.toml"))


def test_a_file_in_another_encoding(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes('title = "标准"'.encode("gb18030"))
    with pytest.raises(StandardError, match="is not UTF-8 text: save it as UTF-8"):
        chain(str(tmp_path / "a.toml"))
