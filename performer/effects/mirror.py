"""Mirror: one half of the picture laid over the other."""

from torch import Tensor

from performer.effects.base import Setting, Values


class Mirror:
    """The knob `mirror`: 1 the left half to the right, 2 the upper to the lower, 3 both."""

    def setting(self, values: Values, dt_s: float) -> Setting | None:
        return (values["mirror"],) if values["mirror"] else None

    def bend(self, places: Tensor, setting: Setting, aspect: float) -> Tensor:
        mode, places = round(setting[0]), places.clone()
        if mode & 1:
            places[0].abs_().neg_()
        if mode & 2:
            places[1].abs_().neg_()
        return places
