"""From latents to samples, for torch and ONNX alike."""
