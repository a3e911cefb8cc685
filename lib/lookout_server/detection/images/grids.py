"""Grids of cells: rows x columns x channels."""

from __future__ import annotations

import numpy as np

from lookout_server.detection.images.pictures import Floats


def mean3(grid: Floats) -> Floats:
    """Each cell becomes the mean of the nine about it; edges repeat."""
    wide = np.pad(grid, ((1, 1), (1, 1), (0, 0)), mode="edge")
    rows = wide[:-2] + wide[1:-1] + wide[2:]
    found: Floats = (rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / np.float32(9)
    return found


def halved(grid: Floats) -> Floats:
    """The means of two by two cells."""
    rows, columns = grid.shape[0] // 2 * 2, grid.shape[1] // 2 * 2
    grid = grid[:rows, :columns]
    found: Floats = (grid[::2, ::2] + grid[1::2, ::2] + grid[::2, 1::2] + grid[1::2, 1::2]) / np.float32(4)
    return found


def stretched(grid: Floats, rows: int, columns: int) -> Floats:
    """To another number of cells, linear between their centres."""
    for axis, wanted in ((0, rows), (1, columns)):
        if (have := grid.shape[axis]) != wanted:
            place = np.clip((np.arange(wanted) + 0.5) * have / wanted - 0.5, 0, have - 1)
            before = np.floor(place).astype(int)
            after = np.minimum(before + 1, have - 1)
            part = (place - before).astype(np.float32).reshape([-1 if at == axis else 1 for at in range(grid.ndim)])
            grid = np.take(grid, before, axis) * (1 - part) + np.take(grid, after, axis) * part
    return grid


def blurred(grid: Floats, deviation: float) -> Floats:
    """By a Gaussian, out to three deviations; edges repeat."""
    reach = int(np.ceil(3 * deviation))
    if not reach:
        return grid
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / deviation) ** 2)
    weights = (weights / weights.sum()).astype(np.float32)
    for axis in (0, 1):
        margin = [(reach, reach) if at == axis else (0, 0) for at in range(grid.ndim)]
        wide, length = np.pad(grid, margin, mode="edge"), grid.shape[axis]
        along = wide if axis == 0 else wide.swapaxes(0, 1)
        parts = (along[at : at + length] * weight for at, weight in enumerate(weights))
        found = sum(parts, np.zeros((), np.float32))
        grid = found if axis == 0 else found.swapaxes(0, 1)
    return grid


def inner(grid: Floats, cells: int) -> Floats:
    """Without so many cells at every edge; a grid that has too few keeps all."""
    rows, columns = grid.shape[:2]
    return grid[cells : rows - cells, cells : columns - cells] if min(rows, columns) > 2 * cells else grid
