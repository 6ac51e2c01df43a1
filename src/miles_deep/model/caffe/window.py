"""Kernels that slide over a map: what a prototxt says of them, and how large the result is."""

from collections.abc import Sequence
from dataclasses import dataclass

from miles_deep.errors import CaffeError, UnsupportedLayerError
from miles_deep.model.caffe import caffe_pb2 as pb

MAX_LENGTH = 8192
"""Of a kernel, stride, padding or side of a picture, in pixels: far beyond any classifier, and small enough
that no file can make us allocate much."""


@dataclass(frozen=True, slots=True)
class Slide:
    """A kernel along one side of a map; all lengths in pixels of the map."""

    kernel: int
    stride: int
    pad: int
    dilation: int = 1

    def convolved(self, size: int) -> int:
        """Length of a convolution's result (compute_output_shape of Caffe's conv_layer.cpp)."""
        reach = self.dilation * (self.kernel - 1) + 1
        return (size + 2 * self.pad - reach) // self.stride + 1

    def deconvolved(self, size: int) -> int:
        """Length of a deconvolution's result (compute_output_shape of Caffe's deconv_layer.cpp)."""
        reach = self.dilation * (self.kernel - 1) + 1
        return self.stride * (size - 1) + reach - 2 * self.pad

    def pooled(self, size: int, round_up: bool, padded: bool) -> int:
        """Length of a pooling's result (Reshape of Caffe's pooling_layer.cpp).

        `padded` is whether either side is; with it Caffe drops a last window that holds no pixel.
        """
        room = size + 2 * self.pad - self.kernel
        count = (-(-room // self.stride) if round_up else room // self.stride) + 1
        if padded and (count - 1) * self.stride >= size + self.pad:
            count -= 1
        return count

    def overhang(self, size: int, count: int) -> int:
        """How far the last of `count` windows reaches beyond the map's end; 0 when it ends inside."""
        return max(0, (count - 1) * self.stride - self.pad + self.kernel - size)

    def areas(self, size: int, count: int) -> list[int]:
        """What average pooling divides by, along this side: the window's length, cut at the padding's end."""
        starts = [index * self.stride - self.pad for index in range(count)]
        return [min(start + self.kernel, size + self.pad) - start for start in starts]


def convolution_slides(setting: pb.ConvolutionParameter, where: str) -> tuple[Slide, Slide]:
    """Down and across. Raises CaffeError where lengths are missing, doubled, or out of range."""

    def explicit(name: str) -> list[int | None]:
        return [_given(setting, f"{name}_h"), _given(setting, f"{name}_w")]

    return _slides(
        _two_lengths("kernel", list(setting.kernel_size), explicit("kernel"), None, where),
        _two_lengths("stride", list(setting.stride), explicit("stride"), 1, where),
        _two_lengths("pad", list(setting.pad), explicit("pad"), 0, where),
        _two_lengths("dilation", list(setting.dilation), [None, None], 1, where),
    )


def pooling_slides(setting: pb.PoolingParameter, size: tuple[int, int], where: str) -> tuple[Slide, Slide]:
    """Down and across, for a map of this height and width.

    Raises:
        CaffeError: lengths are missing, doubled, or out of range, or padding is not less than the kernel.
    """

    def lengths(name: str, short: str, default: int | None) -> tuple[int, int]:
        once = _given(setting, name)
        both = [_given(setting, f"{short}_h"), _given(setting, f"{short}_w")]
        return _two_lengths(short, [] if once is None else [once], both, default, where)

    stride, pad = lengths("stride", "stride", 1), lengths("pad", "pad", 0)
    if setting.global_pooling:
        if any(_given(setting, name) is not None for name in ("kernel_size", "kernel_h", "kernel_w")):
            raise CaffeError(f"{where} has global_pooling and a kernel size; only one of them can be")
        if stride != (1, 1) or pad != (0, 0):
            raise CaffeError(f"{where} has global_pooling with a stride or padding; it can have neither")
        kernel = size
    else:
        kernel = lengths("kernel_size", "kernel", None)
    slides = _slides(kernel, stride, pad, (1, 1))
    if any(slide.pad >= slide.kernel for slide in slides):
        raise CaffeError(f"{where} has padding that is not smaller than its kernel")
    return slides


def pooled_size(slides: Sequence[Slide], size: Sequence[int], round_up: bool, where: str) -> tuple[int, ...]:
    """Height and width of a pooling's result.

    Raises:
        CaffeError: the kernel is larger than the map.
        UnsupportedLayerError: the stride steps over the map's end, so that a window holds no pixel at all;
            Caffe then gives the smallest float, or divides by zero.
    """
    padded = any(slide.pad for slide in slides)
    counts = tuple(slide.pooled(length, round_up, padded) for slide, length in zip(slides, size, strict=True))
    for slide, length, count in zip(slides, size, counts, strict=True):
        if count < 1:
            raise CaffeError(f"{where} has a kernel of {slide.kernel} for a map of {length} pixels")
        if (count - 1) * slide.stride - slide.pad >= length:
            raise UnsupportedLayerError(f"{where} has a stride of {slide.stride} with an empty last window")
    return counts


def _given(setting: pb.ConvolutionParameter | pb.PoolingParameter, name: str) -> int | None:
    return int(getattr(setting, name)) if setting.HasField(name) else None


def _two_lengths(
    name: str, both: list[int], each: list[int | None], default: int | None, where: str
) -> tuple[int, int]:
    """Height's and width's value of a setting that can stand once, twice, or as `_h` and `_w`."""
    if each != [None, None]:
        if both:
            raise CaffeError(f"{where} has {name} as well as {name}_h or {name}_w; only one of them can be")
        both = [length if length is not None else 0 if name == "pad" else -1 for length in each]
        if -1 in both:
            raise CaffeError(f"{where} has only one of {name}_h and {name}_w")
    if not both and default is None:
        raise CaffeError(f"{where} has no kernel size")
    if len(both) > 2:
        raise UnsupportedLayerError(f"{where} has {len(both)} values of {name}; here maps have two sides")
    height, width = both * (3 - len(both)) if both else [default or 0] * 2
    least = 0 if name == "pad" else 1
    if not all(least <= length <= MAX_LENGTH for length in (height, width)):
        raise CaffeError(f"{where} has {name} {height}x{width}; it must be {least} to {MAX_LENGTH}")
    return height, width


def _slides(
    kernel: tuple[int, int], stride: tuple[int, int], pad: tuple[int, int], dilation: tuple[int, int]
) -> tuple[Slide, Slide]:
    down, across = (Slide(*lengths) for lengths in zip(kernel, stride, pad, dilation, strict=True))
    return down, across
