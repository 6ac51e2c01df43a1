"""Published Caffe classifiers written out as prototxt text, and random weights for any prototxt.

Each function gives the text at full width; `width` makes every layer thinner, `size` the picture smaller and
`classes` the last layer shorter, so that a test can afford the network. Names and settings are those of the
published files (BVLC's model zoo, He's ResNets, Howard's MobileNet as Caffe port, Huang's DenseNet, Szegedy's
Inception); fillers and learning rates are left out.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from google.protobuf import text_format
from wire import nested

from miles_deep.model.caffe import caffe_pb2 as pb
from miles_deep.model.caffe.blobs import DATA
from miles_deep.model.caffe.convert import convert
from miles_deep.model.caffe.settings import Prototxt


class Net:
    """A prototxt in the making; every method adds layers and gives the name of the blob they make."""

    def __init__(self, name: str, size: int, width: float = 1.0) -> None:
        self._width = width
        self.text = f'name: "{name}"\n'
        self.data = self.layer("Input", "data", "", f"input_param {{ shape {{ dim: [1, 3, {size}, {size}] }} }}")

    def thin(self, outputs: int) -> int:
        """A number of channels at this network's width: a multiple of 8, so that groups divide it."""
        return outputs if self._width == 1 else max(8, round(outputs * self._width / 8) * 8)

    def layer(self, kind: str, name: str, bottom: str, setting: str = "", top: str = "") -> str:
        """Any layer; several bottoms have spaces between them."""
        top = top or name
        reads = " ".join(f'bottom: "{one}"' for one in bottom.split())
        self.text += f'layer {{ name: "{name}" type: "{kind}" {reads} top: "{top}" {setting} }}\n'
        return top

    def conv(
        self, name: str, bottom: str, outputs: int, kernel: int | tuple[int, int] = 1, setting: str = ""
    ) -> str:
        """A Convolution; a pair is a kernel's height and width."""
        if isinstance(kernel, int):
            kernel_text = f"kernel_size: {kernel}"
        else:
            kernel_text = f"kernel_h: {kernel[0]} kernel_w: {kernel[1]}"
        setting = f"convolution_param {{ num_output: {self.thin(outputs)} {kernel_text} {setting} }}"
        return self.layer("Convolution", name, bottom, setting)

    def relu(self, bottom: str, name: str = "") -> str:
        """A ReLU in place."""
        return self.layer("ReLU", name or f"{bottom}_relu", bottom, top=bottom)

    def conv_relu(self, name: str, bottom: str, outputs: int, kernel: int = 1, setting: str = "") -> str:
        """Both."""
        return self.relu(self.conv(name, bottom, outputs, kernel, setting))

    def norm(self, bottom: str, name: str, top: str = "", in_place: bool = True) -> str:
        """BatchNorm and Scale, in place or into a blob of their own."""
        top = top or (bottom if in_place else f"{name}_bn")
        self.layer("BatchNorm", f"{name}_bn", bottom, "batch_norm_param { use_global_stats: true }", top)
        return self.layer("Scale", f"{name}_scale", top, "scale_param { bias_term: true }", top)

    def conv_norm(
        self, name: str, bottom: str, outputs: int, kernel: int | tuple[int, int] = 1, setting: str = ""
    ) -> str:
        """A Convolution without a bias, then BatchNorm and Scale."""
        return self.norm(self.conv(name, bottom, outputs, kernel, f"bias_term: false {setting}"), name)

    def pool(self, name: str, bottom: str, setting: str, method: str = "MAX") -> str:
        """A Pooling."""
        return self.layer("Pooling", name, bottom, f"pooling_param {{ pool: {method} {setting} }}")

    def lrn(self, name: str, bottom: str) -> str:
        """An LRN as AlexNet and GoogLeNet have it."""
        return self.layer("LRN", name, bottom, "lrn_param { local_size: 5 alpha: 0.0001 beta: 0.75 }")

    def drop(self, bottom: str, name: str = "") -> str:
        """A Dropout in place."""
        name = name or f"drop_{bottom}"
        return self.layer("Dropout", name, bottom, "dropout_param { dropout_ratio: 0.5 }", bottom)

    def dense(self, name: str, bottom: str, outputs: int) -> str:
        """An InnerProduct of exactly this many outputs."""
        return self.layer("InnerProduct", name, bottom, f"inner_product_param {{ num_output: {outputs} }}")

    def softmax(self, bottom: str) -> str:
        """The whole text, with a Softmax at its end."""
        self.layer("Softmax", "prob", bottom)
        return self.text


def caffenet(width: float = 1.0, size: int = 227, classes: int = 1000, alexnet: bool = False) -> str:
    """BVLC's CaffeNet, 227 px: groups, LRN after pooling; `alexnet`: LRN before pooling, as in the paper."""
    net = Net("AlexNet" if alexnet else "CaffeNet", size, width)

    def normed(bottom: str, number: int) -> str:
        names = f"norm{number}", f"pool{number}"
        if alexnet:
            return net.pool(names[1], net.lrn(names[0], bottom), "kernel_size: 3 stride: 2")
        return net.lrn(names[0], net.pool(names[1], bottom, "kernel_size: 3 stride: 2"))

    blob = normed(net.conv_relu("conv1", net.data, 96, 11, "stride: 4"), 1)
    blob = normed(net.conv_relu("conv2", blob, 256, 5, "pad: 2 group: 2"), 2)
    blob = net.conv_relu("conv3", blob, 384, 3, "pad: 1")
    blob = net.conv_relu("conv4", blob, 384, 3, "pad: 1 group: 2")
    blob = net.conv_relu("conv5", blob, 256, 3, "pad: 1 group: 2")
    blob = net.pool("pool5", blob, "kernel_size: 3 stride: 2")
    for name in ("fc6", "fc7"):
        blob = net.drop(net.relu(net.dense(name, blob, net.thin(4096))))
    return net.softmax(net.dense("fc8", blob, classes))


def googlenet(width: float = 1.0, size: int = 224, classes: int = 1000) -> str:
    """BVLC's GoogLeNet, 224 px: nine inception modules."""
    net = Net("GoogleNet", size, width)
    blob = net.conv_relu("conv1/7x7_s2", net.data, 64, 7, "pad: 3 stride: 2")
    blob = net.lrn("pool1/norm1", net.pool("pool1/3x3_s2", blob, "kernel_size: 3 stride: 2"))
    blob = net.conv_relu("conv2/3x3_reduce", blob, 64)
    blob = net.lrn("conv2/norm2", net.conv_relu("conv2/3x3", blob, 192, 3, "pad: 1"))
    blob = net.pool("pool2/3x3_s2", blob, "kernel_size: 3 stride: 2")
    modules = {
        "3a": (64, 96, 128, 16, 32, 32),
        "3b": (128, 128, 192, 32, 96, 64),
        "4a": (192, 96, 208, 16, 48, 64),
        "4b": (160, 112, 224, 24, 64, 64),
        "4c": (128, 128, 256, 24, 64, 64),
        "4d": (112, 144, 288, 32, 64, 64),
        "4e": (256, 160, 320, 32, 128, 128),
        "5a": (256, 160, 320, 32, 128, 128),
        "5b": (384, 192, 384, 48, 128, 128),
    }
    for module, (one, three_reduce, three, five_reduce, five, pooled) in modules.items():
        name = f"inception_{module}"
        wide = net.conv_relu(f"{name}/3x3_reduce", blob, three_reduce)
        wider = net.conv_relu(f"{name}/5x5_reduce", blob, five_reduce)
        branches = [
            net.conv_relu(f"{name}/1x1", blob, one),
            net.conv_relu(f"{name}/3x3", wide, three, 3, "pad: 1"),
            net.conv_relu(f"{name}/5x5", wider, five, 5, "pad: 2"),
            net.conv_relu(
                f"{name}/pool_proj", net.pool(f"{name}/pool", blob, "kernel_size: 3 stride: 1 pad: 1"), pooled
            ),
        ]
        blob = net.layer("Concat", f"{name}/output", " ".join(branches))
        if module in ("3b", "4e"):
            blob = net.pool(f"pool{module[0]}/3x3_s2", blob, "kernel_size: 3 stride: 2")
    blob = net.drop(net.pool("pool5/7x7_s1", blob, f"kernel_size: {size // 32} stride: 1", "AVE"))
    return net.softmax(net.dense("loss3/classifier", blob, classes))


def vgg16(width: float = 1.0, size: int = 224, classes: int = 1000) -> str:
    """VGG's 16 layers, 224 px."""
    net = Net("VGG_ILSVRC_16_layers", size, width)
    blob = net.data
    for stage, (count, outputs) in enumerate([(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)], 1):
        for index in range(1, count + 1):
            blob = net.conv_relu(f"conv{stage}_{index}", blob, outputs, 3, "pad: 1")
        blob = net.pool(f"pool{stage}", blob, "kernel_size: 2 stride: 2")
    for name in ("fc6", "fc7"):
        blob = net.drop(net.relu(net.dense(name, blob, net.thin(4096))))
    return net.softmax(net.dense("fc8", blob, classes))


def squeezenet(width: float = 1.0, size: int = 224, classes: int = 1000) -> str:
    """SqueezeNet 1.1, 224 px: fire modules, no InnerProduct; its last Convolution is as wide as the labels."""
    net = Net("SqueezeNet", size, width)
    blob = net.conv_relu("conv1", net.data, 64, 3, "stride: 2")
    blob = net.pool("pool1", blob, "kernel_size: 3 stride: 2")
    for number, (squeeze, expand) in enumerate(
        [(16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256)], 2
    ):
        name = f"fire{number}"
        squeezed = net.conv_relu(f"{name}/squeeze1x1", blob, squeeze)
        wide = net.conv_relu(f"{name}/expand1x1", squeezed, expand)
        wider = net.conv_relu(f"{name}/expand3x3", squeezed, expand, 3, "pad: 1")
        blob = net.layer("Concat", f"{name}/concat", f"{wide} {wider}")
        if number in (3, 5):
            blob = net.pool(f"pool{number}", blob, "kernel_size: 3 stride: 2")
    blob = net.drop(blob, "drop9")
    setting = f"convolution_param {{ num_output: {classes} kernel_size: 1 }}"
    blob = net.relu(net.layer("Convolution", "conv10", blob, setting))
    return net.softmax(net.pool("pool10", blob, "global_pooling: true", "AVE"))


def mobilenet(width: float = 1.0, size: int = 224, classes: int = 1000) -> str:
    """MobileNet v1, 224 px: depthwise convolutions as Convolution with as many groups as channels."""
    net = Net("MOBILENET", size, width)
    blob = net.relu(net.conv_norm("conv1", net.data, 32, 3, "pad: 1 stride: 2"))
    channels = 32
    steps = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)] + [(512, 1)] * 5 + [(1024, 2), (1024, 1)]
    for number, (outputs, stride) in enumerate(steps, 1):
        setting = f"pad: 1 stride: {stride} group: {net.thin(channels)}"
        blob = net.relu(net.conv_norm(f"conv{number}/dw", blob, channels, 3, setting))
        blob = net.relu(net.conv_norm(f"conv{number}/sep", blob, outputs))
        channels = outputs
    blob = net.pool("pool6", blob, "global_pooling: true", "AVE")
    setting = f"convolution_param {{ num_output: {classes} kernel_size: 1 }}"
    return net.softmax(net.layer("Convolution", "fc7", blob, setting))


def resnet(
    blocks: tuple[int, int, int, int], first: int = 256, width: float = 1.0, size: int = 224, classes: int = 1000
) -> str:
    """A residual network of bottleneck blocks, 224 px.

    `blocks` in each stage; the first stage's output has `first` channels, each next one twice as many, and a
    block's middle a quarter; a stage's stride is in its first 1x1 and its projection.
    """
    net = Net(f"ResNet-{sum(blocks) * 3 + 2}", size, width)
    blob = net.relu(net.conv_norm("conv1", net.data, 64, 7, "pad: 3 stride: 2"))
    blob = net.pool("pool1", blob, "kernel_size: 3 stride: 2")
    for stage, count in enumerate(blocks):
        outputs = first << stage
        for index in range(count):
            name = f"res{stage + 2}_{index}"
            stride = f"stride: {2 if stage and not index else 1}"
            shortcut = blob if index else net.conv_norm(f"{name}_branch1", blob, outputs, 1, stride)
            branch = net.relu(net.conv_norm(f"{name}_branch2a", blob, outputs // 4, 1, stride))
            branch = net.relu(net.conv_norm(f"{name}_branch2b", branch, outputs // 4, 3, "pad: 1"))
            branch = net.conv_norm(f"{name}_branch2c", branch, outputs)
            blob = net.relu(net.layer("Eltwise", name, f"{shortcut} {branch}"))
    blob = net.pool("pool5", blob, "global_pooling: true", "AVE")
    return net.softmax(net.dense("fc", blob, classes))


def resnet50(width: float = 1.0, size: int = 224, classes: int = 1000) -> str:
    """25.5 million parameters, 3,858 million multiply-adds."""
    return resnet((3, 4, 6, 3), 256, width, size, classes)


def resnet50_1by2(width: float = 1.0, size: int = 224, classes: int = 1000) -> str:
    """Half as wide but for its first layer: 6.9 million parameters, 1,070 million multiply-adds."""
    return resnet((3, 4, 6, 3), 128, width, size, classes)


def resnet77_1by2(width: float = 1.0, size: int = 224, classes: int = 1000) -> str:
    """The same with nine blocks more in its third stage but one: 9.4 million, 1,561 million."""
    return resnet((3, 4, 15, 3), 128, width, size, classes)


def densenet(
    blocks: tuple[int, ...] = (6, 12, 24, 16), width: float = 1.0, size: int = 224, classes: int = 1000
) -> str:
    """DenseNet-121, 224 px: BatchNorm, Scale and ReLU stand before each convolution, and all is kept."""
    net = Net("DENSENET_121", size, width)
    channels = net.thin(64)
    growth = net.thin(32)

    def activated(bottom: str, name: str) -> str:
        return net.relu(net.norm(bottom, name, in_place=False))

    blob = net.relu(net.conv_norm("conv1", net.data, 64, 7, "pad: 3 stride: 2"))
    blob = net.pool("pool1", blob, "kernel_size: 3 stride: 2 pad: 1")
    for stage, count in enumerate(blocks, 2):
        for index in range(1, count + 1):
            name = f"conv{stage}_{index}"
            inner = net.conv(f"{name}/x1", activated(blob, f"{name}/x1"), 128, 1, "bias_term: false")
            grown = net.conv(f"{name}/x2", activated(inner, f"{name}/x2"), 32, 3, "bias_term: false pad: 1")
            blob = net.layer("Concat", f"concat_{stage}_{index}", f"{blob} {grown}")
            channels += growth
        if stage <= len(blocks):
            channels //= 2
            setting = f"convolution_param {{ num_output: {channels} kernel_size: 1 bias_term: false }}"
            blob = net.layer("Convolution", f"conv{stage}_blk", activated(blob, f"conv{stage}_blk"), setting)
            blob = net.pool(f"pool{stage}", blob, "kernel_size: 2 stride: 2", "AVE")
    blob = net.pool("pool_last", activated(blob, "conv_last"), "global_pooling: true", "AVE")
    setting = f"convolution_param {{ num_output: {classes} kernel_size: 1 }}"
    return net.softmax(net.layer("Convolution", "fc6", blob, setting))


def inception(width: float = 1.0, size: int = 299, classes: int = 1000) -> str:
    """In the style of Inception v3, 299 px: kernels of 1x7 and 7x1, averages over padded windows."""
    net = Net("Inception", size, width)

    def unit(name: str, bottom: str, outputs: int, kernel: int | tuple[int, int] = 1, setting: str = "") -> str:
        return net.relu(net.conv_norm(name, bottom, outputs, kernel, setting))

    def averaged(name: str, bottom: str, outputs: int) -> str:
        return unit(name, net.pool(f"{name}_pool", bottom, "kernel_size: 3 stride: 1 pad: 1", "AVE"), outputs)

    blob = unit("conv1", net.data, 32, 3, "stride: 2")
    blob = unit("conv2", unit("conv1b", blob, 32, 3), 64, 3, "pad: 1")
    blob = unit("conv3", net.pool("pool1", blob, "kernel_size: 3 stride: 2"), 192, 3)
    blob = net.pool("pool2", blob, "kernel_size: 3 stride: 2")
    double = unit("a_double2", unit("a_double1", blob, 64), 96, 3, "pad: 1")
    branches = [
        unit("a_1x1", blob, 64),
        unit("a_5x5", unit("a_5x5_reduce", blob, 48), 64, 5, "pad: 2"),
        unit("a_double3", double, 96, 3, "pad: 1"),
        averaged("a_proj", blob, 32),
    ]
    blob = net.layer("Concat", "a", " ".join(branches))
    branches = [
        unit("b_3x3", blob, 384, 3, "stride: 2"),
        unit("b_double2", unit("b_double1", blob, 64, 3, "pad: 1"), 96, 3, "stride: 2"),
        net.pool("b_pool", blob, "kernel_size: 3 stride: 2"),
    ]
    blob = net.layer("Concat", "b", " ".join(branches), "concat_param { concat_dim: 1 }")
    across, down = ((1, 7), "pad_h: 0 pad_w: 3"), ((7, 1), "pad_h: 3 pad_w: 0")
    long = unit("c_7_1", blob, 128)
    for number, (kernel, setting) in enumerate([across, down, across, down], 2):
        long = unit(f"c_7_{number}", long, 128, kernel, setting)
    branches = [
        unit("c_1x1", blob, 192),
        unit("c_3", unit("c_2", unit("c_1", blob, 128), 128, *across), 192, *down),
        long,
        averaged("c_proj", blob, 192),
    ]
    blob = net.layer("Concat", "c", " ".join(branches))
    forked = unit("e_reduce", blob, 384)
    branches = [
        unit("e_1x3", forked, 384, (1, 3), "pad_h: 0 pad_w: 1"),
        unit("e_3x1", forked, 384, (3, 1), "pad_h: 1 pad_w: 0"),
        averaged("e_proj", blob, 192),
    ]
    blob = net.layer("Concat", "e", " ".join(branches))
    blob = net.drop(net.pool("pool3", blob, "global_pooling: true", "AVE"))
    return net.softmax(net.dense("fc", blob, classes))


ARCHITECTURES: dict[str, Callable[..., str]] = {
    "caffenet": caffenet,
    "googlenet": googlenet,
    "vgg16": vgg16,
    "squeezenet": squeezenet,
    "mobilenet": mobilenet,
    "resnet50": resnet50,
    "resnet50_1by2": resnet50_1by2,
    "resnet77_1by2": resnet77_1by2,
    "densenet": densenet,
    "inception": inception,
}
"""Every architecture; each takes `width`, `size` and `classes`."""


class RandomWeights:
    """Stands in for a caffemodel: gives whatever weights a layer wants, and remembers them."""

    def __init__(self, network: pb.NetParameter, seed: int) -> None:
        self.network = pb.NetParameter(name=network.name)
        self._kinds = {layer.name: layer.type for layer in network.layer}
        self._random = np.random.default_rng(seed)

    def blobs(self, name: str, *wanted: tuple[int, ...]) -> list[np.ndarray]:
        """Weights of these shapes; so large that what goes in at the size of one comes out at that size."""
        kind = self._kinds[name]
        layer = self.network.layer.add(name=name, type=kind)
        values = [self._blob(kind, index, shape) for index, shape in enumerate(wanted)]
        for one in values:
            blob = layer.blobs.add(shape={"dim": one.shape})
            blob.MergeFromString(nested(DATA, content=one.tobytes()))
        return values

    def _blob(self, kind: str, index: int, shape: tuple[int, ...]) -> np.ndarray:
        if kind == "BatchNorm":  # mean, variance, and what both are divided by
            values = [self._random.normal(0, 0.3, shape), self._random.uniform(0.5, 2, shape), np.ones(shape)][
                index
            ]
        elif kind == "Scale":
            values = self._random.uniform(0.6, 1.2, shape) if index == 0 else self._random.normal(0, 0.2, shape)
        elif len(shape) > 1:  # He's rule, https://arxiv.org/abs/1502.01852
            values = self._random.standard_normal(shape, np.float32) * float(np.sqrt(2 / np.prod(shape[1:])))
        else:
            values = self._random.normal(0, 0.1, shape)
        return np.asarray(values, np.float32)


def random_caffemodel(prototxt: str, seed: int = 1) -> bytes:
    """A caffemodel with random weights for this prototxt, as Caffe would write it."""
    network = text_format.Parse(prototxt, pb.NetParameter())
    weights = RandomWeights(network, seed)
    convert(Prototxt("random", network, (), ((),) * len(network.layer)), weights)
    return weights.network.SerializeToString()


def write_pair(folder: Path, prototxt: str, seed: int = 1) -> tuple[Path, Path]:
    """Write a prototxt and random weights for it; gives both paths, for `import_caffe`."""
    pair = folder / "deploy.prototxt", folder / "random.caffemodel"
    pair[0].write_text(prototxt)
    pair[1].write_bytes(random_caffemodel(prototxt, seed))
    return pair
