"""A small classifier in the four files that the first Miles Deep's is published in."""

import hashlib

import numpy as np
from google.protobuf import text_format

from miles_deep.model.caffe import caffe_pb2 as pb
from miles_deep.model.fetch import File, Patience, Source

LABELS = ("alpha", "beta", "other", "delta", "epsilon", "zeta")
"""What is red wins as alpha, green as beta, blue as other."""

NAME = "stand-in"

QUICK = Patience(connect=10, silence=10, tries=3, first_wait=0.01, longest_wait=0.05)
"""Soon tries again, but waits for a machine that has much to do."""


def files() -> dict[str, bytes]:
    """Name to content. The weights have 200 kB, so that a download of them can be broken off."""
    colours = np.zeros((len(LABELS), 3), np.float32)  # of blue, green, red
    colours[0, 2] = colours[1, 1] = colours[2, 0] = 0.1
    network = pb.NetParameter(name="small")
    network.layer.add(name="data", type="Input", top=["data"]).input_param.shape.add(dim=[1, 3, 8, 8])
    pool = network.layer.add(name="pool", type="Pooling", bottom=["data"], top=["pool"])
    pool.pooling_param.pool, pool.pooling_param.global_pooling = pb.PoolingParameter.AVE, True
    dense = network.layer.add(name="dense", type="InnerProduct", bottom=["pool"], top=["dense"])
    dense.inner_product_param.num_output, dense.inner_product_param.bias_term = len(LABELS), False
    network.layer.add(name="prob", type="Softmax", bottom=["dense"], top=["prob"])
    prototxt = text_format.MessageToString(network).encode()
    dense.blobs.add(shape={"dim": colours.shape}, data=colours.ravel())
    unused = network.layer.add(name="unused", type="InnerProduct")
    noise = np.random.default_rng(1).normal(size=50_000)
    unused.blobs.add(shape={"dim": noise.shape}, data=noise)
    mean = pb.BlobProto(channels=3, height=8, width=8, num=1, data=np.full(3 * 8 * 8, 100.0))
    return {
        "labels.txt": "\n".join(LABELS).encode(),
        "deploy.prototxt": prototxt,
        "mean.binaryproto": mean.SerializeToString(),
        "weights.caffemodel": network.SerializeToString(),
    }


def source(contents: dict[str, bytes], base: str) -> Source:
    """Where they are, with the blob ids that git would give them; only the small ones' sizes are known."""
    found = {
        name: File(
            name,
            (hashlib.sha1(b"blob " + str(len(content)).encode() + b"\0" + content).hexdigest(),),
            len(content) if name.startswith(("labels", "mean")) else None,
        )
        for name, content in contents.items()
    }
    return Source(
        about="colours",
        page="https://films.example/model",
        base=base,
        prototxt=found["deploy.prototxt"],
        weights=found["weights.caffemodel"],
        mean=found["mean.binaryproto"],
        labels=found["labels.txt"],
        background=("other",),
        licence="CC0-1.0",
        terms="nobody's",
    )
