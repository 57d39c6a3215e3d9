"""Whatever the bytes are, the answer is a package or one of our errors; and what passes, others read as we do."""

import json
import shutil
import zipfile

import numpy
import pytest
import safetensors
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from registry.forge import config, make, manifest, seal, weights
from registry.forge import safetensors as raw

from ganzoo.errors import PackageError, RegistryError
from ganzoo.registry.packages import archive, strict_json
from ganzoo.registry.packages.manifest import Manifest, PackageConfig, parse_config, parse_manifest
from ganzoo.registry.packages.package import Package
from ganzoo.registry.packages.tensors import check_tensors
from ganzoo.registry.stores.protocol import Listing, listing_of

# The same examples every time; no file of examples in the tree.
quick = settings(
    max_examples=150, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)

numbers = st.one_of(st.integers(), st.integers(-5, 5), st.floats(), st.sampled_from([2**31, 2**63, 2**64, 10**400]))
values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, st.text(max_size=20)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=10), inner, max_size=4)),
    max_leaves=8,
)


def _paths(value, path=()):
    """Where something could be put into a tree of JSON."""
    yield path
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from _paths(value[key], (*path, key))


def _replaced(tree, path, value):
    if not path:
        return value
    copy = tree.copy()
    copy[path[0]] = _replaced(tree[path[0]], path[1:], value)
    return copy


@st.composite
def damaged(draw, tree):
    """A tree of JSON with one to three places that hold something else, or are gone, or are new."""
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(list(_paths(tree))))
        tree = _replaced(tree, path, draw(values))
        if not isinstance(tree, dict):
            break
        if draw(st.booleans()) and tree:
            del tree[draw(st.sampled_from(sorted(tree)))]
        if draw(st.booleans()):
            tree = {**tree, draw(st.text(max_size=10)): draw(values)}
    return tree


@st.composite
def mangled(draw, data):
    """Bytes with a few changed, cut, doubled or put in."""
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, 12))
        data = data[:at] + draw(st.one_of(st.binary(max_size=8), st.just(data[at : at + 30]))) + data[at + length :]
    return data


WHOLE = {
    **manifest(),
    "files": {name: {"size": 4, "sha256": "0" * 64} for name in ("config.json", "model.safetensors", "model.onnx")},
    "tensors": {"w": {"shape": [2, 3], "dtype": "F32"}},
}
MANIFEST, CONFIG = json.dumps(WHOLE).encode(), json.dumps(config()).encode()


def checked(call, *arguments):
    """What a call returns; None for one of our errors, which is held to what an error must be."""
    try:
        return call(*arguments)
    except RegistryError as error:
        said = str(error)
    assert said.isprintable()
    assert len(said) < 800
    return None


@quick
@given(st.one_of(st.binary(max_size=200), mangled(MANIFEST), damaged(WHOLE).map(json.dumps).map(str.encode)))
@example(MANIFEST)
@example(b'{"schema": 1e400}')
def test_a_manifest(data):
    parsed = checked(parse_manifest, data)
    if parsed is not None:
        # It survives its own way through JSON, so it holds nothing that JSON does not.
        again = json.dumps(parsed.model_dump(mode="json", by_alias=True), allow_nan=False)
        assert parse_manifest(again.encode()) == parsed
        assert isinstance(parsed, Manifest)
        assert 1 <= len(parsed.data.to_data_spec().shape) <= 3


@quick
@given(st.one_of(st.binary(max_size=200), mangled(CONFIG), damaged(config()).map(json.dumps).map(str.encode)))
@example(CONFIG)
def test_a_config(data):
    parsed = checked(parse_config, data)
    if parsed is not None:
        assert isinstance(parsed, PackageConfig)
        assert parse_config(json.dumps(parsed.model_dump(mode="json"), allow_nan=False).encode()) == parsed


@quick
@given(damaged(WHOLE))
def test_a_listing(tree):
    assume(isinstance(tree, dict))
    listing = listing_of("lab/m", tree, "lab")
    assert isinstance(listing, Listing)
    assert json.dumps([listing.variant, listing.data, listing.shape, listing.size_bytes, listing.metrics]).isprintable()


@quick
@given(st.one_of(mangled(b'{"a": 1, "b": {"c": [1.5, "x"]}}'), values.map(json.dumps).map(str.encode)))
@example(b'{"a": 1e400}')
@example(b'{"a": NaN}')
def test_strict_json_is_json(data):
    """What it takes, the standard reader takes for the same; what it refuses is no object, or not the same to all."""
    parsed = checked(lambda data: strict_json.parse(data, "it"), data)
    if parsed is not None:
        assert json.loads(data) == parsed
        json.dumps(parsed, allow_nan=False)


offsets = st.one_of(st.integers(0, 40), st.integers(-(2**65), 2**65), values)
tensor = st.one_of(
    values,
    st.fixed_dictionaries(
        {
            "dtype": st.one_of(st.sampled_from(["F32", "F16", "BF16", "I64", "U8", "BOOL", "F8_E4M3", "f32"]), values),
            "shape": st.one_of(st.lists(st.sampled_from([0, 1, 2, 4, 2**31, 2**40, 2**62]), max_size=4), values),
            "data_offsets": st.one_of(st.tuples(offsets, offsets).map(list), values),
        },
        optional={"extra": values},
    ),
)
headers = st.dictionaries(st.one_of(st.text(max_size=5), st.just("__metadata__")), tensor, max_size=4)


@st.composite
def nearly_right(draw):
    """Tensors one behind the other, most with a size that fits."""
    header, end = {}, 0
    for name in draw(st.lists(st.text(max_size=5), max_size=4, unique=True)):
        shape = draw(st.lists(st.sampled_from([0, 1, 2, 3, 2**31]), max_size=4))
        size = draw(st.sampled_from([1, 2, 4])) * int(numpy.prod([0 if n > 3 else n for n in shape], dtype=int))
        dtype = draw(st.sampled_from(["F32", "F16", "BF16", "U8", "BOOL", "I16"]))
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [end, end + size]}
        end += size
    if draw(st.booleans()):
        header["__metadata__"] = draw(st.one_of(values, st.dictionaries(st.text(), st.text(), max_size=2)))
    return raw(json.dumps(header), draw(st.binary(min_size=end, max_size=end + draw(st.integers(0, 1)))))


VALID = raw(
    {
        "a": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]},
        "b": {"dtype": "U8", "shape": [3], "data_offsets": [16, 19]},
    },
    bytes(19),
)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz") / "x.safetensors"


@quick
@given(
    data=st.one_of(
        mangled(VALID), nearly_right(), st.binary(max_size=60), headers.map(json.dumps).map(raw),
        st.builds(raw, st.binary(max_size=60), st.binary(max_size=9), length=st.integers(0, 2**64 - 1)),
    )
)  # fmt: skip
@example(data=VALID)
@example(data=raw("{}"))
@example(data=raw({"w": {"dtype": "U8", "shape": [-0], "data_offsets": [0, 0]}}))
@example(data=raw('{"w": {"dtype": "U8", "shape": [-0], "data_offsets": [0, 0]}}'))
def test_a_safetensors_header(file, data):
    file.write_bytes(data)

    if checked(lambda: check_tensors(file, None) or "fine"):
        for name, value in safetensors.deserialize(data):
            if value["dtype"] in ("F32", "F16"):
                kind = {"F32": numpy.float32, "F16": numpy.float16}[value["dtype"]]
                assert numpy.isfinite(numpy.frombuffer(value["data"], kind)).all(), name


@quick
@given(values=st.lists(st.floats(width=32), min_size=1, max_size=20))
def test_finite_as_numpy_says(file, values):
    data = numpy.array(values, numpy.float32)
    header = {"w": {"dtype": "F32", "shape": [len(values)], "data_offsets": [0, data.nbytes]}}
    file.write_bytes(raw(header, data.tobytes()))
    if numpy.isfinite(data).all():
        check_tensors(file, None)
    else:
        with pytest.raises(PackageError, match="infinite or NaN"):
            check_tensors(file, None)


@pytest.fixture(scope="module")
def zipped(tmp_path_factory):
    folder = tmp_path_factory.mktemp("zip")
    package = Package.open(make(folder / "package"))
    archive.pack(package, folder / "m.zip")
    with zipfile.ZipFile(folder / "deflated.zip", "w", zipfile.ZIP_DEFLATED) as hand_made:
        for path in package.folder.iterdir():
            hand_made.write(path, path.name)
    return folder


@quick
@given(data=st.data())
def test_a_zip(zipped, data):
    name = data.draw(st.sampled_from(["m.zip", "deflated.zip"]))
    (zipped / "fuzzed.zip").write_bytes(data.draw(mangled((zipped / name).read_bytes())))
    shutil.rmtree(zipped / "staging", ignore_errors=True)
    (zipped / "staging").mkdir()
    package = checked(archive.unpack, zipped / "fuzzed.zip", zipped / "staging")
    if package is None:
        assert list((zipped / "staging").iterdir()) == []
        return
    for name in package.manifest.files:
        assert (zipped / "staging" / name).read_bytes() == (zipped / "package" / name).read_bytes()


@quick
@given(data=st.data())
def test_a_folder(tmp_path_factory, data):
    """One file of a package is damaged, and the manifest says what is in it now."""
    folder = make(tmp_path_factory.getbasetemp() / "fuzzed")
    name = data.draw(st.sampled_from(["config.json", "model.safetensors", "ganzoo.json"]))
    (folder / name).write_bytes(data.draw(mangled((folder / name).read_bytes())))
    if name != "ganzoo.json":
        seal(folder)
    package = checked(Package.open, folder)
    if package is not None and checked(lambda: package.verify() or "whole"):
        loaded = dict(safetensors.deserialize((folder / "model.safetensors").read_bytes()))
        assert loaded.keys() == package.manifest.tensors.keys() == weights().keys()
