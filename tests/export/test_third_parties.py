"""Files that anybody may have made: each is refused in one sentence, before anything is computed."""

import json

import numpy as np
import onnx
import pytest
from export.models import COLOR, Scaled, wrap
from onnx import TensorProto, helper, numpy_helper

from ganzoo import GanzooError
from ganzoo.export.onnx import export_onnx
from ganzoo.export.session import load_onnx


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    path = tmp_path_factory.mktemp("good") / "good.onnx"
    export_onnx(wrap(Scaled(lambda images: images.tanh()), COLOR), path)
    return path.read_bytes()


@pytest.fixture
def refused(tmp_path):
    """Write bytes or a graph, and give the sentence with which it is refused."""

    def refuse(content):
        path = tmp_path / "given.onnx"
        path.write_bytes(content if isinstance(content, bytes) else content.SerializeToString())
        with pytest.raises(GanzooError) as caught:
            load_onnx(path)
        sentence = str(caught.value)
        assert sentence.startswith(str(path))
        assert sentence.isprintable()
        assert len(sentence) < len(str(path)) + 400
        return sentence

    return refuse


def described(good, **changes):
    """The good file with other metadata; a value None leaves the key out, and `a__b` is b in a."""
    model = onnx.load_from_string(good)
    values = json.loads(model.metadata_props[0].value)
    for key, value in changes.items():
        *outer, name = key.split("__")
        place = values[outer[0]] if outer else values
        if value is None:
            del place[name]
        else:
            place[name] = value
    model.metadata_props[0].value = json.dumps(values)
    return model


def test_the_good_one_is_good(good, tmp_path):
    (tmp_path / "mine.onnx").write_bytes(good)
    model = load_onnx(tmp_path / "mine.onnx")
    # A name from inside would end up in names of files.
    assert model.name == "mine"
    latents = model.generator.latent.draw(70, 0)
    np.testing.assert_allclose(model.generate(latents), np.tanh(0.9 * latents).reshape(70, 3, 8, 8), atol=1e-5)


def test_cut_short(good, refused):
    for length in (1, 100, len(good) // 2, len(good) - 1):
        assert "not a whole ONNX file" in refused(good[:length]) or "metadata" in refused(good[:length])


@pytest.mark.parametrize("content", [b"", b"hello", b"\x89PNG\r\n\x1a\n" + bytes(100), b"PK\x03\x04" + bytes(50)])
def test_something_else(refused, content):
    assert any(said in refused(content) for said in ("not a whole ONNX file", "not made by `ganzoo export`"))


def test_no_file(tmp_path):
    with pytest.raises(GanzooError, match=r"none\.onnx cannot be read: No such file"):
        load_onnx(tmp_path / "none.onnx")


def test_somebody_elses(good, refused):
    model = onnx.load_from_string(good)
    del model.metadata_props[:]
    assert "was not made by `ganzoo export`: it has no metadata 'ganzoo'" in refused(model)


def outside(place):
    """A tensor whose numbers lie in another file."""
    tensor = numpy_helper.from_array(np.ones((1,), np.float32), "weight")
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=place)
    return tensor


@pytest.mark.parametrize("where", ["initializer", "attribute", "subgraph", "function"])
def test_weights_in_other_files(good, refused, tmp_path, where):
    (tmp_path / "secret").write_bytes(b"1234")
    tensor, model = outside("secret"), onnx.load_from_string(good)
    node = helper.make_node("Constant", [], ["c"], value=tensor)
    if where == "initializer":
        model.graph.initializer.append(tensor)
    elif where == "attribute":
        model.graph.node.insert(0, node)
    elif where == "subgraph":
        body = helper.make_graph([node], "body", [], [])
        model.graph.node.insert(0, helper.make_node("If", ["yes"], ["d"], then_branch=body, else_branch=body))
    else:
        model.functions.append(helper.make_function("own", "F", [], ["c"], [node], [helper.make_opsetid("", 20)]))
    assert "keeps weights in other files, which are never read" in refused(model)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": 2}, "format (=2)"),
        ({"variant": None}, "variant"),
        ({"more": 1}, "more (=1)"),
        ({"images": "many"}, "images (='many')"),
        ({"images": -1}, "images (=-1)"),
        ({"conditional": 1}, "conditional (=1)"),
        ({"conditional": True}, "a conditional model needs names of classes"),
        ({"latent__distribution": "cauchy"}, "distribution (='cauchy')"),
        ({"latent__low": "nan"}, "low"),
        ({"latent__low": float("nan")}, "low"),
        ({"latent__shape": []}, "must have positive lengths"),
        ({"latent__shape": [0]}, "must have positive lengths"),
        ({"latent__shape": [10**9]}, "one latent has more than"),
        ({"latent__shape": [7]}, "takes"),
        ({"shape": [3, 9**9, 9**9]}, "one sample has more than"),
        ({"shape": [3, 8]}, "is no image's"),
        ({"data__kind": "Sound!"}, "kind (='Sound!')"),
        ({"data__name": "a\x1b[31mb"}, "cannot be printed"),
        ({"data__condition": {"names": ["a", "b\n"]}}, "cannot be printed"),
        ({"data__condition": {"names": ["x" * 2**20]}}, "more than 1,048,576 bytes of metadata"),
        ({"variant": "\x1b[2J"}, "cannot be printed"),
    ],
)
def test_metadata_that_is_not_true(good, refused, changes, said):
    assert said in refused(described(good, **changes))


@pytest.mark.parametrize("text", ["", "nonsense", "[1]", "{" * 5000, '{"format": 1}'])
def test_metadata_that_is_no_description(good, refused, text):
    model = onnx.load_from_string(good)
    model.metadata_props[0].value = text
    assert "has metadata that this ganzoo cannot use" in refused(model)


def test_metadata_twice(good, refused):
    model = onnx.load_from_string(good)
    model.metadata_props.add().CopyFrom(model.metadata_props[0])
    assert "was not made by `ganzoo export`" in refused(model)


def test_inputs_of_another_name(good, refused):
    model = onnx.load_from_string(good)
    model.graph.input[0].name = "z"
    for node in model.graph.node:
        node.input[:] = ["z" if name == "latents" else name for name in node.input]
    assert "it was changed after its export" in refused(model)


def test_an_operator_that_nobody_knows(good, refused):
    model = onnx.load_from_string(good)
    model.graph.node[-1].op_type = "Explode"
    assert "onnxruntime cannot load it" in refused(model)


def test_samples_of_another_shape(good, tmp_path):
    (tmp_path / "given.onnx").write_bytes(described(good, shape=[3, 8, 4]).SerializeToString())
    model = load_onnx(tmp_path / "given.onnx")
    with pytest.raises(GanzooError, match=r"gave float32 \(2, 3, 8, 8\), and its metadata says \(2, 3, 8, 4\)"):
        model.generate(model.generator.latent.draw(2, 0))
    with pytest.raises(GanzooError, match="onnxruntime cannot compute it"):
        model.generate(np.zeros((2, 5), np.float32))
