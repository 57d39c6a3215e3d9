"""Manifests, configs and weights that are refused in one sentence, before anything of them is used."""

import json
import time

import numpy
import pytest
import safetensors
from registry.forge import DATA, PROVENANCE, config, edit, header_of, make, manifest, seal
from registry.forge import safetensors as raw
from registry.refusal import refused
from safetensors.numpy import save

from ganzoo.errors import PackageError
from ganzoo.registry.packages import strict_json
from ganzoo.registry.packages.manifest import parse_config, parse_manifest
from ganzoo.registry.packages.names import MANIFEST_BYTES
from ganzoo.registry.packages.package import Package
from ganzoo.registry.packages.tensors import HEADER_BYTES, check_tensors


@pytest.fixture
def folder(tmp_path):
    return make(tmp_path / "package", extra={"model.onnx": b"onnx" * 50})


DENSITY = {"means": [[0.5]], "sigmas": [1.0], "weights": [1.0]}
POINTS = {**DATA, "shape": [1], "kind": "vector"}


def figures(**change):
    """A change of the manifest: its final figures with a change of their provenance."""
    return {"final": {"images": 1, "values": {"fid": 1.0}, "provenance": {**PROVENANCE, **change}}}


BROKEN_JSON = [
    (b"", "cannot be read as JSON"), (b"null", "must hold a JSON object"), (b"[]", "must hold a JSON object"),
    (b"{", "cannot be read as JSON"), (b"\xff\xfe{}", "cannot be read as JSON"), (b"\xef\xbb\xbf{}", "cannot be read"),
    (b'{"a": 1, "a": 2}', "the key 'a' is there twice"), (b'{"a": {"b": 1, "b": 1}}', "the key 'b' is there twice"),
    (b'{"a": NaN}', "NaN is not a number"), (b'{"a": -Infinity}', "-Infinity is not"),
    (b'{"a": 1e999}', "too large a number"), (b'{"a": ' + b"9" * 5000 + b"}", "cannot be read as JSON"),
    (b'{"a":' * 100_000, "nested too deeply|cannot be read"),
    (b"[" * 500_000, "nested too deeply|cannot be read"), (b'{"a": 1} {"b": 2}', "cannot be read as JSON"),
]  # fmt: skip


@pytest.mark.parametrize("name", ["ganzoo.json", "config.json"])
@pytest.mark.parametrize(("data", "says"), BROKEN_JSON, ids=range(len(BROKEN_JSON)))
def test_json_that_two_readers_could_take_differently(folder, name, data, says):
    (folder / name).write_bytes(data)
    if name == "config.json":
        seal(folder)
        says = rf"{says}|is larger than"
    refused(folder, says)


def test_a_manifest_of_more_than_a_mebibyte(folder):
    data = (folder / "ganzoo.json").read_bytes()
    (folder / "ganzoo.json").write_bytes(data + b" " * (MANIFEST_BYTES - len(data)))
    Package.open(folder).verify()
    (folder / "ganzoo.json").write_bytes(data + b" " * (MANIFEST_BYTES - len(data) + 1))
    refused(folder, "ganzoo.json is larger than 1,048,576 bytes")


def test_a_million_keys_take_no_time():
    keys = ",".join(f'"{number}":0' for number in range(30_000))
    began = time.process_time()
    for text in (f'{{{keys},"29999":1}}', f"{{{keys}}}", f'{{"files":{{{keys}}}}}', f'{{"tensors":{{{keys}}}}}'):
        with pytest.raises(PackageError) as caught:
            parse_manifest(text.encode())
        assert len(str(caught.value)) < 500
    assert time.process_time() - began < 5


HOSTILE = "\x1b[2J\n" + "x" * 5000
WRONG = [
    ({"schema": 2}, "has schema 2, and this ganzoo reads 1: upgrade"), ({"schema": 0}, "schema"),
    ({"schema": "1"}, "schema"), ({"schema": True}, "schema"), ({"schema": None}, "schema"),
    ({"variant": 3}, "variant"), ({"variant": "../dcgan"}, "variant"), ({"variant": ""}, "variant"),
    ({"variant": HOSTILE}, "variant"), ({HOSTILE: 1}, "x"), ({"extra": 1}, "extra"),
    ({"files": []}, "files"), ({"files": {}}, "does not name model.safetensors"), ({"files": {"../x": 1}}, "'../x'"),
    ({"files": {"model.pt": {}}}, "names the file 'model.pt', and may name config.json, "),
    ({"files": {HOSTILE: {}}}, "names the file"),
    ({"files": {"config.json": {"size": 1.5, "sha256": "0" * 64}}}, "size"),
    ({"files": {"config.json": {"size": -1, "sha256": "0" * 64}}}, "size"),
    ({"files": {"config.json": {"size": "1", "sha256": "0" * 64}}}, "size"),
    ({"files": {"config.json": {"size": 1, "sha256": "0" * 63}}}, "sha256"),
    ({"files": {"config.json": {"size": 1, "sha256": "A" * 64}}}, "sha256"),
    ({"files": {"config.json": {"size": 1, "sha256": "0" * 64 + "\n"}}}, "sha256"),
    ({"tensors": {"w": {"shape": [-1], "dtype": "F32"}}}, "shape"),
    ({"tensors": {"w": {"shape": [1] * 9, "dtype": "F32"}}}, "shape"),
    ({"tensors": {"w": {"shape": [1], "dtype": "object"}}}, "dtype"),
    ({"tensors": {HOSTILE: {"shape": [1], "dtype": "F32"}}}, "tensors"),
    ({"images": -1}, "images"), ({"images": 2**80}, "images"), ({"seed": 1.0}, "seed"),
    ({"checkpoint": "last"}, "checkpoint"), ({"checkpoint": None}, "checkpoint"),
    ({"data": {**DATA, "shape": []}}, "data.shape"), ({"data": {**DATA, "shape": [0, 8, 8]}}, "data.shape"),
    ({"data": {**DATA, "kind": "Audio!"}}, "data.kind"), ({"data": {**DATA, "name": "\x1b[2J"}}, "data.name"),
    ({"data": {**DATA, "name": "a\u009b2J"}}, "data.name"),
    ({"data": {**DATA, "class_names": "ab"}}, "data.condition.names"),
    ({"data": {**DATA, "density": DENSITY}}, "a density of 1 dimensions is not of such data"),
    ({"data": {**POINTS, "density": {**DENSITY, "sigmas": [0.0]}}}, "the sigmas of a density are positive"),
    ({"data": {**POINTS, "density": {**DENSITY, "more": 1}}}, "data.density.more"),
    ({"data": {**DATA, "extractor": "\x1b[2J"}}, "data.extractor"),
    ({"ema": HOSTILE}, "ema"), ({"training": []}, "training"), ({"libraries": {"torch": 2}}, "libraries"),
    ({"final": {"images": 1, "values": {"fid": "low"}, "provenance": None}}, "final.values.fid"),
    (figures(resizer="\x1b]0;x\x07"), "final.provenance"), (figures(versions={"\x1b[2J": "1"}), "final.provenance"),
    (figures(real_count="1"), "final.provenance.real_count"), (figures(more=1), "final.provenance.more"),
    (figures(settings={**PROVENANCE["settings"], "count": 0}), r"-n \(=0\) must be at least 2"),
    ({"best": {"images": 1, "values": {}, "protocol": "reference mnist"}}, "push the model again from its run"),
    ({"license": 5}, "license"), ({"plugin": {"distribution": "x"}}, "plugin.version"),
    *(({"plugin": {"distribution": name, "version": "1"}}, "plugin.distribution") for name in (
        "x; curl http://e/x | sh", "--index-url=http://e", "-r", "x y", "$(id)", "x\n", "a/b", "x@http://e", "\u202e",
        "x" * 101)),
    *(({"plugin": {"distribution": "x", "version": version}}, "plugin.version") for version in (
        "1; id", "one", "1 2", "1\n", "$(id)", "--pre", "1" * 101, ">=1")),
    *(({"training": {"a": [{"b": text}]}}, "training") for text in ("\x1b[2J", "\u202e", "a\nb", "x" * 1001)),
    ({"system": {"\x07": 1}}, "system"), ({"data": {**DATA, "class_names": ["a\u202eb"]}}, "data.condition.names.0"),
    ({"tensors": {"\u202e": {"shape": [1], "dtype": "F32"}}}, "tensors"), ({"license": "x" * 1001}, "license"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "says"), WRONG, ids=range(len(WRONG)))
def test_a_manifest_that_is_wrong(folder, change, says):
    refused(edit(folder, **change), says)


@pytest.mark.parametrize("missing", sorted(manifest()))
def test_a_manifest_without_a_field(missing):
    values = {name: value for name, value in manifest().items() if name != missing}
    with pytest.raises(PackageError, match=rf"{missing} \(=.*Field required"):
        parse_manifest(json.dumps(values).encode())


@pytest.mark.parametrize("missing", sorted(config()))
def test_a_config_without_a_field(missing):
    values = {name: value for name, value in config().items() if name != missing}
    with pytest.raises(PackageError, match=missing):
        parse_config(json.dumps(values).encode())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"library_name": "diffusers"}, "library_name"), ({"ganzoo_api": 2}, "ganzoo_api"), ({"extra": 1}, "extra"),
        ({"auto_map": {"AutoModel": "evil.py"}}, "auto_map"), ({"architecture": "../x"}, "architecture"),
        ({"architecture": "wgan"}, "do not describe the same model"), ({"model_args": []}, "model_args"),
        ({"data": {**DATA, "shape": [3, 8, 8]}}, "do not describe the same model"),
        ({"stage": {"resolution": 0, "fade": 0}}, "stage.resolution"),
        ({"stage": {"resolution": 8, "fade": 1.5}}, "fade"), ({"ganzoo_api": True}, "ganzoo_api"),
        ({"model_args": {"x": "y" * 300_000}}, "is larger than 262,144 bytes"),
        ({"model_args": {"x": ["\x1b[2J"]}}, "model_args"), ({"model_args": {"\n": 1}}, "model_args"),
    ],
)  # fmt: skip
def test_a_config_that_is_wrong(folder, change, says):
    refused(seal(edit(folder, "config.json", **change)), says)


def entry(shape, first, last, dtype="F32"):
    return {"dtype": dtype, "shape": shape, "data_offsets": [first, last]}


TWICE = '{"w": {"dtype":"F32","shape":[1],"data_offsets":[0,4]}, "w": {"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
HEADERS = [
    (raw(b"{}", length=2**63), "its header would be"), (raw(b"{}", length=3), "its header would be"),
    (raw(b" " * (HEADER_BYTES + 1)), "its header would be"),
    (b"", "its header would be"), (b"1234567", "its header would be"),
    (raw("[]"), "must hold a JSON object"), (raw("{"), "cannot be read as JSON"),
    (raw(b""), "cannot be read as JSON"), (raw("[" * 200_000), "nested too deeply|cannot be read"),
    (raw(TWICE, bytes(4)), "the key 'w' is there twice"),
    (raw({"w": entry([1], 0, 4), "v": entry([1], 0, 4)}, bytes(4)), "overlaps"),
    (raw({"w": entry([1], 0, 4), "v": entry([1], 2, 6)}, bytes(6)), "overlaps"),
    (raw({"w": entry([1], 4, 8)}, bytes(8)), "overlaps the one before it, or leaves a gap"),
    (raw({"w": entry([1], 0, 4)}, bytes(5)), "has 5 bytes of data, and its tensors 4"),
    (raw({"w": entry([1], 0, 4)}, bytes(3)), "has 3 bytes of data, and its tensors 4"),
    (raw({"w": entry([2], 0, 4)}, bytes(4)), "cannot be"),
    (raw({"w": entry([1], 4, 0)}, bytes(4)), "cannot be"),
    (raw({"w": entry([1], -4, 0)}, bytes(4)), "cannot be"),
    (raw({"w": entry([1], 0, 2**70)}, bytes(4)), "cannot be"),
    (raw({"w": entry([2**40, 2**40], 0, 0)}), "cannot be"),
    (raw({"w": entry([1], 0, 4, "F128")}, bytes(4)), "cannot be"),
    (raw({"w": entry([True], 0, 4)}, bytes(4)), "cannot be"),
    (raw({"w": entry([1.0], 0, 4)}, bytes(4)), "cannot be"), (raw({"w": None}), "cannot be"),
    (raw({"w": entry([1] * 9, 0, 4)}, bytes(4)), "cannot be"), (raw({"w": "w"}), "cannot be"),
    (raw({"w": {**entry([1], 0, 4), "x": 1}}, bytes(4)), "cannot be"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "says"), HEADERS, ids=range(len(HEADERS)))
@pytest.mark.parametrize("name", ["model.safetensors", "discriminator.safetensors"])
def test_a_safetensors_header_that_is_wrong(folder, data, says, name):
    (folder / name).write_bytes(data)
    refused(seal(folder), says)


@pytest.mark.parametrize(
    "data",
    [
        raw({"w": entry([2**31, 2**31, 2**31, 0], 0, 0)}),
        raw({"__metadata__": {"a": 1}, "w": entry([1], 0, 4)}, bytes(4)),
        raw({"__metadata__": [], "w": entry([1], 0, 4)}, bytes(4)),
    ],
    ids=range(3),
)
def test_a_header_that_the_library_would_not_load(folder, data):
    with pytest.raises(safetensors.SafetensorError):
        safetensors.deserialize(data)
    (folder / "model.safetensors").write_bytes(data)
    refused(seal(folder, tensors=True), "is not safetensors: Error")


@pytest.mark.parametrize(
    ("tensors", "says"),
    [
        ({"w": numpy.zeros((2, 3), numpy.float32)}, r"tensor 'w' is F32 \(2, 3\), and the manifest says F32 \(3, 2\)"),
        ({"w": numpy.zeros((3, 2), numpy.float16)}, r"tensor 'w' is F16 \(3, 2\), and the manifest says F32"),
        ({"w": numpy.zeros((3, 2), numpy.int32)}, r"tensor 'w' is I32"), ({}, "'w': the manifest alone has it"),
        ({"w": numpy.zeros((3, 2), numpy.float32), "v": numpy.zeros(1)}, "'v': the file has it and the manifest"),
        ({HOSTILE: numpy.zeros(1)}, "the file has it and the manifest does not"),
    ],
    ids=range(6),
)  # fmt: skip
def test_other_tensors_than_the_manifest_names(tmp_path, tensors, says):
    folder = make(tmp_path / "package", tensors={"w": numpy.zeros((3, 2), numpy.float32)})
    (folder / "model.safetensors").write_bytes(save(tensors))
    refused(seal(folder), says)


@pytest.mark.parametrize("value", [numpy.nan, numpy.inf, -numpy.inf])
@pytest.mark.parametrize("dtype", [numpy.float64, numpy.float32, numpy.float16])
@pytest.mark.parametrize("at", [0, 1_500_000, -1])
def test_weights_that_are_no_numbers(tmp_path, value, dtype, at):
    weights = numpy.ones(1_500_001, dtype)
    weights[at] = value
    folder = make(tmp_path / "package", tensors={"a": numpy.ones(3, numpy.int8), "w": weights})
    with pytest.raises(PackageError, match="tensor 'w' has weights that are infinite or NaN"):
        Package.open(folder).verify()
    discriminator = make(tmp_path / "other", extra={"discriminator.safetensors": save({"w": weights})})
    with pytest.raises(PackageError, match=r"discriminator\.safetensors: tensor 'w' has weights"):
        Package.open(discriminator).verify()


@pytest.mark.parametrize("value", [0.0, -0.0, 1.0, -65504.0, 6e-8])
@pytest.mark.parametrize("dtype", [numpy.float64, numpy.float32, numpy.float16])
def test_weights_that_are_numbers(tmp_path, value, dtype):
    weights = numpy.full(5, value, dtype)
    Package.open(
        make(tmp_path / "package", tensors={"w": weights, "largest": numpy.finfo(dtype).max.reshape(1)})
    ).verify()


@pytest.mark.parametrize(
    ("bits", "finite"),
    [(0x7F80, False), (0xFF80, False), (0x7FC0, False), (0x7F7F, True), (0x8000, True), (0x0001, True)],
)
def test_bfloat16(tmp_path, bits, finite):
    path = tmp_path / "x.safetensors"
    path.write_bytes(raw({"w": entry([2], 0, 4, "BF16")}, numpy.array([0, bits], "<u2").tobytes()))
    if finite:
        check_tensors(path, None)
    else:
        with pytest.raises(PackageError, match="infinite or NaN"):
            check_tensors(path, None)


def test_integers_are_not_taken_for_nan(tmp_path):
    tensors = {str(numpy.dtype(kind)): numpy.full(9, -1).astype(kind) for kind in ("i8", "i4", "i2", "i1", "u1", "?")}
    Package.open(make(tmp_path / "package", tensors=tensors)).verify()


def test_what_is_verified_is_what_the_library_loads(folder):
    Package.open(folder).verify()
    data = (folder / "model.safetensors").read_bytes()
    loaded = {name: (value["shape"], value["dtype"]) for name, value in safetensors.deserialize(data)}
    assert loaded == {name: (value["shape"], value["dtype"]) for name, value in header_of(data).items()}


def test_a_bounded_read_takes_no_more_than_its_bound(tmp_path):
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(2**36)
    began = time.process_time()
    with pytest.raises(PackageError, match="larger than 100 bytes"):
        strict_json.read_bounded(tmp_path / "sparse", 100)
    assert time.process_time() - began < 1
