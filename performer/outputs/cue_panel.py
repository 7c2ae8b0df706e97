"""The cue list on the HUD: what is out, what comes next, and how that will look."""

import pygame

from performer.outputs.lettering import ACCENT, FAINT, INK, SOFT, Lettering, panel
from performer.status import Status

PICTURE_PX = (160, 90)


def area(type_: Lettering, bottom: pygame.Rect) -> pygame.Rect:
    """Where it lies: over the left end of the panel at the bottom."""
    width, height = type_.px(560), type_.px(PICTURE_PX[1] + 24)
    return pygame.Rect(bottom.x, bottom.y - height - type_.px(10), width, height)


def draw(target: pygame.Surface, type_: Lettering, place: pygame.Rect, status: Status) -> None:
    """The next cue's picture, its name large, and above it the one that is out."""
    panel(target, place, type_.px(10))
    margin = type_.px(12)
    frame = pygame.Rect(place.x + margin, place.y + margin, *map(type_.px, PICTURE_PX))
    _draw_picture(target, type_, frame, status)
    out, following = status.cues
    left = frame.right + type_.px(18)
    room = place.right - margin - left
    for caption, name, base, size, colour in (
        ("OUT", out or "none yet", 26, 25, SOFT),
        ("NEXT", following or "end of the list", 72, 40, INK if following else FAINT),
    ):
        at = (left, place.y + margin + type_.px(base))
        caption_px = type_.put(target, caption, at, 18, FAINT) + type_.px(10)
        type_.put(target, name, (left + caption_px, at[1]), size, colour, width=room - caption_px)


def _draw_picture(
    target: pygame.Surface, type_: Lettering, frame: pygame.Rect, status: Status
) -> None:
    if status.preview is None:
        if status.cues[1]:  # its picture is still to come
            pygame.draw.rect(target, FAINT, frame, width=1)
        return
    height, width = status.preview.shape[:2]
    picture = pygame.image.frombuffer(status.preview.tobytes(), (width, height), "RGB")
    scale = min(frame.width / width, frame.height / height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    # pygame's smooth scaling reads past the end of a picture that is one pixel wide or high.
    scaled = pygame.transform.smoothscale if min(width, height) > 1 else pygame.transform.scale
    place = pygame.Rect((0, 0), size)
    place.center = frame.center
    target.blit(scaled(picture, size), place)
    pygame.draw.rect(target, ACCENT, place.inflate(2, 2), width=1)
