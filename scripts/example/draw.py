"""Draws pictures of circles, squares and triangles on textured ground, with the place of every shape.

Shapes are signed distance functions, so edges are smooth at any size and the same code draws small
training pictures and big ones to look at. Colours are floats 0..1; a picture is height x width x 3.

    /usr/bin/python3 scripts/example/draw.py FOLDER

writes the example's picture, `shapes.jpg`, and `shapes.json`: what is where in it.
"""

import colorsys
import json
import math
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

LABELS = ("circle", "square", "triangle")
SEED = 20260714
SHOW_WIDTH, SHOW_HEIGHT, SHOW_COUNT = 640, 480, 7
# Which picture of the split is the example: chosen by eye, for its looks.
SHOW_INDEX = 3

# Radius of a shape, as a part of sqrt(width * height). After squashing to 96 x 96: about 6 to 14 pixels.
SMALLEST, LARGEST = 0.06, 0.14
# Centres are at least this far apart: a grid of 12 x 12 cells can't tell closer ones from each other.
LEAST_DISTANCE = 0.2


@dataclass
class Shape:
    label: str
    x: float
    y: float
    radius: float
    angle: float
    corners: np.ndarray | None  # of squares and triangles, before rounding
    rounding: float

    def bounds(self):
        """left, top, right, bottom in pixels."""
        if self.corners is None:
            return self.x - self.radius, self.y - self.radius, self.x + self.radius, self.y + self.radius
        low, high = self.corners.min(0) - self.rounding, self.corners.max(0) + self.rounding
        return low[0], low[1], high[0], high[1]

    def distance(self, px, py):
        """Signed distance to the outline, negative inside."""
        if self.corners is None:
            return np.hypot(px - self.x, py - self.y) - self.radius
        return polygon_distance(px, py, self.corners) - self.rounding


def picture_rng(split, index):
    """Random stream of one picture; those of `train`, `calibration`, `test` and `show` never meet."""
    return np.random.default_rng([SEED, index, *split.encode()])


def draw_picture(rng, width, height, count=None):
    """A picture of the given size (uint8, height x width x 3) and its shapes."""
    unit = math.sqrt(width * height)
    canvas = ground(rng, width, height)
    ground_colour = canvas.mean((0, 1))
    for _ in range(rng.integers(0, 7)):
        clutter(rng, canvas, unit)
    shapes = place_shapes(rng, width, height, rng.integers(0, 9) if count is None else count)
    light = rng.uniform(0, 2 * math.pi)
    for shape in shapes:
        paint_shape(rng, canvas, shape, contrasting_colour(rng, ground_colour), light)
    return finish(rng, canvas), shapes


def polygon_distance(px, py, corners):
    nearest = np.full(px.shape, np.inf)
    inside = np.full(px.shape, -np.inf)
    for (ax, ay), (bx, by) in zip(corners, np.roll(corners, -1, 0)):
        ex, ey = bx - ax, by - ay
        length = math.hypot(ex, ey)
        along = np.clip(((px - ax) * ex + (py - ay) * ey) / length**2, 0, 1)
        nearest = np.minimum(nearest, np.hypot(px - ax - along * ex, py - ay - along * ey))
        inside = np.maximum(inside, ((px - ax) * ey - (py - ay) * ex) / length)
    return np.where(inside < 0, -nearest, nearest)


def regular_corners(rng, label, x, y, radius, angle):
    if label == "square":
        # As much area as the circle.
        turns, reach = np.arange(4) / 4, radius * math.sqrt(math.pi / 2)
    else:
        turns, reach = np.arange(3) / 3 + rng.uniform(-0.025, 0.025, 3), radius * 1.45
    angles = angle + 2 * math.pi * turns
    return np.stack([x + reach * np.cos(angles), y + reach * np.sin(angles)], 1)


def place_shapes(rng, width, height, count):
    unit = math.sqrt(width * height)
    shapes = []
    for _ in range(count * 30):
        if len(shapes) == count:
            break
        label = LABELS[rng.integers(len(LABELS))]
        radius = rng.uniform(SMALLEST, LARGEST) * unit
        angle = rng.uniform(0, 2 * math.pi)
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        rounding = rng.uniform(0, 0.15) * radius
        corners = None
        if label != "circle":
            corners = regular_corners(rng, label, x, y, radius - rounding, angle)
        shape = Shape(label, x, y, radius, angle, corners, rounding)
        left, top, right, bottom = shape.bounds()
        if left < 0 or top < 0 or right > width or bottom > height:
            continue
        if any(too_close(shape, other, width, height) for other in shapes):
            continue
        shapes.append(shape)
    return shapes


def too_close(a, b, width, height):
    apart = math.hypot(a.x - b.x, a.y - b.y)
    in_model = math.hypot((a.x - b.x) / width, (a.y - b.y) / height)
    return apart < 1.25 * (a.radius + b.radius) or in_model < LEAST_DISTANCE


def random_colour(rng, saturation=(0.0, 1.0), value=(0.0, 1.0)):
    return np.array(colorsys.hsv_to_rgb(rng.uniform(), rng.uniform(*saturation), rng.uniform(*value)))


def contrasting_colour(rng, ground_colour):
    gray = rng.uniform() < 0.25
    while True:
        colour = random_colour(rng, (0.0, 0.05) if gray else (0.5, 1.0), (0.05, 1.0))
        if np.linalg.norm(colour - ground_colour) > 0.4:
            return colour


def smooth_noise(rng, width, height, cells):
    """Noise from -1 to 1 whose blobs are 1/cells of the longer side."""
    longer = max(width, height)
    rows, columns = max(2, round(cells * height / longer)), max(2, round(cells * width / longer))
    grid = rng.uniform(-1, 1, (rows + 1, columns + 1)).astype(np.float32)
    return np.asarray(Image.fromarray(grid).resize((width, height), Image.BICUBIC))


def coordinates(width, height):
    py, px = np.mgrid[0:height, 0:width]
    return px + 0.5, py + 0.5


def ground(rng, width, height):
    px, py = coordinates(width, height)
    unit = math.sqrt(width * height)
    angle = rng.uniform(0, 2 * math.pi)
    across = (px * math.cos(angle) + py * math.sin(angle)) / unit
    first = random_colour(rng, (0.0, 0.6), (0.1, 1.0))
    second = np.clip(first + rng.uniform(-0.2, 0.2, 3), 0, 1)
    kind = rng.integers(5)
    if kind == 0:  # gradient
        mix = 0.5 + 0.5 * across
    elif kind == 1:  # clouds
        mix = 0.5 + 0.5 * (
            0.6 * smooth_noise(rng, width, height, rng.integers(2, 6))
            + 0.4 * smooth_noise(rng, width, height, rng.integers(8, 24))
        )
    elif kind == 2:  # wood
        bend = smooth_noise(rng, width, height, 3)
        mix = 0.5 + 0.5 * np.sin((across * rng.uniform(8, 25) + bend * rng.uniform(0.5, 3)) * 2 * math.pi)
    elif kind == 3:  # cloth
        down = (-px * math.sin(angle) + py * math.cos(angle)) / unit
        threads = rng.uniform(6, 30) * 2 * math.pi
        mix = 0.5 + 0.25 * (np.sin(across * threads) + np.sin(down * threads))
    else:  # sand
        mix = 0.5 + 0.5 * smooth_noise(rng, width, height, 64)
    mix = np.clip(mix, 0, 1)[..., None]
    return first * (1 - mix) + second * mix


def blend(canvas, region, colour, cover):
    rows, columns = region
    patch = canvas[rows, columns]
    canvas[rows, columns] = patch + cover[..., None] * (colour - patch)


def window(canvas, left, top, right, bottom):
    """The part of the canvas that holds the box, and the coordinates of its pixels; None if outside."""
    height, width = canvas.shape[:2]
    x0, y0 = max(0, math.floor(left)), max(0, math.floor(top))
    x1, y1 = min(width, math.ceil(right)), min(height, math.ceil(bottom))
    if x0 >= x1 or y0 >= y1:
        return None
    py, px = np.mgrid[y0:y1, x0:x1]
    return (slice(y0, y1), slice(x0, x1)), px + 0.5, py + 0.5


def segment_distance(px, py, ax, ay, bx, by):
    ex, ey = bx - ax, by - ay
    along = np.clip(((px - ax) * ex + (py - ay) * ey) / (ex * ex + ey * ey + 1e-9), 0, 1)
    return np.hypot(px - ax - along * ex, py - ay - along * ey)


def clutter(rng, canvas, unit):
    """Things that are none of the three shapes: lines, arcs, crosses, dots."""
    height, width = canvas.shape[:2]
    px, py = coordinates(width, height)
    colour = random_colour(rng)
    x, y = rng.uniform(0, width), rng.uniform(0, height)
    angle = rng.uniform(0, 2 * math.pi)
    thickness = rng.uniform(0.003, 0.012) * unit
    kind = rng.integers(4)
    if kind == 0:  # a line
        reach = rng.uniform(0.2, 1.5) * unit
        distance = segment_distance(px, py, x, y, x + reach * math.cos(angle), y + reach * math.sin(angle))
    elif kind == 1:  # an arc
        radius = rng.uniform(0.1, 0.5) * unit
        distance = np.abs(np.hypot(px - x, py - y) - radius)
        turned = (np.arctan2(py - y, px - x) - angle) % (2 * math.pi)
        distance = np.where(turned < rng.uniform(0.5, 3.5), distance, np.inf)
    elif kind == 2:  # a cross
        reach = rng.uniform(0.03, 0.1) * unit
        dx, dy = reach * math.cos(angle), reach * math.sin(angle)
        distance = np.minimum(
            segment_distance(px, py, x - dx, y - dy, x + dx, y + dy),
            segment_distance(px, py, x - dy, y + dx, x + dy, y - dx),
        )
    else:  # a few dots
        distance = np.full(px.shape, np.inf)
        for _ in range(rng.integers(3, 12)):
            dot_x, dot_y = x + rng.normal(0, 0.12) * unit, y + rng.normal(0, 0.12) * unit
            distance = np.minimum(distance, np.hypot(px - dot_x, py - dot_y))
    cover = np.clip(thickness - distance + 0.5, 0, 1) * rng.uniform(0.3, 1)
    blend(canvas, (slice(None), slice(None)), colour, cover)


def paint_shape(rng, canvas, shape, colour, light):
    left, top, right, bottom = shape.bounds()
    reach = 0.5 * shape.radius
    region, px, py = window(canvas, left - reach, top - reach, right + reach, bottom + reach)
    lx, ly = math.cos(light), math.sin(light)

    if rng.uniform() < 0.7:  # shadow, on the side away from the light
        offset, softness = rng.uniform(0.05, 0.2) * shape.radius, rng.uniform(0.1, 0.3) * shape.radius
        distance = shape.distance(px + lx * offset, py + ly * offset)
        blend(canvas, region, 0.0, np.clip(0.5 - distance / softness, 0, 1) * rng.uniform(0.2, 0.5))

    distance = shape.distance(px, py)
    facing = ((px - shape.x) * lx + (py - shape.y) * ly) / shape.radius
    shade = 1 + rng.uniform(0, 0.25) * facing
    fill = np.clip(colour * shade[..., None], 0, 1)
    if rng.uniform() < 0.4:  # a rim
        width = rng.uniform(0.08, 0.2) * shape.radius
        rim = np.clip(distance + width + 0.5, 0, 1)[..., None]
        fill = fill * (1 - rim) + np.clip(fill * rng.uniform(0.4, 1.5), 0, 1) * rim
    blend(canvas, region, fill, np.clip(0.5 - distance, 0, 1))


def finish(rng, canvas):
    """Light that falls unevenly, and the camera: exposure, white balance, noise."""
    height, width = canvas.shape[:2]
    px, py = coordinates(width, height)
    angle = rng.uniform(0, 2 * math.pi)
    across = ((px / width - 0.5) * math.cos(angle) + (py / height - 0.5) * math.sin(angle))[..., None]
    canvas = canvas * (1 + rng.uniform(0, 0.5) * across)
    canvas = canvas * rng.uniform(0.7, 1.15) * rng.uniform(0.92, 1.08, 3)
    canvas = canvas + rng.normal(0, rng.uniform(0, 0.03), canvas.shape)
    return np.round(np.clip(canvas, 0, 1) * 255).astype(np.uint8)


def draw_sample(split, index):
    """A picture as the model sees it (96 x 96), and its shapes as (label index, box in model pixels)."""
    rng = picture_rng(split, index)
    longer = int(rng.integers(128, 257))
    aspect = rng.uniform(1, 1.6)
    width, height = longer, round(longer / aspect)
    if rng.uniform() < 0.3:
        width, height = height, width
    picture, shapes = draw_picture(rng, width, height)
    small = np.asarray(Image.fromarray(picture).resize((96, 96), Image.LANCZOS))
    scale = np.array([96 / width, 96 / height] * 2)
    return small, [(LABELS.index(s.label), np.array(s.bounds()) * scale) for s in shapes]


def draw_show(folder):
    picture, shapes = draw_picture(picture_rng("show", SHOW_INDEX), SHOW_WIDTH, SHOW_HEIGHT, SHOW_COUNT)
    Image.fromarray(picture).save(folder / "shapes.jpg", quality=88)
    places = []
    for shape in shapes:
        left, top, right, bottom = (round(float(edge), 1) for edge in shape.bounds())
        place = {"x": left, "y": top, "width": round(right - left, 1), "height": round(bottom - top, 1)}
        places.append({"label": shape.label, **place})
    facts = {"width": SHOW_WIDTH, "height": SHOW_HEIGHT, "shapes": places}
    (folder / "shapes.json").write_text(json.dumps(facts, indent=2) + "\n")


if __name__ == "__main__":
    draw_show(Path(sys.argv[1]))
