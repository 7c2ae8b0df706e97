"""Colour: hue, saturation, contrast and brightness."""

from performer.effects.base import Setting, Values


class Colour:
    """The knobs `hue`, `saturation`, `contrast` and `brightness`."""

    def tint(self, values: Values) -> tuple[Setting, float, float]:
        contrast = values["contrast"]
        offset = 0.5 + values["brightness"] - 0.5 * contrast
        return (values["hue"], values["saturation"]), contrast, offset
