"""What folders, label files and names mean, in a folder and in a zip alike; and that it is told."""

from __future__ import annotations

import json
import os
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image

from ganzoo.data import DataOptions, inspect, load
from ganzoo.errors import ConfigError, DataError

RUN = json.dumps({"variant": "dcgan", "options": {}, "spec": {}})


@pytest.fixture(params=["folder", "zip"])
def put(request, tmp_path, paint):
    """Write files (text, or None for an image) and load them: as a folder, or as a zip of it."""

    def write(files, **options):
        path = tmp_path / "set"
        for number, (name, content) in enumerate(files.items()):
            if content is None:
                paint(path / name, seed=number)
            else:
                (path / name).parent.mkdir(parents=True, exist_ok=True)
                (path / name).write_text(content)
        if request.param == "zip":
            with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
                for file in path.rglob("*"):
                    if file.is_file():
                        archive.write(file, file.relative_to(path).as_posix())
            path = tmp_path / "set.zip"
        return load(DataOptions(data=str(path), **options))

    return write


def pictures(*names):
    return dict.fromkeys(names)


def noted(dataset, kind):
    return [note.text for note in dataset.spec.notes if note.kind == kind]


@pytest.mark.parametrize("where", ["runs/dcgan-1/", "mine/", "ant/deep/run/"])
def test_runs_are_not_data(put, where):
    grid = f"{where}samples/0000.png"
    dataset = put({**pictures("ant/a.png", "bee/b.png", grid), f"{where}config.json": RUN})
    assert (dataset.spec.count, dataset.spec.class_names) == (2, ("ant", "bee"))
    (text,) = noted(dataset, "runs")
    assert where.rstrip("/") in text


def test_what_lies_beside_runs_in_their_folder_is_not_data(put):
    dataset = put({**pictures("a.png", "runs/table.png", "runs/x/y/curves.png"), "runs/x/y/config.json": RUN})
    assert dataset.spec.count == 1


def test_sweeps_are_not_data(put):
    files = {"sweep/table.json": "[]", "sweep/run-1/config.json": RUN, "ant/table.json": "[]"}
    assert put({**pictures("ant/a.png", "bee/b.png", "sweep/curves.png"), **files}).spec.class_names == ("ant", "bee")


@pytest.mark.parametrize("config", ['{"architectures": ["x"]}', "[1]", "{", ""])
def test_another_config_is_no_run(put, config):
    assert put({**pictures("ant/a.png", "bee/b.png"), "ant/config.json": config}).spec.count == 2


def test_a_run_whose_config_is_damaged(put):
    parts = {"r/config.json": "{", "r/metrics.jsonl": "", "r/checkpoints/1/state.json": "{}"}
    assert put({**pictures("a.png", "r/grid.png"), **parts}).spec.count == 1


def test_a_run_itself(put):
    with pytest.raises(DataError, match="is a run of ganzoo and not data"):
        put({**pictures("samples/0.png"), "config.json": RUN})


def test_a_run_made_after_the_set_was_decoded_changes_nothing(folder, paint):
    paint(folder / "a.png")
    first = load(DataOptions(data=str(folder)))
    paint(folder / "runs" / "r" / "curves.png")
    (folder / "runs" / "r" / "config.json").write_text(RUN)
    second = load(DataOptions(data=str(folder)))
    assert second.spec == first.spec
    assert noted(second, "runs")


NAMES = ("00000/img00000000.png", "00000/img00000001.png", "00001/img00000002.png")


def stylegan(labels):
    return {**pictures(*NAMES), "dataset.json": json.dumps({"labels": labels})}


def test_stylegan_labels(put):
    dataset = put(stylegan([[name, label] for name, label in zip(NAMES, (2, 0, 2), strict=True)]))
    assert dataset.spec.class_names == ("0", "2")
    assert dataset.labels.tolist() == [1, 0, 1]
    assert "dataset.json: 2 classes" in noted(dataset, "labels")[-1]


def test_stylegan_one_hot_labels(put):
    dataset = put(stylegan([[name, hot] for name, hot in zip(NAMES, ([0, 1], [1, 0], [0, 1]), strict=True)]))
    assert dataset.labels.tolist() == [1, 0, 1]


@pytest.mark.parametrize("labels", [None, [[name, [0.5, 0.5]] for name in NAMES]])
def test_numbering_folders_of_stylegan_are_no_classes(put, labels):
    dataset = put(stylegan(labels))
    assert dataset.labels is None
    assert "part an archive and are not classes" in noted(dataset, "labels")[-1]


def test_numbering_folders_of_ffhq_are_no_classes(put):
    dataset = put(pictures("00000/00000.png", "00000/00999.png", "01000/01000.png"))
    assert dataset.labels is None


def test_four_digits_may_be_classes(put):
    classes = put(pictures("0001/1.png", "0001/2.png", "0002/1.png"))
    assert classes.spec.class_names == ("0001", "0002")


def test_an_image_without_a_label(put):
    dataset = put(stylegan([[NAMES[0], 1]]))
    assert dataset.labels is None
    assert "2 of 3 images have no label in dataset.json" in noted(dataset, "labels")[-1]


@pytest.mark.parametrize("content", ["{", '{"labels": 3}', '{"labels": [["a", {}]]}', '{"labels": [[1]]}'])
def test_labels_that_cannot_be_read(put, content):
    with pytest.raises(DataError, match=r"dataset\.json cannot be read as labels"):
        put({**pictures("a.png"), "dataset.json": content})


def table(rows, delimiter=","):
    return "\n".join(delimiter.join(row) for row in rows) + "\n"


@pytest.mark.parametrize("name", ["metadata.csv", "labels.csv"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv(put, name, delimiter):
    rows = [("File Name", "breed", "Label"), ("b.png", "x", "cat"), ("a.png", "y", "dog"), ("sub\\c.png", "z", "cat")]
    dataset = put({**pictures("a.png", "b.png", "sub/c.png"), name: table(rows, delimiter)})
    assert dataset.spec.class_names == ("cat", "dog")
    assert dataset.labels.tolist() == [1, 0, 0]
    assert f"{name} (column Label)" in noted(dataset, "labels")[-1]
    assert not noted(dataset, "ignored")


def test_numbers_in_a_csv_are_ordered_as_numbers(put):
    rows = [("file_name", "label"), *((f"{number}.png", str(number)) for number in (10, 9, 100))]
    dataset = put({**pictures("10.png", "9.png", "100.png"), "metadata.csv": table(rows)})
    assert dataset.spec.class_names == ("9", "10", "100")
    assert dataset.labels.tolist() == [1, 2, 0]  # of 10.png, 100.png, 9.png


def test_json_lines(put):
    lines = "\n".join(json.dumps({"file_name": name, "label": label}) for name, label in (("a.png", 1), ("b.png", 0)))
    assert put({**pictures("a.png", "b.png"), "metadata.jsonl": lines}).labels.tolist() == [1, 0]


def test_hugging_face_splits_have_a_table_each(put):
    files = pictures("train/0.png", "train/1.png", "test/0.png")
    files["train/metadata.csv"] = table([("file_name", "label"), ("0.png", "dog"), ("1.png", "ant")])
    files["test/metadata.csv"] = table([("file_name", "label"), ("0.png", "cat")])
    train = put(files)
    assert train.labels.tolist() == [2, 0]
    test = put(files, split="test")
    # One number for a class in all splits.
    assert (test.spec.class_names, test.labels.tolist()) == (("ant", "cat", "dog"), [1])
    assert "2 of 3 classes have no image: ant, dog" in noted(test, "classes")


def test_columns_with_two_meanings(put):
    with pytest.raises(DataError, match=r"metadata\.csv has the columns label and category, which both may be"):
        put({**pictures("a.png"), "metadata.csv": table([("file_name", "label", "category"), ("a.png", "1", "x")])})


def test_one_image_with_two_labels(put):
    rows = [("file_name", "label"), ("a.png", "1"), ("./a.png", "2")]
    with pytest.raises(DataError, match=r"metadata\.csv gives \./a\.png two labels: 1 and 2"):
        put({**pictures("a.png"), "metadata.csv": table(rows)})


def test_two_files_of_labels(put):
    rows = table([("file_name", "label"), ("a.png", "1")])
    with pytest.raises(DataError, match=r"labels in .* and in .*: leave one of them"):
        put({**pictures("a.png"), "metadata.csv": rows, "dataset.json": '{"labels": [["a.png", 3]]}'})


def test_captions_are_no_labels(put):
    dataset = put({**pictures("a.png"), "metadata.csv": table([("file_name", "text"), ("a.png", "a cat")])})
    assert dataset.labels is None
    assert "none of its columns is called label, but text" in noted(dataset, "labels")[0]


@pytest.mark.parametrize("names", [("train", "val"), ("Training", "VALID"), ("deep/train", "deep/test")])
def test_splits(put, names):
    train, other = names
    files = pictures(f"{train}/cat/0.png", f"{train}/dog/1.png", f"{other}/cat/2.png")
    dataset = put(files)
    assert (dataset.spec.count, dataset.spec.class_names, dataset.labels.tolist()) == (2, ("cat", "dog"), [0, 1])
    assert "has splits, train 2, " in noted(dataset, "splits")[0]
    part = "test" if "test" in other else "val"
    assert put(files, split=part).labels.tolist() == [0]
    assert put(files, split="all").spec.count == 3
    with pytest.raises(ConfigError, match="--split all"):
        put(files, split="val" if part == "test" else "test")


def test_a_split_that_nothing_is_named_for(put):
    with pytest.raises(ConfigError, match=r"--split train: .* has val 1, test 1"):
        put(pictures("val/a.png", "test/b.png"))


def test_train_may_be_a_class(put):
    assert put(pictures("car/a.png", "train/b.png")).spec.class_names == ("car", "train")


def test_splits_beside_something_else(put):
    with pytest.raises(DataError, match=r"has test, train, which look like splits, beside extra, which do not: --data"):
        put(pictures("train/a.png", "test/b.png", "extra/c.png"))


def test_splits_inside_of_classes(put):
    files = pictures("cat/train/a.png", "cat/test/b.png", "dog/train/c.png")
    with pytest.raises(DataError, match=r"splits inside its class folders .*--split all takes them together"):
        put(files)
    assert put(files, split="all").labels.tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    "folders",
    [
        ("A", "B"),
        ("trainA", "trainB", "testA", "testB"),
        ("hr", "lr"),
        ("DIV2K_train_HR", "DIV2K_train_LR_bicubic"),
        ("images", "masks"),
        ("input", "target"),
    ],
)
def test_pairs_are_no_classes(put, folders):
    with pytest.raises(DataError, match=r"which look like .* and not like classes: --data .* takes one of them"):
        put(pictures(*(f"{name}/1.png" for name in folders)))


@pytest.mark.parametrize("folders", [("a", "b", "c"), ("hr", "it"), ("images", "drawings")])
def test_names_that_may_be_classes(put, folders):
    assert put(pictures(*(f"{name}/1.png" for name in folders))).spec.class_names == tuple(sorted(folders))


def test_numbers_are_ordered_as_numbers(put):
    dataset = put(pictures(*(f"{name}/a.png" for name in ("0", "1", "10", "2", "other"))))
    assert dataset.spec.class_names == ("0", "1", "2", "10", "other")
    assert dataset.labels.tolist() == [0, 1, 3, 2, 4]


def test_ignored_files_are_counted(put):
    files = {f"notes{number}.txt": "" for number in range(3)}
    dataset = put({**pictures("a.png"), **files, "b.psd": "", "readme": ""})
    assert noted(dataset, "ignored") == ["5 files were ignored: .txt 3, .psd 1, no ending 1"]


@pytest.mark.parametrize("ending", ["jfif", "jpe", "avif", "JPEG"])
def test_endings_that_pillow_reads(put, tmp_path, ending):
    (tmp_path / "set").mkdir()
    kind = "avif" if ending == "avif" else "jpeg"
    Image.new("RGB", (8, 8), "white").save(tmp_path / "set" / f"a.{ending}", kind)
    assert put({}).gather(torch.tensor([0])).min() > 250


def test_heic(put, tmp_path):
    heif = pytest.importorskip("pillow_heif")
    (tmp_path / "set").mkdir()
    heif.from_pillow(Image.new("RGB", (64, 64), "white")).save(tmp_path / "set" / "a.heic")
    assert put({}).gather(torch.tensor([0])).min() > 250


def test_heic_without_its_extra(put, monkeypatch):
    monkeypatch.setattr("ganzoo.data.sources.listing.can_read_heic", lambda: False)
    (text,) = noted(put({**pictures("a.png"), "b.HEIC": ""}), "ignored")
    assert text == "1 file was ignored: .heic 1; the extra reads .heic: pip install 'torch-ganzoo[heic]'"


def test_backslashes_part_folders(tmp_path, paint):
    file = paint(tmp_path / "a.png").read_bytes()
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.writestr("photos\\ant\\a.png", file)
        archive.writestr("photos\\bee\\b.png", file)
    assert load(DataOptions(data=str(tmp_path / "set.zip"))).spec.class_names == ("ant", "bee")


def test_two_entries_of_one_name(tmp_path, paint):
    file = paint(tmp_path / "a.png").read_bytes()
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.writestr("ant\\a.png", file)
        archive.writestr("ant/a.png", file)
    with pytest.raises(DataError, match=r"two entries called 'ant/a\.png'"):
        inspect(DataOptions(data=str(tmp_path / "set.zip")))


def test_what_is_no_file(folder, paint):
    paint(folder / "a.png")
    os.mkfifo(folder / "pipe.png")
    (folder / "nowhere.png").symlink_to(folder / "gone")
    (folder / "circle.png").symlink_to(folder / "circle.png")
    assert noted(load(DataOptions(data=str(folder))), "ignored") == ["3 files were ignored: no regular file 3"]


@pytest.mark.parametrize("name", ["pipe.zip", "pipe.npz", "pipe"])
def test_a_pipe_is_no_data(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(DataError, match=r"pipe.* is a pipe and not data"):
        inspect(DataOptions(data=str(tmp_path / name)))


def test_devices_and_links_in_a_circle_are_no_data(tmp_path):
    with pytest.raises(DataError, match="/dev/null is a device and not data"):
        inspect(DataOptions(data="/dev/null"))
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    with pytest.raises(ConfigError, match="cannot be looked at"):
        inspect(DataOptions(data=str(tmp_path / "circle")))


def test_a_file_that_became_a_pipe(folder, paint):
    paint(folder / "a.png")
    paint(folder / "b.png")
    dataset = load(DataOptions(data=str(folder), data_memory=0, data_disk=0, workers=0))
    (folder / "b.png").unlink()
    os.mkfifo(folder / "b.png")
    with pytest.raises(DataError, match=r"b\.png is not a regular file but a pipe"):
        dataset.gather(torch.tensor([1]))


def save(path, **arrays):
    np.savez(path, **arrays)
    return DataOptions(data=str(path))


GRAY = np.random.default_rng(0).integers(0, 256, (6, 8, 8), np.uint8)


def test_labels_that_start_at_one(tmp_path):
    dataset = load(save(tmp_path / "a.npz", images=GRAY, labels=np.array([1, 2, 3, 1, 2, 3])))
    assert (dataset.spec.class_names, dataset.labels.tolist()) == (("1", "2", "3"), [0, 1, 2, 0, 1, 2])
    assert "are 1 to 3: class 0 is the one called 1" in noted(dataset, "labels")[0]


def test_one_stray_number_is_one_class(tmp_path):
    dataset = load(save(tmp_path / "a.npz", images=GRAY, labels=np.array([0, 1, 10, 9, 1, 60000])))
    assert dataset.spec.class_names == ("0", "1", "9", "10", "60000")
    assert "with gaps from 0 to 60000: the 5 that occur are the classes" in noted(dataset, "labels")[0]


def test_classes_without_an_image(tmp_path):
    dataset = load(save(tmp_path / "a.npz", images=GRAY, labels=np.zeros(6, int), classes=np.array(["ant", "bee"])))
    assert noted(dataset, "classes") == ["1 of 2 classes has no image: bee"]


def test_a_class_of_one_image(tmp_path):
    images = np.repeat(GRAY, 5, axis=0)
    dataset = load(save(tmp_path / "a.npz", images=images, labels=np.arange(30) // 29))
    assert noted(dataset, "classes") == ["1 of 2 classes has one image only: 1"]


def test_notes_survive_json(put):
    spec = put({**pictures("a.png"), "b.txt": ""}).spec
    assert type(spec).from_dict(json.loads(json.dumps(spec.to_dict()))).notes == spec.notes
    assert spec.notes[0].first.endswith("b.txt")


def test_a_csv_of_python_is_read(put):
    """Quotes, commas in names, a byte order mark and lines of Windows."""
    rows = '\ufefffile_name,label\r\n"a, b.png","big, cat"\r\n'
    assert put({**pictures("a, b.png"), "metadata.csv": rows}).spec.class_names == ("big, cat",)


def test_names_that_are_no_text(folder, paint):
    """Bytes that are no UTF-8, and characters that steer a terminal."""
    for name in (b"caf\xe9", b"\x1b[31m"):
        paint(folder / os.fsdecode(name) / "a.png")
    (folder / os.fsdecode(b"x\xe9.txt")).write_text("")
    spec = load(DataOptions(data=str(folder))).spec
    assert spec.class_names == ("\\x1b[31m", "caf\\udce9")
    assert spec.notes[0].first.endswith("x\\udce9.txt")
    json.dumps(spec.to_dict()).encode()
