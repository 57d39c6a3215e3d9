"""Models as ONNX files: `onnx.export_onnx` writes one, `session.load_onnx` samples it without torch."""
