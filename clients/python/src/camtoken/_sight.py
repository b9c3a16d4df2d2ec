"""What was looked at, for a test whose token has seen no code there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ._picture import Camera, script

# Fewer CSS pixels than these are too few for a code, quiet zone included.
_SMALLEST = 100


@dataclass(frozen=True)
class Sight:
    """What was looked at when no code was found."""

    place: str
    picture: bytes
    looks: int
    seconds: float
    element: dict[str, Any] | None
    """As ``sight.js`` tells it."""

    @classmethod
    def of(cls, camera: Camera, picture: bytes, looks: int, seconds: float) -> Sight:
        """Looks at a place again, as a person would who wonders why."""
        element = None
        if camera.look is not None:
            try:
                element = camera.look(script())
            except Exception:  # It may be gone by now, whatever a driver raises then; the next step of the test reports it.
                element = None
        return cls(camera.place, picture, looks, seconds, element)

    def lines(self) -> tuple[str, ...]:
        """The same in lines."""
        often = "once" if self.looks == 1 else f"{self.looks} times in {self.seconds:.1f} s"
        lines = [f"  looked   {often}, at {self.place}"]
        if found := self.element:
            dots = f"{found['width'] * found['dpr']:g} x {found['height'] * found['dpr']:g} device pixels"
            lines.append(f"  element  {found['tag']}, {found['width']:g} x {found['height']:g} CSS px, {dots}")
            visibility = "yes" if found["opacity"] == 1 else f"opacity {found['opacity']:g}"
            lines.append(f"  visible  {found['hidden'] or visibility}")
            if found["front"]:
                lines.append(f"  front    {found['front']} covers {round(found['covered'] * 100)} % of it")
            if found["unloaded"]:
                lines.append(f"  image    {found['unloaded']} is not loaded")
        elif self.picture[1:4] == b"PNG" and len(self.picture) >= 24:
            width, height = (int.from_bytes(self.picture[start : start + 4], "big") for start in (16, 20))
            lines.append(f"  picture  {width} x {height} px")
        return tuple(lines)

    def cause(self) -> str | None:
        """What most likely keeps the code from being seen; nothing where the place looks as it should."""
        found = self.element
        if found is None:
            return None
        if found["hidden"]:
            return f"It is not visible ({found['hidden']}): let the page show it before the token looks."
        if found["opacity"] < 0.2:
            return f"It is all but transparent (opacity {found['opacity']:g}): wait until it has faded in."
        if found["front"]:
            return f"Close or move {found['front']}, which lies in front of it."
        if found["unloaded"]:
            return f"Its image is not loaded: does {found['unloaded']} answer?"
        if min(found["width"], found["height"]) < _SMALLEST:
            return f"It is small for a code: {_SMALLEST} CSS px and more are wanted."
        return None
