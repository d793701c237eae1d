"""Rounding a convolution's weights to few bits so that its output changes least.

Weights are rounded one input after another; the error made on one is handed to those not yet rounded, as far as
their inputs go together (optimal brain surgeon, as GPTQ uses it: Frantar et al. 2022, arXiv:2210.17323). What is
left of the mean goes into the bias (Nagel et al. 2019, arXiv:1906.04721).
"""

from dataclasses import dataclass, field

import numpy as np
import onnx

MOST_POSITIONS = 1024  # of one frame enter the moments
DAMPING = 0.01  # of the mean variance, so that the covariance can be inverted


@dataclass
class InputMoments:
    """Mean and second moments of what a convolution's weights are multiplied with, over places and frames.

    A pointwise or ordinary convolution has one set of inputs, [channels × kernel]; a depthwise one has a set for
    each channel, of which only the mean is kept.
    """

    count: int = 0
    is_depthwise: bool = False
    sums: np.ndarray = field(default_factory=lambda: np.zeros(0))
    products: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def add(self, node: onnx.NodeProto, values: np.ndarray, seed: int) -> None:
        """`values` [1, channels, height, width] came into the convolution."""
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        self.is_depthwise = attributes.get("group", 1) > 1
        kernel = attributes["kernel_shape"][0]
        inputs = values[0].reshape(len(values[0]), -1).T if kernel == 1 else _list_patches(values[0], attributes)
        if self.is_depthwise:
            inputs = values[0].reshape(len(values[0]), -1).T
        if len(inputs) > MOST_POSITIONS:
            inputs = inputs[np.random.default_rng(seed).choice(len(inputs), MOST_POSITIONS, replace=False)]
        inputs = inputs.astype(np.float32)
        if not self.count:
            self.sums = np.zeros(inputs.shape[1])
            self.products = np.zeros((0, 0) if self.is_depthwise else (inputs.shape[1],) * 2)
        self.count += len(inputs)
        self.sums += inputs.sum(axis=0)
        if not self.is_depthwise:
            self.products += inputs.T @ inputs

    def covariance(self) -> np.ndarray:
        mean = self.sums / self.count
        return self.products / self.count - np.outer(mean, mean)

    def shift_of(self, change: np.ndarray) -> np.ndarray:
        """The mean of each output channel's change, for a change of weights [out, in, kernel, kernel]."""
        mean = self.sums / self.count
        if self.is_depthwise:
            return change.sum(axis=(1, 2, 3)) * mean
        return change.reshape(len(change), -1) @ mean


def _list_patches(values: np.ndarray, attributes: dict) -> np.ndarray:
    """[places, channels × kernel × kernel], in the order of the weights."""
    kernel, stride = attributes["kernel_shape"][0], attributes.get("strides", [1, 1])[0]
    top, left, bottom, right = attributes.get("pads", [0] * 4)
    padded = np.pad(values, ((0, 0), (top, bottom), (left, right)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (kernel, kernel), axis=(1, 2))[:, ::stride, ::stride]
    return windows.transpose(1, 2, 0, 3, 4).reshape(-1, values.shape[0] * kernel * kernel)


def round_weights(weights: np.ndarray, scales: np.ndarray, moments: InputMoments, largest: int) -> np.ndarray:
    """Integers in -largest … largest for weights [out, in, kernel, kernel] with a scale for each output."""
    steps = weights.reshape(len(weights), -1) / np.where(scales == 0, 1, scales)[:, None]
    if moments.is_depthwise:
        return np.round(steps).clip(-largest, largest).reshape(weights.shape)
    covariance = moments.covariance()
    damped = covariance + DAMPING * max(float(np.trace(covariance)) / len(covariance), 1e-9) * np.eye(len(covariance))
    factor = np.linalg.cholesky(np.linalg.inv(damped)).T  # upper triangular, as the inverse's own
    rounded = np.zeros_like(steps)
    for index in range(steps.shape[1]):
        rounded[:, index] = np.round(steps[:, index]).clip(-largest, largest)
        error = (steps[:, index] - rounded[:, index]) / factor[index, index]
        steps[:, index:] -= np.outer(error, factor[index, index:])
    return rounded.reshape(weights.shape)
