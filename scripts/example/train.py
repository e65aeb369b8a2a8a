"""Trains the example's detector on drawn pictures, measures it on fresh ones, and writes it quantised.

    /usr/bin/python3 scripts/example/train.py OUT_DIR

Needs python3-torch, python3-numpy and python3-pil (Debian's packages do). One thread, about six minutes.
OUT_DIR gets `graph.json` (the int8 network, for build-model.mjs) and the test pictures (`test-pixels.bin`),
what is in them (`test.json`) and the float network's answers (`test-float.bin`), for check-model.mjs.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from draw import LABELS, SEED, draw_sample
from network import Network
from quantize import Range, quantize
from score import evaluate, target_grid

TRAINING_PICTURES = 6000
CALIBRATION_PICTURES = 200
TEST_PICTURES = 1000
EPOCHS = 20
BATCH = 32
LEARNING_RATE = 6e-3
# A picture has about 4 shapes in 144 cells. A cell with a shape weighs so much more than one without.
OBJECT_WEIGHT = 4.0


def draw(split, count):
    samples = [draw_sample(split, index) for index in range(count)]
    pixels = np.stack([picture for picture, _ in samples])
    return pixels, [shapes for _, shapes in samples]


def as_input(pixels):
    batch = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255
    return batch.contiguous(memory_format=torch.channels_last)


def probabilities_of(network, pixels, observe=None):
    network.eval()
    with torch.no_grad():
        parts = [
            torch.softmax(network(as_input(pixels[start : start + 50]), observe), 1).permute(0, 2, 3, 1)
            for start in range(0, len(pixels), 50)
        ]
    return torch.cat(parts).numpy()


def varied(pixels, targets):
    """The same pictures turned, mirrored and with colours exchanged: one way for the whole batch."""
    turns, mirrored, order = np.random.randint(4), np.random.randint(2), np.random.permutation(3)
    pixels, targets = np.rot90(pixels, turns, (1, 2)), np.rot90(targets, turns, (1, 2))
    if mirrored:
        pixels, targets = pixels[:, :, ::-1], targets[:, :, ::-1]
    return np.ascontiguousarray(pixels[..., order]), np.ascontiguousarray(targets)


def train(network, pixels, targets):
    optimizer = torch.optim.AdamW(network.parameters(), LEARNING_RATE, weight_decay=1e-4)
    steps = EPOCHS * (len(pixels) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps)
    weights = torch.tensor([1.0] + [OBJECT_WEIGHT] * len(LABELS))
    for epoch in range(EPOCHS):
        started = time.time()
        network.train()
        order = np.random.permutation(len(pixels))
        losses = []
        for start in range(0, len(order) - BATCH + 1, BATCH):
            chosen = order[start : start + BATCH]
            x, y = varied(pixels[chosen], targets[chosen])
            loss = F.cross_entropy(network(as_input(x)), torch.from_numpy(y), weights)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        print(f"epoch {epoch + 1}: loss {np.mean(losses):.4f}, {time.time() - started:.0f} s", flush=True)


def main():
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    np.random.seed(SEED)

    started = time.time()
    pixels, shapes = draw("train", TRAINING_PICTURES)
    targets = np.stack([target_grid(each) for each in shapes])
    print(f"{len(pixels)} pictures with {sum(map(len, shapes))} shapes, {time.time() - started:.0f} s", flush=True)

    network = Network(len(LABELS) + 1).to(memory_format=torch.channels_last)
    train(network, pixels, targets)

    test_pixels, test_shapes = draw("test", TEST_PICTURES)
    probabilities = probabilities_of(network, test_pixels)
    print(json.dumps(evaluate(probabilities, test_shapes), indent=1))
    print(f"{time.time() - started:.0f} s in all")

    ranges = Range()
    probabilities_of(network, draw("calibration", CALIBRATION_PICTURES)[0], ranges)
    graph = {"labels": LABELS, **quantize(network, ranges)}

    (out / "graph.json").write_text(json.dumps(graph))
    test_pixels.tofile(out / "test-pixels.bin")
    probabilities.astype(np.float32).tofile(out / "test-float.bin")
    (out / "test.json").write_text(json.dumps([[[label, box.tolist()] for label, box in each] for each in test_shapes]))


if __name__ == "__main__":
    main()
