"""What a camera can do to a scene: where it stands, its light, its lens, its sensor, its compression."""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from network import INPUT_SIZE, MAP_SIZE
from paint import turn_hue
from scene import MASK_SIZE, Scene


def look_from_elsewhere(scene: Scene, rng: np.random.Generator) -> Scene:
    """Mirror, turn, shift and zoom. Pixels come out at 320×320, cells at 80×80."""
    zoom = rng.uniform(0.6, 1.1) if rng.random() < 0.7 else 1.0
    stretch = np.exp(rng.uniform(-0.15, 0.15))
    angle = np.radians(rng.normal(0, 5)) if rng.random() < 0.6 else 0.0
    mirror = -1.0 if rng.random() < 0.5 else 1.0
    linear = zoom * np.array(
        [[np.cos(angle) * stretch * mirror, -np.sin(angle)], [np.sin(angle) * mirror, np.cos(angle) / stretch]]
    )
    slack = max(1 - zoom, 0.0) / 2
    centre = np.array([0.5, 0.5]) + rng.uniform(-slack, slack, 2)
    offset = centre - linear @ np.array([0.5, 0.5])
    fill = tuple(int(value) for value in scene.pixels[::8, ::8].mean(axis=(0, 1)))
    pixels = np.asarray(_warp(Image.fromarray(scene.pixels), INPUT_SIZE, linear, offset, fill))
    cell_size = MAP_SIZE * 4
    cells = _warp_planes(scene.cells, cell_size, linear, offset)
    weights = _warp_planes(scene.weights, cell_size, linear, offset)
    return Scene(pixels, cells, weights, _judge_what_is_left(scene, cells), scene.origins)


def _warp(
    image: Image.Image, size: int, linear: np.ndarray, offset: np.ndarray, fill: tuple[int, ...] | int
) -> Image.Image:
    ratio = image.size[0] / size
    (a, b), (d, e) = linear * ratio
    c, f = offset * image.size[0]
    return image.transform(
        (size, size), Image.Transform.AFFINE, (a, b, c, d, e, f), Image.Resampling.BILINEAR, fillcolor=fill
    )


def _warp_planes(planes: np.ndarray, size: int, linear: np.ndarray, offset: np.ndarray) -> np.ndarray:
    images = [Image.fromarray((planes[..., index] * 255).astype(np.uint8)) for index in range(planes.shape[2])]
    return np.stack(
        [np.asarray(_warp(image, size, linear, offset, 0), dtype=np.float32) / 255 for image in images], axis=2
    )


def _judge_what_is_left(scene: Scene, cells: np.ndarray) -> bool | None:
    """A failing frame whose labelled places have left the view is neither failing nor good for sure."""
    if not scene.is_failing or scene.cells[..., 0].max() == 0:
        return scene.is_failing
    before = scene.cells[..., 0].sum() * (MAP_SIZE * 4 / MASK_SIZE) ** 2
    return True if cells[..., 0].sum() > 0.3 * before and cells[..., 0].sum() > 8 else None


def change_light_and_lens(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Light, colour, haze, darkness, blur, resolution, noise, burnt-in text and JPEG. uint8 in and out."""
    x = pixels.astype(np.float32)
    x = _relight(x, rng)
    x = _recolour(x, rng)
    if rng.random() < 0.12:
        x = _cloud_lens(x, rng)
    if rng.random() < 0.08:
        x = _add_glow(x, rng)
    is_dark = rng.random() < 0.12
    if is_dark:
        x = x * rng.uniform(0.2, 0.6)
    image = Image.fromarray(x.clip(0, 255).astype(np.uint8))
    image = _blur(image, rng)
    if is_dark or rng.random() < 0.3:
        image = _add_noise(image, rng)
    if rng.random() < 0.06:
        _burn_text(image, rng)
    if rng.random() < 0.5:
        image = _compress(image, int(rng.integers(12, 75)))
    return np.asarray(image)


def _relight(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if rng.random() < 0.8:
        mean = x[::4, ::4].mean()
        x = (x - mean) * rng.uniform(0.6, 1.5) + mean * rng.uniform(0.6, 1.45)
    if rng.random() < 0.4:
        x = 255 * (x.clip(0, 255) / 255) ** np.exp(rng.uniform(-0.5, 0.5))
    if rng.random() < 0.25:  # light from one side
        ramp = np.linspace(rng.uniform(0.5, 1), rng.uniform(0.7, 1.3), x.shape[1], dtype=np.float32)
        x = x * (ramp[None, :, None] if rng.random() < 0.6 else ramp[:, None, None])
    return x


def _recolour(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    grey = ((x[..., 0] + x[..., 1] + x[..., 2]) / 3)[..., None]
    kind = rng.random()
    if kind < 0.1:  # infrared and night cameras
        x = np.repeat(grey, 3, axis=2)
    elif kind < 0.7:
        x = grey + (x - grey) * rng.uniform(0.3, 1.8)
    if rng.random() < 0.3:
        x = turn_hue(x, rng.uniform(0, 2 * np.pi))
    if rng.random() < 0.5:
        x = x * np.exp(rng.normal(0, 0.12, 3)).astype(np.float32)
    if rng.random() < 0.08:  # coloured light strips
        x = x * rng.uniform(0.4, 1.3, 3).astype(np.float32)
    if rng.random() < 0.15:
        x = x[..., rng.permutation(3)]
    return x


def _add_glow(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A lamp in the picture: a burnt-out core, a halo of its colour, sometimes a streak across."""
    height, width = x.shape[:2]
    y, z = np.mgrid[0:height, 0:width].astype(np.float32)
    y, z = y - rng.uniform(0, height), z - rng.uniform(0, width)
    colour = rng.choice([[255, 60, 30], [60, 90, 255], [255, 240, 220], [90, 255, 120]]).astype(np.float32)
    distance = np.sqrt(y * y + z * z)
    core, halo = rng.uniform(2, 14), rng.uniform(15, 90)
    light = np.exp(-((distance / halo) ** 2)) * rng.uniform(0.2, 0.8)
    if rng.random() < 0.3:
        light += np.exp(-((y / 2) ** 2)) * np.exp(-np.abs(z) / 60) * 0.7
    x = x + light[..., None] * colour
    return np.where((distance < core)[..., None], 255.0, x)


def _cloud_lens(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Haze from a dirty lens, or the dark corners of a cheap one."""
    if rng.random() < 0.5:
        coarse = rng.uniform(0, rng.uniform(0.2, 0.6), (5, 5)).astype(np.float32)
        haze = np.asarray(Image.fromarray(coarse).resize(x.shape[1::-1], Image.Resampling.BICUBIC)).clip(0, 1)[
            ..., None
        ]
        return x * (1 - haze) + rng.uniform(60, 220) * haze
    y, z = np.ogrid[-1 : 1 : x.shape[0] * 1j, -1 : 1 : x.shape[1] * 1j]
    return x * (1 - rng.uniform(0.2, 0.7) * ((y * y + z * z) / 2))[..., None].astype(np.float32)


def _blur(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    kind, size = rng.random(), image.size
    if kind < 0.22:
        return image.filter(ImageFilter.GaussianBlur(rng.uniform(0.4, 2.2)))
    if kind < 0.47:  # a camera of fewer pixels
        factor = rng.uniform(1.3, 3.2)
        small = image.resize((int(size[0] / factor), int(size[1] / factor)), Image.Resampling.BOX)
        return small.resize(size, Image.Resampling.BILINEAR)
    if kind < 0.55:  # something moves
        kernel = np.zeros((5, 5))
        kernel[(2, slice(None)) if rng.random() < 0.5 else (slice(None), 2)] = 1
        return image.filter(ImageFilter.Kernel((5, 5), kernel.flatten().tolist()))
    if kind < 0.63:
        return image.filter(ImageFilter.UnsharpMask(2, int(rng.integers(80, 250))))
    return image


def _add_noise(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    planes = 3 if rng.random() < 0.5 else 1
    noise = rng.standard_normal((image.size[1], image.size[0], planes), dtype=np.float32) * rng.uniform(2, 18)
    return Image.fromarray((np.asarray(image) + noise).clip(0, 255).astype(np.uint8))


def _burn_text(image: Image.Image, rng: np.random.Generator) -> None:
    colour = tuple(int(value) for value in rng.choice([[255, 255, 255], [0, 255, 0], [255, 220, 0], [0, 0, 0]]))
    date = f"20{rng.integers(18, 30)}-{rng.integers(1, 13):02}-{rng.integers(1, 29):02}"
    stamp = f"{date} {rng.integers(24):02}:{rng.integers(60):02}"
    text = str(rng.choice([stamp, "CAM1", "0.63", "Layer 12/80", "IPCAM"]))
    place = (int(rng.integers(2, 220)), int(rng.choice([4, 140, 300])))
    ImageDraw.Draw(image).text(place, text, fill=colour)


def _compress(image: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")
