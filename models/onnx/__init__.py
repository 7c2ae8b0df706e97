"""Other programs' generators as ONNX graphs: read within bounds, written anew, and played."""
