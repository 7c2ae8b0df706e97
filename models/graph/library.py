"""OpenVINO without its converter, which is not needed here and tells its makers of each import."""

import sys

_CONVERTER = "openvino.tools.ovc"

_held_back = _CONVERTER not in sys.modules
if _held_back:
    sys.modules[_CONVERTER] = None  # type: ignore[assignment]
try:
    from openvino import Core, Model, Node, opset13
    from openvino import Tensor as SharedTensor
    from openvino import __version__ as version
    from openvino.frontend import FrontEndManager
finally:
    if _held_back:
        del sys.modules[_CONVERTER]

__all__ = ["Core", "FrontEndManager", "Model", "Node", "SharedTensor", "opset13", "version"]
