"""ONNX files that would run for ever or take all memory: each ends within limits, in a process of its own."""

import time

import numpy as np
import onnx
import pytest
from export.test_third_parties import described, good, refused  # noqa: F401
from onnx import TensorProto, helper, numpy_helper

from ganzoo import GanzooError
from ganzoo.errors import ConfigError
from ganzoo.export import process, session
from ganzoo.export.session import load_onnx


def graph_of(good, nodes, initializers=()):  # noqa: F811
    """The good file with another way from `latents` to `samples`."""
    model = onnx.load_from_string(good)
    given, made = model.graph.input, model.graph.output
    graph = helper.make_graph(list(nodes), "hostile", list(given), list(made), list(initializers))
    model.graph.CopyFrom(graph)
    return model


def constant(name, values, kind=np.int64):
    return numpy_helper.from_array(np.array(values, kind), name)


@pytest.fixture
def hurried(monkeypatch):
    monkeypatch.setattr(process, "LIMIT_S", 5.0)


def endless(good):  # noqa: F811
    """A loop whose condition stays true, and which adds a number to a number."""
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go"], ["still"]),
            helper.make_node("Add", ["carried", "one"], ["next"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("carried", TensorProto.FLOAT, None),
        ],
        [
            helper.make_tensor_value_info("still", TensorProto.BOOL, []),
            helper.make_tensor_value_info("next", TensorProto.FLOAT, None),
        ],
    )
    nodes = [
        helper.make_node("Reshape", ["latents", "shape"], ["start"]),
        helper.make_node("Loop", ["", "true", "start"], ["samples"], body=body),
    ]
    weights = [
        constant("true", True, np.bool_), constant("one", 1.0, np.float32), constant("shape", [-1, 3, 8, 8]),
    ]  # fmt: skip
    return graph_of(good, nodes, weights)


def test_an_endless_loop_is_ended(good, tmp_path, hurried):  # noqa: F811
    path = tmp_path / "loop.onnx"
    path.write_bytes(endless(good).SerializeToString())
    model = load_onnx(path)
    began = time.monotonic()
    with pytest.raises(GanzooError, match="onnxruntime did not compute it within 5 s"):
        model.generate(model.generator.latent.draw(2, 0))
    assert time.monotonic() - began < 15


def test_constants_that_unfold_to_gigabytes(good, tmp_path, monkeypatch):  # noqa: F811
    """40 GB of zeros, of a hundred bytes in the file, whose sum is added."""
    monkeypatch.setattr(process, "MEMORY_BYTES", 2**30)
    nodes = [
        helper.make_node("ConstantOfShape", ["huge"], ["zeros"]),
        helper.make_node("ReduceSum", ["zeros"], ["sum"], keepdims=0),
        helper.make_node("Reshape", ["latents", "shape"], ["start"]),
        helper.make_node("Add", ["start", "sum"], ["samples"]),
    ]
    path = tmp_path / "huge.onnx"
    model = graph_of(good, nodes, [constant("huge", [10_000_000_000]), constant("shape", [-1, 3, 8, 8])])
    path.write_bytes(model.SerializeToString())

    def sample():
        loaded = load_onnx(path)
        loaded.generate(loaded.generator.latent.draw(1, 0))

    with pytest.raises(GanzooError, match=r"onnxruntime (cannot|died)"):
        sample()


def test_more_samples_than_were_asked_for(good, tmp_path):  # noqa: F811
    nodes = [
        helper.make_node("Reshape", ["latents", "shape"], ["start"]),
        helper.make_node("Tile", ["start", "often"], ["samples"]),
    ]
    path = tmp_path / "more.onnx"
    model = graph_of(good, nodes, [constant("shape", [-1, 3, 8, 8]), constant("often", [5000, 1, 1, 1])])
    path.write_bytes(model.SerializeToString())
    loaded = load_onnx(path)
    with pytest.raises(GanzooError, match="more than its metadata says"):
        loaded.generate(loaded.generator.latent.draw(1, 0))


@pytest.mark.parametrize("place", ["key", "value", "operator", "name"])
def test_text_that_is_no_utf_8(good, refused, place):  # noqa: F811
    mark = {"key": b"ganzoo", "value": b"latent", "operator": b"Reshape", "name": b"latents"}[place]
    assert mark in good
    refused(good.replace(mark, mark[:-1] + b"\xff"))


@pytest.mark.parametrize(
    "changes",
    [
        {"latent__shape": [2**20 + 1]},
        {"latent__shape": [1024, 1024, 1024]},
        {"latent__distribution": "uniform", "latent__high": 1e308, "latent__low": -1e308},
        {"latent__distribution": "uniform", "latent__high": 1.0, "latent__low": 1.0},
        {"latent__distribution": "uniform", "latent__high": -1.0, "latent__low": 1.0},
        {"shape": [3, 65536, 65536]},
        {"shape": [3, 2**62, 2**62]},
    ],
)
def test_sizes_and_bounds_are_read_before_anything_is_loaded(good, refused, monkeypatch, changes):  # noqa: F811
    monkeypatch.setattr(session, "OnnxProcess", None)
    assert "metadata that this ganzoo cannot use" in refused(described(good, **changes))


def test_weights_of_impossible_sizes(good, refused, monkeypatch):  # noqa: F811
    monkeypatch.setattr(session, "OnnxProcess", None)
    for dims in ([2**40], [-1], [2**31, 2**31]):
        model = onnx.load_from_string(good)
        model.graph.initializer[0].dims[:] = dims
        assert "weights of impossible sizes" in refused(model)


def test_batches_go_by_bytes(good, tmp_path, monkeypatch):  # noqa: F811
    path = tmp_path / "good.onnx"
    path.write_bytes(good)
    model = load_onnx(path)
    assert model.generator.batch == 64
    whole = model.generate(model.generator.latent.draw(10, 0))
    # A sample has 768 bytes.
    monkeypatch.setattr(session, "BATCH_BYTES", 2000)
    assert model.generator.batch == 2
    np.testing.assert_array_equal(model.generate(model.generator.latent.draw(10, 0)), whole)
    monkeypatch.setattr(session, "RESULT_BYTES", 9 * 768)
    with pytest.raises(ConfigError, match="ask for fewer with -n"):
        model.generate(model.generator.latent.draw(10, 0))


def test_nothing_is_left_of_a_file_that_is_done_with(good, tmp_path):  # noqa: F811
    path = tmp_path / "good.onnx"
    path.write_bytes(good)
    model = load_onnx(path)
    worker = model.generator.process._process
    assert worker.poll() is None
    del model
    deadline = time.monotonic() + 10
    while worker.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert worker.poll() is not None
