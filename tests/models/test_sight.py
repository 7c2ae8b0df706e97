"""What a model's sight learns, and what its pace is judged by."""

import pytest
import torch
from torch import Tensor

from models import sight_learning
from models.canvas import Canvas
from models.evenness import Evenness
from models.networks import Generator, Widths
from models.sight import NEAR, nearby, random_classes
from models.sight_learning import learn_sight


class Waves:
    """Draws a colour that goes round the faster the larger the first number of w is."""

    num_ws, z_dim, classes = 1, 4, 0
    device, w_avg = torch.device("cpu"), torch.zeros(4)

    def map(self, z: Tensor, shares: Tensor | None = None) -> Tensor:
        return z

    def draw(self, ws: Tensor, noise: float) -> Tensor:
        w = ws[0]
        angle = torch.exp(0.5 * w[0])
        colours = torch.stack([angle.sin(), angle.cos(), 0.2 * w[1].tanh()])
        return colours.view(1, 3, 1, 1).expand(1, 3, 16, 16)


def test_it_learns_where_equal_ways_in_w_do_not_look_equal() -> None:
    model = Waves()
    sight = learn_sight(model, 800)
    assert sight is not None
    pairs = nearby(4, 200, NEAR, torch.Generator().manual_seed(9))
    pictures = torch.stack([model.draw(z[None], 0.0).flatten() for z in pairs.flatten(0, 1)])
    true = pictures.view(200, 2, -1).diff(dim=1).norm(dim=2)[:, 0]

    def unevenness(found: Tensor) -> float:
        return float((true.clamp_min(1e-3) / found.clamp_min(1e-3)).log().std())

    plain = pairs.diff(dim=1).norm(dim=2)[:, 0]
    seen = sight(pairs).diff(dim=1).norm(dim=2)[:, 0]
    assert unevenness(seen) < 0.67 * unevenness(plain)


def test_it_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = iter([False] * 5)
    assert learn_sight(Waves(), 800, lambda: next(asked, True)) is None
    monkeypatch.setattr(sight_learning, "LONGEST_S", 0.0)
    assert learn_sight(Waves(), 800) is None


@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize("psi", [0.0, 0.5, 1.0, 1.4])
def test_changes_are_one_for_a_radian_on_average(classes: int, psi: float) -> None:
    torch.manual_seed(2)
    widths = Widths(64, 8, z_dim=16, w_dim=16, mapping_layers=2, classes=classes)
    generator = Generator(Canvas(4, 4, 1), widths).requires_grad_(False)
    evenness = Evenness(generator.mapping, 16, classes, None)
    random = torch.Generator().manual_seed(5)
    pairs = nearby(16, 300, 0.3, random)
    shares = random_classes(classes, 300, random)
    changes = [
        evenness.changes(pair, None if shares is None else shares[i].expand(2, -1), psi)
        for i, pair in enumerate(pairs)
    ]
    assert float(torch.cat(changes).mean()) == pytest.approx(0.3, rel=0.12)
