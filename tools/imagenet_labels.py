"""Make src/miles_deep/model/imagenet/labels.json: ImageNet's labels, and groups of them by WordNet's hierarchy.

Usage: python tools/imagenet_labels.py DATA_NOUN SYNSETS

DATA_NOUN is WordNet 3.0's `data.noun`, which Debian's package wordnet-base has in /usr/share/wordnet; `man 5 wndb`
tells its format. SYNSETS are the WordNet ids of ImageNet's labels in their order, as in timm 1.0.31 (Apache-2.0):
`timm/data/_info/imagenet_synsets.txt`. Ids are offsets of WordNet 3.0, so no other version fits.

With --list the members of every group are printed instead.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LABELS = Path(__file__).parents[1] / "src" / "miles_deep" / "model" / "imagenet" / "labels.json"

SOURCES = (
    "WordNet 3.0, data.noun, Copyright 2006 by Princeton University; licence in NOTICE",
    "order of labels: timm 1.0.31, timm/data/_info/imagenet_synsets.txt, Apache-2.0",
    "made by tools/imagenet_labels.py, where the groups are chosen",
)

GROUPS = {
    # animals
    "animal": "n00015388 animal",
    "mammal": "n01861778 mammal",
    "cat": "n02121808 domestic cat",
    "big cat": "n02127808 big cat",
    "feline": "n02120997 feline",
    "dog": "n02084071 dog",
    "wolf": "n02114100 wolf",
    "fox": "n02118333 fox",
    "canine": "n02083346 canine",
    "bear": "n02131653 bear",
    "rabbit": "n02323902 leporid",  # with the hare
    "rodent": "n02329401 rodent",
    "squirrel": "n02355227 squirrel",
    "monkey": "n02484322 monkey",
    "ape": "n02470325 ape",
    "primate": "n02469914 primate",
    "horse": "n02374451 horse",
    "pig": "n02395003 swine",
    "cattle": "n02402010 bovine, n02408429 water buffalo, n02410509 bison",
    "sheep": "n02411705 sheep, n02415577 bighorn",
    "goat": "n02416519 goat",
    "antelope": "n02419796 antelope",
    "camel": "n02437136 camel",
    "elephant": "n02503517 elephant",
    "whale": "n02062744 whale",
    "marsupial": "n01874434 marsupial",
    "bird": "n01503061 bird",
    "songbird": "n01525720 oscine",
    "bird of prey": "n01604330 bird of prey",
    "owl": "n01621127 owl",
    "parrot": "n01816887 parrot",
    "water bird": "n01844917 aquatic bird",
    "duck": "n01846331 duck",
    "penguin": "n02055803 penguin",
    "chicken": "n01514668 cock, n01514859 hen",
    "fish": "n02512053 fish",
    "shark": "n01482330 shark",
    "reptile": "n01661091 reptile",
    "snake": "n01726692 snake",
    "lizard": "n01674464 lizard",
    "turtle": "n01662784 turtle",
    "crocodile": "n01696633 crocodilian reptile",
    "amphibian": "n01627424 amphibian",
    "frog": "n01639765 frog",
    "invertebrate": "n01905661 invertebrate",
    "insect": "n02159955 insect",
    "butterfly": "n02274259 butterfly",
    "beetle": "n02164464 beetle",
    "spider": "n01772222 spider",
    "crustacean": "n01974773 crustacean",
    "crab": "n01976957 crab",
    # what moves people
    "vehicle": "n04524313 vehicle",
    "car": "n02958343 car",
    "truck": "n04490091 truck",
    "van": "n04520170 van",
    "bus": "n02924116 bus",
    "bicycle": "n02834778 bicycle",
    "motorcycle": "n03790512 motorcycle, n03791053 motor scooter",
    "train": "n04468005 train, n03684823 locomotive, n02959942 car",
    "aircraft": "n02686568 aircraft",
    "airplane": "n02691156 airplane",
    "boat": "n04530566 vessel",
    "ship": "n04194289 ship",
    "military vehicle": "n03764276 military vehicle",
    # what people eat
    "food": "n00021265 food, n07555863 food, -n07565083 menu",  # pages of text look like menus
    "fruit": "n07705931 edible fruit",
    "vegetable": "n07707451 vegetable",
    "bread": "n07679356 bread, -n07871810 meat loaf",
    "dessert": "n07609840 dessert",
    "drink": "n07881800 beverage",
    # what people make
    "person-made": "n00021939 artifact",
    "building": "n02913152 building",
    "bridge": "n02898711 bridge",
    "place of worship": "n03953416 place of worship",
    "shop": "n03748162 mercantile establishment",
    "fence": "n03327234 fence",
    "structure": "n04341686 structure",
    "furniture": "n03405725 furniture",
    "chair": "n03001627 chair",
    "bed": "n02818832 bed",
    "appliance": "n02729837 appliance",
    "lamp": "n03636248 lamp, n04380533 table lamp, n04456115 torch",
    "timepiece": "n04437953 timepiece",
    "electronics": "n03278248 electronic equipment, n03918480 personal computer, n02942699 camera, "
    "n04404412 television, n04152593 screen, n04074963 remote control, n03691459 loudspeaker, n03793489 mouse, "
    "n04041544 radio, n03492542 hard disc",
    "camera": "n02942699 camera",
    "computer": "n03918480 personal computer",
    "telephone": "n04401088 telephone",
    "musical instrument": "n03800933 musical instrument",
    "stringed instrument": "n04338517 stringed instrument",
    "wind instrument": "n04586932 wind instrument",
    "clothing": "n03051540 clothing, n03502509 headdress, n03380867 footwear",
    "hat": "n03502509 headdress",
    "shoe": "n03380867 footwear",
    "swimwear": "n04371563 swimsuit",
    "ball": "n02778669 ball",
    "sports equipment": "n04285146 sports equipment, n02778669 ball, n04228054 ski, n04039381 racket",
    "weapon": "n04565375 weapon",
    "gun": "n03467984 gun",
    "tool": "n04451818 tool",
    "kitchen utensil": "n03621049 kitchen utensil",
    "tableware": "n04381994 tableware",
    "bottle": "n02876657 bottle",
    "bag": "n02773037 bag",
    # the rest
    "person": "n00007846 person",
    "flower": "n11669921 flower",
    "fungus": "n12992868 fungus",
    "landscape": "n09287968 geological formation",
}
"""Name to the synsets that it stands for: all labels that are these or below them belong to it; what begins with a
minus is left out. The word behind an id is one of the synset's, which is checked."""


@dataclass(frozen=True, slots=True)
class Synset:
    """A meaning of some words."""

    words: tuple[str, ...]
    above: tuple[str, ...]
    """Ids of the synsets that are more general."""


def read_synsets(path: Path) -> dict[str, Synset]:
    """All synsets of a `data.noun`, by id."""
    lines = path.read_text(encoding="utf-8").splitlines()
    # The licence stands before them, on lines that begin with blanks.
    return dict(_synset(line) for line in lines if not line.startswith(" "))


def _synset(line: str) -> tuple[str, Synset]:
    """synset_offset lex_filenum ss_type w_cnt word lex_id [word lex_id...] p_cnt [ptr...] | gloss"""
    fields = line.partition("|")[0].split()
    count = int(fields[3], 16)
    words = tuple(word.replace("_", " ") for word in fields[4 : 4 + 2 * count : 2])
    pointers = fields[5 + 2 * count :]
    kinds = zip(pointers[::4], pointers[1::4], strict=False)
    return f"n{fields[0]}", Synset(words, tuple(f"n{target}" for kind, target in kinds if kind in ("@", "@i")))


def lineage(synset: str, synsets: dict[str, Synset]) -> Iterator[str]:
    """A synset and all that are more general; some more than once."""
    yield synset
    for above in synsets[synset].above:
        yield from lineage(above, synsets)


def members(group: str, ids: list[str], synsets: dict[str, Synset]) -> list[int]:
    """Numbers of the labels of a group."""
    belong, do_not = set(), set()
    for part in GROUPS[group].split(", "):
        root, _, word = part.removeprefix("-").partition(" ")
        if word not in synsets[root].words:
            raise ValueError(f"{group}: {root} is {', '.join(synsets[root].words)}, and not {word}")
        (do_not if part.startswith("-") else belong).add(root)
    lineages = [set(lineage(one, synsets)) for one in ids]
    return [number for number, one in enumerate(lineages) if one & belong and not one & do_not]


def in_ranges(numbers: list[int]) -> str:
    """`151-268,281`"""
    starts = [number for number in numbers if number - 1 not in numbers]
    ends = [number for number in numbers if number + 1 not in numbers]
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in zip(starts, ends, strict=True))


def main(data: Path, order: Path) -> None:
    """Write the file, or print the groups."""
    synsets, ids = read_synsets(data), order.read_text(encoding="ascii").split()
    labels = [f"{one} {', '.join(synsets[one].words)}" for one in ids]
    groups = {name: members(name, ids, synsets) for name in sorted(GROUPS)}  # as a card has them
    if "--list" in sys.argv:
        for name, numbers in groups.items():
            print(f"{name} ({len(numbers)}):", "; ".join(synsets[ids[number]].words[0] for number in numbers))
        return
    content = {
        "sources": SOURCES,
        "labels": labels,
        "groups": {name: in_ranges(numbers) for name, numbers in groups.items()},
    }
    LABELS.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, [argument for argument in sys.argv[1:] if argument != "--list"]))
