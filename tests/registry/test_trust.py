"""Files that must not be in a package, and files that are not what the manifest says."""

import json
import os
import shutil
import socket
import time

import pytest
from registry.forge import edit, make, seal
from registry.refusal import refused

from ganzoo.errors import PackageError, RegistryError
from ganzoo.registry.packages import package as packages
from ganzoo.registry.packages.copying import no_progress
from ganzoo.registry.packages.package import Package, check_names, is_package
from ganzoo.registry.stores.directory import DirectoryStore


@pytest.fixture
def folder(tmp_path):
    return make(tmp_path / "package", extra={"model.onnx": b"onnx" * 50})


@pytest.mark.parametrize(
    "name",
    ["model.pt", "model.pkl", "weights.PTH", "data.pickle", "x.ckpt", "pytorch_model.bin", "m.joblib", "setup.py",
     "x.so", "a.npy", "deep/er/model.pt"],
)  # fmt: skip
def test_files_that_could_run_code(folder, name):
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(b"\x80\x04.")
    refused(folder, f"{name}', which could run code")


def test_a_pickle_named_as_weights_is_no_safetensors(folder):
    (folder / "model.safetensors").write_bytes(b"\x80\x04" + b"cos\nsystem\n(S'touch evil'\ntR." * 5)
    refused(seal(folder), "is not safetensors: its header would be")


@pytest.mark.parametrize(
    "names", [["Model.onnx"], ["README.MD"], ["notes.txt", "Notes.txt"], ["stra\u00dfe", "STRASSE"]]
)
def test_names_that_differ_in_case_alone(folder, names):
    for name in names:
        (folder / name).write_bytes(b"")
    refused(folder, "some systems take for one file")


@pytest.mark.parametrize("name", ["/etc/passwd", "../x", "a/../x", "..", "a\\b", "a\0b", "C:x", "", ".", "./", "//x"])
def test_names_that_lead_out(name):
    with pytest.raises(PackageError, match="leads out of its folder"):
        check_names(["config.json", name])


@pytest.mark.parametrize(
    "name", ["README.md", "model.onnx", "model.safetensors", "config.json", "ganzoo.json", "other"]
)
@pytest.mark.parametrize("target", ["/etc/passwd", "../outside", "nowhere", "config.json", "self"])
def test_links(folder, name, target):
    (folder.parent / "outside").write_bytes(b"secret")
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(name if target == "self" else target)
    refused(folder, f"{name} is a link out of the package")


def test_links_below_and_linked_folders(folder):
    (folder / "sub").mkdir()
    (folder / "sub" / "link").symlink_to("/etc/passwd")
    refused(folder, "sub/link is a link out of the package")
    shutil.rmtree(folder / "sub")
    shutil.rmtree(folder.parent / "zoo")
    (folder.parent / "staging").rmdir()
    (folder / "sub").symlink_to("/etc")
    refused(folder, "sub is a link out of the package")


def test_links_are_followed_only_into_the_cache_that_was_named(folder, tmp_path):
    blobs = tmp_path / "cache" / "blobs"
    snapshot = tmp_path / "cache" / "snapshots" / "1"
    blobs.mkdir(parents=True)
    snapshot.mkdir(parents=True)
    for path in folder.iterdir():
        path.rename(blobs / path.name)
        (snapshot / path.name).symlink_to(f"../../blobs/{path.name}")
    Package.open(snapshot, links_into=tmp_path / "cache").verify()
    with pytest.raises(PackageError, match="is a link out of"):
        Package.open(snapshot)
    for target in ("/etc/hostname", "../../../outside", "config.json.loop"):
        (tmp_path / "outside").write_bytes(b"x")
        (snapshot / "config.json.loop").unlink(missing_ok=True)
        (snapshot / "config.json.loop").symlink_to(target)
        with pytest.raises(PackageError, match=r"config\.json\.loop is (a link out of|neither a file)"):
            Package.open(snapshot, links_into=tmp_path / "cache")


@pytest.mark.parametrize("name", ["README.md", "model.onnx", "ganzoo.json", "other"])
def test_pipes_are_not_waited_for(folder, name):
    (folder / name).unlink(missing_ok=True)
    os.mkfifo(folder / name)
    refused(folder, f"{name} is neither a file nor a folder")


def test_sockets_and_devices(folder, monkeypatch):
    monkeypatch.chdir(folder)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("other")
        with pytest.raises(PackageError, match="other is neither a file nor a folder"):
            Package.open(folder)
    os.unlink("other")
    try:
        os.mknod("zero", 0o666 | 0o020000, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("may not make devices")
    with pytest.raises(PackageError, match="zero is neither a file nor a folder"):
        Package.open(folder)


@pytest.mark.parametrize("name", ["ganzoo.json", "config.json", "model.safetensors", "model.onnx"])
def test_a_folder_in_place_of_a_file_or_nothing(folder, name):
    (folder / name).unlink()
    with pytest.raises(PackageError, match=name):
        Package.open(folder).verify()
    (folder / name).mkdir()
    refused(folder, name)


def test_too_many_files(folder):
    for number in range(packages.MOST_FILES):
        (folder / f"{number}").touch()
    began = time.process_time()
    refused(folder, "holds more than 1,000 files")
    assert time.process_time() - began < 5


def test_what_is_no_package(tmp_path):
    for path in (tmp_path, tmp_path / "nothing", tmp_path / ("x" * 300), tmp_path / "file"):
        (tmp_path / "file").write_bytes(b"")
        assert not is_package(path)
        with pytest.raises(PackageError):
            Package.open(path)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "model.onnx"])
@pytest.mark.parametrize(
    "change", [lambda data: data + b"\n", lambda data: data[:-1], lambda data: b"", lambda data: data[1:]]
)
def test_a_byte_too_many_or_too_few(folder, name, change):
    (folder / name).write_bytes(change((folder / name).read_bytes()))
    refused(folder, rf"{name} has [\d,]+ bytes, and ganzoo.json says")


def test_any_byte_that_differs(folder):
    """Every byte of config and weights, one at a time."""
    for name in ("config.json", "model.safetensors"):
        data = (folder / name).read_bytes()
        for at in range(len(data)):
            (folder / name).write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
            with pytest.raises(PackageError, match=f"{name} does not match its sha256"):
                Package.open(folder).verify()
        (folder / name).write_bytes(data)
    Package.open(folder).verify()


def test_the_manifest_is_believed_on_size_and_digest_only(folder):
    """The other direction: files are right, and one figure of the manifest is off by one."""
    values = json.loads((folder / "ganzoo.json").read_text())
    for name, entry in values["files"].items():
        last = entry["sha256"][-1]
        for change in ({"size": entry["size"] + 1}, {"sha256": entry["sha256"][:-1] + ("0" if last != "0" else "1")}):
            edit(folder, files={**values["files"], name: {**entry, **change}})
            with pytest.raises(PackageError, match=f"{name} (has|does not match)"):
                Package.open(folder).verify()


def test_a_card_or_picture_too_large_stays_behind(folder, tmp_path):
    (folder / "README.md").write_bytes(b"x" * (packages.UNVERIFIED["README.md"] + 1))
    (folder / "samples.png").write_bytes(b"x" * packages.UNVERIFIED["samples.png"])
    (tmp_path / "zoo").mkdir()
    (tmp_path / "got").mkdir()
    store = DirectoryStore(tmp_path / "zoo", "lab/")
    resolved = store.push(Package.open(folder), "m", tag=None, message="", private=False, progress=no_progress)
    store.fetch(resolved, tmp_path / "got", no_progress)
    assert sorted(os.listdir(tmp_path / "got")) == [
        "config.json", "ganzoo.json", "model.onnx", "model.safetensors", "samples.png",
    ]  # fmt: skip


def test_a_file_that_a_person_added_is_not_carried(folder, tmp_path):
    (folder / "training.mp4").write_bytes(b"film")
    (folder / ".cache").mkdir()
    (tmp_path / "zoo").mkdir()
    store = DirectoryStore(tmp_path / "zoo", "lab/")
    resolved = store.push(Package.open(folder), "m", tag=None, message="", private=False, progress=no_progress)
    assert "training.mp4" not in os.listdir(tmp_path / "zoo" / "m" / "revisions" / resolved.revision)


def test_a_broken_package_is_not_pushed(folder, tmp_path):
    opened = Package.open(folder)
    (tmp_path / "zoo").mkdir()
    store = DirectoryStore(tmp_path / "zoo", "lab/")
    for change in (lambda data: data[:-1] + b"~", lambda data: data + b"~"):
        path = folder / "model.onnx"
        before = path.read_bytes()
        path.write_bytes(change(before))
        with pytest.raises(PackageError, match=r"model\.onnx"):
            store.push(opened, "m", tag=None, message="", private=False, progress=no_progress)
        path.write_bytes(before)
    assert os.listdir(tmp_path / "zoo") == [".m.lock"]
    with pytest.raises(RegistryError, match="no model 'm'"):
        store.resolve("m", None)
