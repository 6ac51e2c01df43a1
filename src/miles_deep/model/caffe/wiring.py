"""Which layers of a prototxt run outside training, and which values each of them reads."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from miles_deep.errors import CaffeError
from miles_deep.model.caffe import caffe_pb2 as pb
from miles_deep.model.caffe.settings import Prototxt
from miles_deep.model.quoting import listed, quoted

MAX_BLOBS = 1000
"""That one layer reads or makes: far beyond any classifier. OpenVINO's time grows with the square of them."""


@dataclass(frozen=True, slots=True)
class UsedLayer:
    """A layer that runs outside training."""

    layer: pb.LayerParameter
    where: str
    """File, layer and type, to begin an error with."""
    unknown: tuple[str, ...] = ()
    """Its settings that the schema does not know."""


@dataclass(frozen=True, slots=True)
class Step:
    """One layer with the values it reads and makes.

    Caffe lets a layer overwrite the blob it reads; here every result is a value of its own, with a number.
    """

    layer: pb.LayerParameter
    where: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Wiring:
    """The layers in the order of their computation."""

    steps: tuple[Step, ...]
    readers: Counter[int]
    """Value to the number of times that layers read it."""
    result: int
    """The one value that nobody reads."""


def used_layers(prototxt: Prototxt) -> list[UsedLayer]:
    """The layers that Caffe runs in its TEST phase, the old `input` fields as an Input layer in front.

    A layer's own `phase` does not take it out (see BatchNorm); include and exclude rules do, as in
    Net::FilterNet of Caffe's net.cpp.

    Raises:
        CaffeError: a layer has include and exclude rules, or the inputs' shapes are missing.
    """
    network = prototxt.network
    used = [UsedLayer(layer, _where(prototxt, layer)) for layer in _legacy_inputs(prototxt)]
    for layer, unknown in zip(network.layer, prototxt.unknown_of_layer, strict=True):
        where = _where(prototxt, layer)
        if layer.include and layer.exclude:
            raise CaffeError(f"{where} has include and exclude rules; Caffe takes only one kind")
        included = not layer.include or any(_meets(network.state, rule) for rule in layer.include)
        if included and not any(_meets(network.state, rule) for rule in layer.exclude):
            used.append(UsedLayer(layer, where, unknown))
    return used


def wire(used: Sequence[UsedLayer], prototxt: Prototxt) -> Wiring:
    """Connect layers by the names of their blobs, as Net::Init of Caffe's net.cpp does.

    Raises:
        CaffeError: there is not exactly one input and one output, a layer reads what no layer before it
            made, or a blob is made twice.
    """
    inputs = [one for one in used if one.layer.type == "Input"]
    if len(inputs) != 1:
        raise CaffeError(
            f"{prototxt.path}: a classifier has one Input layer, this has {len(inputs)}; "
            "is it the deploy.prototxt, and not the one for training?"
        )
    current: dict[str, int] = {}
    readers: Counter[int] = Counter()
    steps: list[Step] = []
    made: list[str] = []
    for number, one in enumerate(used):
        layer = one.layer
        if not layer.top and layer.type != "Silence":
            raise CaffeError(f"{one.where} makes no blob; it has no top")
        if max(len(layer.top), len(layer.bottom)) > MAX_BLOBS:
            count = max(len(layer.top), len(layer.bottom))
            raise CaffeError(f"{one.where} reads or makes {count:,} blobs; {MAX_BLOBS:,} are most")
        read = tuple(_value(name, current, number, used) for name in layer.bottom)
        own: set[str] = set()
        overwritable = set(layer.bottom)
        for top in layer.top:
            if (top in current and top not in overwritable) or top in own:
                raise CaffeError(f"{one.where} makes {quoted(top)}, which an earlier layer made, or it itself")
            own.add(top)
        outputs = tuple(range(len(made), len(made) + len(layer.top)))
        readers.update(read)
        made.extend(layer.top)
        current.update(zip(layer.top, outputs, strict=True))
        steps.append(Step(layer, one.where, read, outputs))
    unread = [number for number in range(len(made)) if not readers[number]]
    if len(unread) != 1:
        tops = listed(quoted(made[number]) for number in unread)
        raise CaffeError(f"{prototxt.path}: a classifier has one output, this has {len(unread)}: {tops}")
    return Wiring(tuple(steps), readers, unread[0])


def _value(name: str, current: dict[str, int], reader: int, used: Sequence[UsedLayer]) -> int:
    """The value that a name stands for when a layer, by its number, reads it."""
    if name in current:
        return current[name]
    if any(name in one.layer.top for one in used[reader:]):
        cause = "which only it or a later layer makes; the layers form a loop or are out of order"
    else:
        cause = "which no layer makes"
    raise CaffeError(f"{used[reader].where} reads {quoted(name)}, {cause}")


def _legacy_inputs(prototxt: Prototxt) -> list[pb.LayerParameter]:
    """Input layers for the fields `input`, `input_shape`, `input_dim` (Caffe's UpgradeNetInput)."""
    network = prototxt.network
    count = len(network.input)
    if network.input_shape:
        shapes = [list(shape.dim) for shape in network.input_shape]
    else:
        dims = list(network.input_dim)
        shapes = [dims[start : start + 4] for start in range(0, len(dims), 4)]
    if len(shapes) != count:
        raise CaffeError(f"{prototxt.path}: {count} inputs, but input_shape or input_dim for {len(shapes)}")
    layers = []
    for name, shape in zip(network.input, shapes, strict=True):
        parameter = pb.InputParameter(shape=[pb.BlobShape(dim=shape)])
        layers.append(pb.LayerParameter(name=name, type="Input", top=[name], input_param=parameter))
    return layers


def _meets(state: pb.NetState, rule: pb.NetStateRule) -> bool:
    """Net::StateMeetsRule of Caffe's net.cpp, in the TEST phase whatever the file's state says."""
    return (
        (not rule.HasField("phase") or rule.phase == pb.TEST)
        and (not rule.HasField("min_level") or state.level >= rule.min_level)
        and (not rule.HasField("max_level") or state.level <= rule.max_level)
        and set(rule.stage) <= set(state.stage)
        and not set(rule.not_stage) & set(state.stage)
    )


def _where(prototxt: Prototxt, layer: pb.LayerParameter) -> str:
    return f"{prototxt.path}: layer {quoted(layer.name)} ({type_name(layer)})"


def type_name(layer: pb.LayerParameter) -> str:
    """A layer's type, for an error."""
    return quoted(layer.type)[1:-1] or "no type"
