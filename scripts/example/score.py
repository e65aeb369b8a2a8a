"""Scores of a grid detector: per cell, and per shape after neighbouring cells have become one detection.

    /usr/bin/python3 scripts/example/score.py OUT_DIR

scores the answers of the float network and of the int8 model to the test pictures.
"""

import json
import sys
from pathlib import Path

import numpy as np

from network import GRID_SIZE, INPUT_SIZE

CELL = INPUT_SIZE // GRID_SIZE


def target_grid(shapes):
    """12 x 12 class numbers: 0 is background, label + 1 in the cell that holds the middle of a shape."""
    grid = np.zeros((GRID_SIZE, GRID_SIZE), np.int64)
    for label, (left, top, right, bottom) in shapes:
        column, row = int((left + right) / 2 // CELL), int((top + bottom) / 2 // CELL)
        grid[min(row, GRID_SIZE - 1), min(column, GRID_SIZE - 1)] = label + 1
    return grid


def detections(probabilities, threshold=0.5):
    """Cells over the threshold, joined with touching ones of their label: (label, x, y of the middle)."""
    clusters = []
    for row, column in np.ndindex(GRID_SIZE, GRID_SIZE):
        for label in np.flatnonzero(probabilities[row, column, 1:] >= threshold):
            cell = [int(label), column, row, column + 1, row + 1]
            clusters = join(clusters, cell)
    return [(c[0], (c[1] + c[3]) / 2 * CELL, (c[2] + c[4]) / 2 * CELL) for c in clusters]


def join(clusters, new):
    apart = []
    for old in clusters:
        touches = old[0] == new[0] and old[1] <= new[3] and new[1] <= old[3] and old[2] <= new[4] and new[2] <= old[4]
        if touches:
            low = [min(old[1], new[1]), min(old[2], new[2])]
            new = [new[0], *low, max(old[3], new[3]), max(old[4], new[4])]
        else:
            apart.append(old)
    return [*apart, new]


def found(shapes, marks):
    """How many shapes have a mark of their label inside their box, each mark used once."""
    left_over = list(marks)
    hits = 0
    for label, (left, top, right, bottom) in shapes:
        for mark in left_over:
            if mark[0] == label and left <= mark[1] <= right and top <= mark[2] <= bottom:
                left_over.remove(mark)
                hits += 1
                break
    return hits


def rates(hits, given, wanted):
    precision, recall = hits / max(1, given), hits / max(1, wanted)
    return {"precision": precision, "recall": recall, "f1": 2 * precision * recall / max(1e-9, precision + recall)}


def evaluate(probabilities, shapes_of):
    """Scores of many pictures: probabilities pictures x 12 x 12 x classes, shapes per picture."""
    cells = cell_hits = cell_given = shapes = shape_hits = shape_given = 0
    for grid, wanted in zip(probabilities, shapes_of):
        target = target_grid(wanted)
        answer = np.where(grid[..., 1:].max(-1) >= 0.5, grid[..., 1:].argmax(-1) + 1, 0)
        cells += np.count_nonzero(target)
        cell_given += np.count_nonzero(answer)
        cell_hits += np.count_nonzero((answer == target) & (target > 0))
        marks = detections(grid)
        shapes += len(wanted)
        shape_given += len(marks)
        shape_hits += found(wanted, marks)
    return {"cells": rates(cell_hits, cell_given, cells), "shapes": rates(shape_hits, shape_given, shapes)}


def main():
    out = Path(sys.argv[1])
    shapes = [[(label, np.array(box)) for label, box in each] for each in json.loads((out / "test.json").read_text())]
    for name in ("float", "int8"):
        values = np.fromfile(out / f"test-{name}.bin", np.float32)
        probabilities = values.reshape(len(shapes), GRID_SIZE, GRID_SIZE, -1)
        for what, scores in evaluate(probabilities, shapes).items():
            numbers = ", ".join(f"{key} {value:.3f}" for key, value in scores.items())
            print(f"{name}, {what}: {numbers}")


if __name__ == "__main__":
    main()
